"""One file per group of commands; a command parses, calls, renders."""
