"""Bench measures ours against a peer or a lower bound, in the same run, and prints a JSON line per figure."""
