"""What is true of destinations, files and their sending; no clock, no I/O."""
