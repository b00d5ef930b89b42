"""Calls inward: parse once, act, render."""
