"""What delivery does: one use case a file; the outside stands behind the Protocols of ports.py."""
