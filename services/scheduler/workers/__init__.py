"""What runs beside calls: the planner, the pollers, the steps of runs, and the one who ends abandoned runs."""
