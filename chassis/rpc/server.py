"""The gRPC server of a service: layers, limits, health on a port of its own, an end that loses no call."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import grpc
import structlog
from grpc_reflection.v1alpha import reflection
from prometheus_client import CollectorRegistry

from chassis.addresses import Address, PlaintextRefused, PortTaken
from chassis.auth import Principals, Role
from chassis.errors import BackroomError
from chassis.rpc.access import Access, Entering
from chassis.rpc.admission import Admission
from chassis.rpc.answers import Errors
from chassis.rpc.client import KEEPALIVE_MS, MAX_MESSAGE
from chassis.rpc.health import HealthServer
from chassis.rpc.layers import Layers
from chassis.rpc.observed import Logging, Metrics, Tracing
from chassis.rpc.servicer import Servicer, roles_of
from chassis.rpc.status import Table
from chassis.settings import ServiceSettings

__all__ = ["Server", "Servicer"]

log = structlog.get_logger()

#: Calls beyond the limit that are taken only to be refused well; past them gRPC refuses without a word.
RESERVE = 64
MAX_CONNECTION_AGE = timedelta(minutes=30)  #: so that clients find new replicas
FOREVER = (1 << 31) - 1  #: as gRPC says it
REFLECTION = f"/{reflection.SERVICE_NAME}/ServerReflectionInfo"


class TlsRefused(BackroomError):
    """A file of the certificate cannot be used."""


class Server:
    """Serves from `start` until `drain_and_stop`. Make it after any fork."""

    def __init__(
        self,
        settings: ServiceSettings,
        servicers: Sequence[Servicer],
        principals: Principals,
        status: Table | None = None,
        registry: CollectorRegistry | None = None,
    ) -> None:
        self._settings = settings
        self._servicers = servicers
        self._listen = Address.parse(settings.listen)
        if not self._listen.is_loopback and settings.tls_certificate is None:
            raise PlaintextRefused(self._listen, "BACKROOM_TLS_CERTIFICATE and BACKROOM_TLS_KEY")
        registry = registry or CollectorRegistry()
        roles = roles_of(servicers)
        if settings.reflection:
            roles[REFLECTION] = Role.VIEWER
        self._draining = threading.Event()
        self._unhurried = frozenset(f"/{each.name}/{method}" for each in servicers for method in each.unhurried)
        self._layers = Layers(
            [
                Admission(settings.max_concurrent_calls, registry),
                Metrics(registry),
                Tracing(),
                Logging(),
                Errors(status or {}),
                Access(principals, roles),
                Entering(settings.call_timeout, settings.stream_timeout, self._draining, self._unhurried),
            ]
        )
        self._health = HealthServer(Address.parse(settings.health_listen), [servicer.name for servicer in servicers])
        self._server: grpc.Server | None = None
        self._ending = threading.Lock()
        self._port = 0

    @property
    def port(self) -> int:
        """Where calls are answered, once started."""
        return self._port

    @property
    def health_port(self) -> int:
        """Where health is answered, once started."""
        return self._health.port

    def start(self) -> None:
        """Listens, answers, and says SERVING."""
        limit = self._settings.max_concurrent_calls
        places = limit + max(limit, RESERVE)
        server = grpc.server(
            ThreadPoolExecutor(max_workers=places, thread_name_prefix="rpc"),
            interceptors=[self._layers],
            options=server_options(None if self._unhurried else self._settings.stream_timeout),
            maximum_concurrent_rpcs=places,
        )
        for servicer in self._servicers:
            servicer.add(servicer.servicer, server)
        if self._settings.reflection:
            names = [servicer.name for servicer in self._servicers]
            reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], server)
        self._port = self._bind(server)
        self._health.start()
        server.start()
        self._server = server
        self._health.serving(True)
        log.info("serving", listen=f"{self._listen.host}:{self._port}", health=self._health.port)

    def drain_and_stop(self) -> None:
        """Says NOT_SERVING, waits until callers have seen it, lets running calls end, stops. Repeatable."""
        with self._ending:
            if self._server is None:
                return
            log.info("draining")
            self._health.serving(False)
            self._draining.wait(self._settings.drain_notice / timedelta(seconds=1))
            self._draining.set()  # streams end themselves
            self._server.stop(self._settings.drain_seconds).wait()
            self._server = None
            self._health.stop()
            log.info("stopped")

    def _bind(self, server: grpc.Server) -> int:
        credentials = _credentials(self._settings)
        try:
            if credentials is None:
                return server.add_insecure_port(str(self._listen))
            return server.add_secure_port(str(self._listen), credentials)
        except RuntimeError as error:
            raise PortTaken(self._listen, "BACKROOM_LISTEN") from error


def _credentials(settings: ServiceSettings) -> grpc.ServerCredentials | None:
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    return grpc.ssl_server_credentials([(_read(settings.tls_key), _read(settings.tls_certificate))])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TlsRefused(f"{path} cannot be read: {error.strerror}") from error


def server_options(stream_timeout: timedelta | None) -> list[tuple[str, int]]:
    """Limits and keepalive; they fit the channels of `chassis.rpc.client`. None where some streams have no timeout."""
    milliseconds = timedelta(milliseconds=1)
    grace = FOREVER if stream_timeout is None else round((stream_timeout + timedelta(seconds=60)) / milliseconds)
    return [
        ("grpc.so_reuseport", 0),  # else two servers share a port in silence
        ("grpc.max_send_message_length", MAX_MESSAGE),
        ("grpc.max_receive_message_length", MAX_MESSAGE),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.http2.min_ping_interval_without_data_ms", KEEPALIVE_MS // 3),
        ("grpc.max_connection_age_ms", round(MAX_CONNECTION_AGE / milliseconds)),
        # A call that began on the connection's last day ends in peace.
        ("grpc.max_connection_age_grace_ms", grace),
    ]
