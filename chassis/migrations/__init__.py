"""Migrations: chassis' own tables first, then the service's, one process at a time."""

from chassis.migrations.runner import check_migrated, migrate

__all__ = ["check_migrated", "migrate"]
