"""Calls: how a service answers them and makes them, and the only place where its errors meet the wire."""
