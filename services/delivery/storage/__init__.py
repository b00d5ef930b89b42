"""Where delivery keeps things: its tables in PostgreSQL, and the produced files in a folder on disk."""
