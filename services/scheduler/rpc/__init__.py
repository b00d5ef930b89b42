"""Calls inward: tasks, runs and inboxes, as the scheduler's contract has them."""
