"""Revisions of the scheduler's schema, each expanding or contracting."""
