"""Where tasks, runs and messages are kept: tables, set-based repositories, migrations."""
