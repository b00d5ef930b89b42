"""What every service offers without a line of its own: maintenance, backup and purge of its database."""
