"""What is true of tasks and runs: triggers, file names, states, retries, what people are told. No clock, no I/O."""
