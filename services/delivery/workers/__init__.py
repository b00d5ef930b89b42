"""Kinds of operation, and what runs beside them in a worker process."""
