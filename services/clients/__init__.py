"""Clients keeps clients, loyalty cards and consents, and links each client to the store where it bought last.

It never records a consent without its proof.
"""
