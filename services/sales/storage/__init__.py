"""Where the facts of sales stand: tables, set queries, migrations."""
