"""Calls to other services: channels with TLS, token, keepalive and retries; the errors that come back."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import grpc
from google.rpc import error_details_pb2, status_pb2

from chassis.addresses import Address, PlaintextRefused
from chassis.errors import BackroomError, FieldProblem, RemoteRefused, Unavailable
from chassis.rpc.outgoing import Outgoing
from chassis.rpc.status import DETAILS_KEY
from chassis.settings import ServiceSettings

MAX_MESSAGE = 4 * 1024 * 1024
#: At least as long as the server's `http2.min_ping_interval`, or it answers "too many pings".
KEEPALIVE_MS = 30_000

RETRIES = {
    "methodConfig": [
        {
            "name": [{}],
            "waitForReady": False,
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.1s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.2},
    "loadBalancingConfig": [{"round_robin": {}}],
}

OPTIONS: list[tuple[str, int | str]] = [
    ("grpc.max_send_message_length", MAX_MESSAGE),
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.enable_retries", 1),
    ("grpc.service_config", json.dumps(RETRIES)),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.use_local_subchannel_pool", 1),  # a channel's trouble is its own
]

#: The machinery failed, here, there or between; a no of the other service has another code.
PASSING = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.CANCELLED,  # a server that stops ends so what it had not begun
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DATA_LOSS,
    }
)


class TokenFileRefused(BackroomError):
    """The file with this process's token cannot be used."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}; set BACKROOM_TOKEN to a file with this process's token")
        self.path = path


class TokenFile:
    """The token of this process, read again when its file changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp = (0, 0)
        self._token = ""

    def __call__(self) -> str:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            with self._lock:
                if stamp != self._stamp:
                    self._token, self._stamp = self._path.read_text(encoding="ascii").strip(), stamp
                token = self._token
        except (OSError, UnicodeDecodeError) as error:
            raise TokenFileRefused(self._path, f"cannot be read ({type(error).__name__})") from error
        if not token:
            raise TokenFileRefused(self._path, "is empty")
        return token


def open_channel(target: str, *, token: Callable[[], str], ca: Path | None = None) -> grpc.Channel:
    """A channel to `host:port`: TLS where an authority is given, plaintext to loopback only."""
    address = Address.parse(target)
    name = f"dns:///{address}" if address.is_name else str(address)
    if ca is not None:
        credentials = grpc.ssl_channel_credentials(root_certificates=ca.read_bytes())
        channel = grpc.secure_channel(name, credentials, options=OPTIONS)
    elif address.is_loopback:
        channel = grpc.insecure_channel(name, options=OPTIONS)
    else:
        raise PlaintextRefused(address, "BACKROOM_TLS_CA")
    return grpc.intercept_channel(channel, Outgoing(token))


class Channels:
    """One channel for each address, opened when first asked for. Make it after any fork."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._token = TokenFile(settings.token)
        self._ca = settings.tls_ca
        self._lock = threading.Lock()
        self._open: dict[str, grpc.Channel] = {}

    def get(self, address: str) -> grpc.Channel:
        """The channel to `host:port`."""
        with self._lock:
            if address not in self._open:
                self._open[address] = open_channel(address, token=self._token, ca=self._ca)
            return self._open[address]

    def close(self) -> None:
        """Closes them all; running calls end CANCELLED."""
        with self._lock:
            for channel in self._open.values():
                channel.close()
            self._open.clear()


@contextmanager
def remote_errors(what: str) -> Iterator[None]:
    """Turns what gRPC raises inside into our errors; `what` names who was called, e.g. `delivery`."""
    try:
        yield
    except grpc.RpcError as error:
        raise to_error(what, error) from error


def to_error(what: str, error: grpc.RpcError) -> BackroomError:
    """One gRPC error as ours: Unavailable where the same may succeed later, else RemoteRefused."""
    status = status_of(error)
    details = _details(status)
    if error.code() in PASSING:
        delay = details.get(error_details_pb2.RetryInfo)
        after = delay.retry_delay.ToTimedelta() if isinstance(delay, error_details_pb2.RetryInfo) else None
        return Unavailable(f"{what} does not answer now: {status.message or error.code().name}", after)
    info = details.get(error_details_pb2.ErrorInfo)
    bad = details.get(error_details_pb2.BadRequest)
    return RemoteRefused(
        error.code().name,
        info.reason if isinstance(info, error_details_pb2.ErrorInfo) else error.code().name,
        f"{what}: {status.message or error.code().name}",
        [FieldProblem(each.field, each.description) for each in bad.field_violations]
        if isinstance(bad, error_details_pb2.BadRequest)
        else (),
    )


def status_of(error: grpc.RpcError) -> status_pb2.Status:
    """The google.rpc.Status that came with an error; a bare one where none did."""
    for key, value in getattr(error, "trailing_metadata", tuple)() or ():  # an RpcError made by hand has none
        if key == DETAILS_KEY and isinstance(value, bytes):
            return status_pb2.Status.FromString(value)
    code: tuple[int, str] = error.code().value
    return status_pb2.Status(code=code[0], message=error.details() or "")


def _details(status: status_pb2.Status) -> Mapping[type[object], object]:
    found: dict[type[object], object] = {}
    for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo):
        for packed in status.details:
            if packed.Is(kind.DESCRIPTOR):
                message = kind()
                packed.Unpack(message)
                found[kind] = message
    return found
