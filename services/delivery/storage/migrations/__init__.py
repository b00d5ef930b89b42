"""Delivery's schema, step by step."""
