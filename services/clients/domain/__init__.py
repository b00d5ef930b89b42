"""What is true of clients: no clock, no files, no network."""
