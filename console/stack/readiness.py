"""Whether a process of the stack can be used: health over gRPC for servers, `/live` for workers and the planner."""

import http.client
from collections.abc import Callable

import grpc
from grpc_health.v1 import health_pb2

PATIENCE = 2.0  #: seconds for one look


def serves(address: str) -> bool:
    """Whether the server at this health address takes calls."""
    # A subchannel pool of its own: one that was refused would remember it for the next look.
    with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        check = channel.unary_unary(  # the generated stub names no method to the type checker
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def lives(address: str) -> bool:
    """Whether the process at this metrics address says that it lives."""
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    try:
        connection.request("GET", "/live")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def look(command: str, health: str, metrics: str) -> Callable[[], bool]:
    """The look that fits the command of a process."""
    return (lambda: serves(health)) if command == "serve" else (lambda: lives(metrics))
