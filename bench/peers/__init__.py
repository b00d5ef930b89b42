"""Peers: what ours is measured against. Each module runs one of them, as its own manual would have it."""
