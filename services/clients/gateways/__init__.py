"""Calls outward: sales, and the counters that Prometheus reads."""
