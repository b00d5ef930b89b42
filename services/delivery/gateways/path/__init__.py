"""Folders of the server itself."""
