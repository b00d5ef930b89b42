"""What works at a destination and should not stay so. Each is a key of the catalogue."""

from datetime import datetime

from services.delivery.domain.destinations import Email, Ftp, Imap, Method, Security, Trust
from services.delivery.domain.drafts.fields import certificates_of

NO_TLS = "warning.NO_TLS"  #: password and files cross the network in clear
CERTIFICATE_UNVERIFIED = "warning.CERTIFICATE_UNVERIFIED"  #: anyone could pose as the server
CERTIFICATE_EXPIRED = "warning.CERTIFICATE_EXPIRED"  #: one to trust is past its last day
PROBE_LEFT = "warning.PROBE_LEFT"  #: what was written as a trial could not be taken away


def warnings_of(method: Method, now: datetime) -> tuple[str, ...]:
    """What can be told without going there."""
    match method:
        case Ftp(security=security, trust=trust) | Imap(security=security, trust=trust):
            pass
        case Email(server=server) if server is not None:
            security, trust = server.security, Trust()
        case _:
            return ()
    told = {
        NO_TLS: security is Security.NONE,
        CERTIFICATE_UNVERIFIED: security is not Security.NONE and trust.unverified,
        CERTIFICATE_EXPIRED: any(each.not_valid_after_utc < now for each in certificates_of(trust.certificate)),
    }
    return tuple(key for key, true in told.items() if true)
