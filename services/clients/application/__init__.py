"""What we do with clients, one use case a file."""
