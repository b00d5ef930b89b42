"""Where clients are kept: PostgreSQL."""
