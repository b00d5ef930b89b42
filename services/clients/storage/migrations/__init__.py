"""Migrations of clients' own tables."""
