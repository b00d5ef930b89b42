"""Delivery carries files to where they must go, whole, once, and keeps them until they have arrived.

It never knows what is in a file.
"""
