"""Scheduler fires every task of the chain on its calendar, once, on the site it belongs to.

It tells people how it went. It never does business work itself, and never talks to the outside.
"""
