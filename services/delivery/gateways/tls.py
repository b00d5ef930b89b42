"""TLS as every gateway asks for it: today's versions, certificates checked, a destination's own believed beside."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from services.delivery.domain.destinations import Trust
from services.delivery.domain.failures import CertificateNotTrusted, ConnectionLost, TimedOut, TlsRefused


def context_for(trust: Trust) -> ssl.SSLContext:
    """What a destination's servers are checked by. Raises `ssl.SSLError` where its certificate cannot be read."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trust.unverified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif trust.certificate:
        try:
            context.load_verify_locations(cadata=trust.certificate)
        except (ssl.SSLError, ValueError) as error:
            raise ssl.SSLCertVerificationError(1, "the destination's own certificate cannot be read") from error
        # A person has named it: it needs neither an issuer that is known nor all that today's issuers write into one.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def protect(
    connection: socket.socket,
    context: ssl.SSLContext,
    host: str,
    port: int,
    *,
    session: ssl.SSLSession | None = None,
) -> ssl.SSLSocket:
    """The same connection under TLS, within the timeout that it has. Closed, and a failure of ours, where refused."""
    try:
        with tls_errors(host, port):
            return context.wrap_socket(connection, server_hostname=host, session=session)
    except BaseException:
        connection.close()
        raise


@contextmanager
def tls_errors(host: str, port: int) -> Iterator[None]:
    """Turns what a handshake raises into failures of ours."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise CertificateNotTrusted(host, words_of_tls(error)) from error
    except ssl.SSLError as error:
        raise TlsRefused(host, port, words_of_tls(error)) from error
    except TimeoutError as error:
        raise TimedOut(host, port, "greeting") from error
    except OSError as error:
        raise ConnectionLost(host, port, error.strerror or type(error).__name__) from error


def words_of_tls(error: ssl.SSLError) -> str:
    """What OpenSSL says, without its places in the code."""
    if isinstance(error, ssl.SSLCertVerificationError):
        told: str | None = getattr(error, "verify_message", None)  # absent where we have raised it ourselves
        return told or str(error.strerror)
    return (error.reason or str(error.strerror) or type(error).__name__).lower().replace("_", " ")
