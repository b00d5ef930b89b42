"""FTP servers, in clear or with TLS (RFC 959, RFC 4217)."""
