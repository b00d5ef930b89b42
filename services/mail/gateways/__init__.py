"""Calls outward: the SMTP server, sales, clients; and the two formats mail writes, PDF and MIME."""
