"""Calls inward: parse once, ask a use case, render."""
