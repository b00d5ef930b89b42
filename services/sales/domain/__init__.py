"""What is true in a shop: states, decisions and costs; no I/O, no clock."""
