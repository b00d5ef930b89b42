"""Calls that come in: parsed once, done by a use case, rendered."""
