"""Calls outward: folders of the server, and SFTP servers."""
