"""Clients keeps clients, loyalty cards and consents, and links each client to the store of its last purchases.

It never records a consent without its proof.
"""
