"""Kinds of operation, and the use case that does each."""
