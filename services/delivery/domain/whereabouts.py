"""Where a destination is, on one line and without its secrets."""

from services.delivery.domain.destinations import Email, Ftp, Imap, Method, Sandbox, ServerPath, Sftp, Unread


def address_of(method: Method) -> str:
    """`sftp://shop@bank.example:22/in`, `/srv/out`, `mailto:shop@example.com`."""
    match method:
        case ServerPath(folder=folder) | Sandbox(folder=folder):
            return folder
        case Sftp() | Ftp() | Imap():
            host = f"[{method.host}]" if ":" in method.host else method.host
            scheme = type(method).__name__.lower()
            return f"{scheme}://{method.user_name}@{host}:{method.port}/{method.folder}"
        case Email(recipients=recipients):
            more = f" (+{len(recipients) - 1})" if len(recipients) > 1 else ""
            return f"mailto:{recipients[0]}{more}"
        case Unread(protocol=protocol):
            return protocol
