"""Console is people's door: a command line that speaks the contracts and nothing else."""
