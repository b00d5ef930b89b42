"""Kinds of operation, each bound to its use case."""
