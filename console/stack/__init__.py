"""The embedded stack: PostgreSQL, Valkey, five services with their workers and the planner, on one machine."""
