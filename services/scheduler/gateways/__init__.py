"""Calls outward: handlers, delivery, the principals' file, measures."""
