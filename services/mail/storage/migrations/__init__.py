"""Alembic revisions of the mail database."""
