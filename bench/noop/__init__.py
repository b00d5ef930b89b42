"""Noop is the smallest service there can be: it offers one task type that does nothing, through chassis alone."""
