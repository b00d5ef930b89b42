"""Calls inward: parse once, hand to the use case, render."""
