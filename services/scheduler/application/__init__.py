"""What the scheduler does: one use case a file, decisions asked of the domain, the outside reached through ports."""
