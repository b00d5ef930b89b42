"""Mail renders tickets as PDF and sends every outgoing e-mail of the system, once.

It never keeps an address that a walk-in client typed.
"""
