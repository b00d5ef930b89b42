"""Kinds of operation, each handed to its use case."""
