"""Health on a port and threads of its own, in plaintext: a busy service is not taken for a dead one."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from chassis.addresses import Address, PortTaken

LIVE = "live"  #: asked by liveness probes: SERVING as long as the process runs, draining included
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class HealthServer:
    """Answers grpc.health.v1 for the server as a whole (empty name), each service by name, and `live`."""

    def __init__(self, listen: Address, names: Sequence[str]) -> None:
        self._listen = listen
        self._names = ("", *names)
        self._servicer = health.HealthServicer()
        self._servicer.set(LIVE, SERVING)
        self.serving(False)
        self._server: grpc.Server | None = None
        self.port = 0

    def start(self) -> None:
        """Listens and answers."""
        server = grpc.server(
            ThreadPoolExecutor(max_workers=4, thread_name_prefix="health"), options=[("grpc.so_reuseport", 0)]
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)
        try:
            self.port = server.add_insecure_port(str(self._listen))
        except RuntimeError as error:
            raise PortTaken(self._listen, "BACKROOM_HEALTH_LISTEN") from error
        server.start()
        self._server = server

    def serving(self, ready: bool) -> None:
        """Says whether calls are welcome."""
        for name in self._names:
            self._servicer.set(name, SERVING if ready else NOT_SERVING)

    def stop(self) -> None:
        """Stops answering."""
        if self._server is not None:
            self._server.stop(None).wait()
            self._server = None
