"""How a failure is answered: an expected one as itself, any other as an id that leads to our log."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import grpc
import structlog
from google.rpc import error_details_pb2, status_pb2

from chassis.errors import BackroomError
from chassis.rpc.layers import Incoming, answered
from chassis.rpc.status import DOMAIN, Ending, Table, make_status, to_status

log = structlog.get_logger()


class Errors:
    """Turns what a servicer raises into a google.rpc.Status. Nothing of a stack ever leaves the process."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @contextmanager
    def around(self, incoming: Incoming) -> Iterator[None]:
        """See Layer."""
        try:
            yield
        except BackroomError as error:
            self._end(incoming, to_status(error, self._table))
        except Exception as error:
            if _is_grpc_own(error, incoming.context):
                raise
            self._end(incoming, self._unexpected(error, incoming))

    def _unexpected(self, error: Exception, incoming: Incoming) -> status_pb2.Status:
        if incoming.deadline is not None and datetime.now(UTC) >= incoming.deadline:
            log.warning("call overran its deadline", error=type(error).__name__)
            return make_status(
                grpc.StatusCode.DEADLINE_EXCEEDED,
                "did not end before the deadline; ask for less or give it longer",
                error_details_pb2.ErrorInfo(reason="DEADLINE_EXCEEDED", domain=DOMAIN),
            )
        log.error("call failed unexpectedly", exc_info=error)
        return make_status(
            grpc.StatusCode.INTERNAL,
            f"internal error, id {incoming.correlation}",
            error_details_pb2.ErrorInfo(
                reason="INTERNAL", domain=DOMAIN, metadata={"correlation": incoming.correlation}
            ),
        )

    def _end(self, incoming: Incoming, status: status_pb2.Status) -> None:
        incoming.context.abort_with_status(Ending(status))


def _is_grpc_own(error: Exception, context: grpc.ServicerContext) -> bool:
    """`context.abort` raises a bare Exception; reading from a caller who has gone raises an RpcError."""
    aborted = type(error) is Exception and not error.args and answered(context) not in (None, grpc.StatusCode.OK)
    return aborted or (isinstance(error, grpc.RpcError) and not context.is_active())
