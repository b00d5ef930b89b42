"""IMAP accounts (RFC 3501)."""
