"""Chassis is what every service stands on; it knows no business and imports no service."""
