"""What sales does: one use case a file; the outside is reached through ports."""
