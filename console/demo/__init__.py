"""The demo: a real chain's sales, loaded through the contracts, and the night that follows them."""
