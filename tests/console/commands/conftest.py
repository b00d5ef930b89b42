from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.longrunning import operations_pb2_grpc
from google.protobuf.message import Message
from grpc_status import rpc_status
from typer.testing import CliRunner, Result

from backroom.clients.v1 import clients_pb2_grpc
from backroom.delivery.v1 import delivery_pb2_grpc
from backroom.journal.v1 import journal_pb2_grpc
from backroom.mail.v1 import mail_pb2_grpc
from backroom.sales.v1 import sales_pb2_grpc
from backroom.scheduler.v1 import scheduler_pb2_grpc
from chassis.errors import BackroomError
from chassis.rpc.status import GENERAL, to_status
from console.main import app
from console.stack.ports import SERVICES

Answer = Callable[[Message], object]


ADDERS: Sequence[Callable[[Any, grpc.Server], None]] = (
    scheduler_pb2_grpc.add_SchedulerServiceServicer_to_server,
    scheduler_pb2_grpc.add_InboxServiceServicer_to_server,
    scheduler_pb2_grpc.add_SiteServiceServicer_to_server,
    delivery_pb2_grpc.add_DeliveryServiceServicer_to_server,
    sales_pb2_grpc.add_SalesServiceServicer_to_server,
    clients_pb2_grpc.add_ClientsServiceServicer_to_server,
    mail_pb2_grpc.add_MailServiceServicer_to_server,
    journal_pb2_grpc.add_JournalServiceServicer_to_server,
    operations_pb2_grpc.add_OperationsServicer_to_server,
)


class Services:
    """Every service on one port: answers what a test prepared, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[Message] = []
        self.tokens: set[str] = set()

    def __getattr__(self, method: str) -> Callable[[Message, grpc.ServicerContext], object]:
        def answer(request: Message, context: grpc.ServicerContext) -> object:
            self.asked.append(request)
            self.tokens.update(str(value) for key, value in context.invocation_metadata() if key == "authorization")
            try:
                return self.answers[method](request)
            except BackroomError as error:
                status = to_status(error, GENERAL)
                return context.abort_with_status(rpc_status.to_status(status))

        return answer


class Shop:
    """The services, and a command line that talks to them."""

    def __init__(self, services: Services, address: str, folder: Path) -> None:
        self.answers, self.asked, self.tokens = services.answers, services.asked, services.tokens
        self.address, self.folder = address, folder
        (folder / "token").write_text("a-token\n")

    def __call__(self, *words: str, typed: str | None = None) -> Result:
        addresses = [word for service in SERVICES for word in ("--address", f"{service}={self.address}")]
        return CliRunner().invoke(
            app,
            ["--var", str(self.folder), *addresses, "--token-file", str(self.folder / "token"), *words],
            input=typed,
        )

    def only_request(self) -> Message:
        """The one thing that was asked for, without the id that makes it repeatable."""
        (request,) = self.asked
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            assert getattr(request, "request_id")  # noqa: B009 - not a field of every message
            request.ClearField("request_id")
        return request


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    services = Services()
    server = grpc.server(ThreadPoolExecutor(4))
    for add in ADDERS:
        add(services, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield Shop(services, f"127.0.0.1:{port}", tmp_path)
    server.stop(None).wait()
