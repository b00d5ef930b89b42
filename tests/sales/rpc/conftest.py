"""The whole service on a real server, its worker played by the chain."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from google.longrunning import operations_pb2_grpc
from pydantic import SecretStr

from backroom.sales.v1 import sales_pb2_grpc
from chassis.auth import Principals, hash_token, new_token
from chassis.database import Database
from chassis.operations import longrunning
from chassis.rpc.client import open_channel
from chassis.rpc.server import Server, Servicer
from chassis.settings import ServiceSettings
from services.sales.application.reading import Reading
from services.sales.rpc.operations import LONGRUNNING
from services.sales.rpc.servicer import servicer
from services.sales.rpc.status import STATUS
from services.sales.storage.reading import open_reading
from tests.sales.chain import Chain


@dataclass(frozen=True)
class Desk:
    """The service as an operator calls it."""

    chain: Chain
    sales: sales_pb2_grpc.SalesServiceStub
    operations: operations_pb2_grpc.OperationsStub


@pytest.fixture
def desk(make_database: Callable[[str | None], Database], tmp_path: Path) -> Iterator[Desk]:
    chain = Chain(make_database("services.sales.storage.migrations"))
    token, _ = new_token()
    principals = tmp_path / "principals.toml"
    principals.write_text(
        f'[[principal]]\nname = "anne"\ntoken_hashes = ["{hash_token(token)}"]\nroles = ["operator"]\n'
    )
    settings = ServiceSettings(
        database_url=SecretStr(chain.database.url),
        broker_url=SecretStr("redis://127.0.0.1:1/0"),
        listen="127.0.0.1:0",
        health_listen="127.0.0.1:0",
        drain_notice=timedelta(milliseconds=50),
    )

    def reading() -> AbstractContextManager[Reading]:
        return open_reading(chain.database)

    operations = Servicer(
        "google.longrunning.Operations",
        operations_pb2_grpc.add_OperationsServicer_to_server,
        longrunning.Operations(chain.open_work, LONGRUNNING),
        longrunning.ROLES,
    )
    server = Server(settings, [servicer(chain.open_work, reading), operations], Principals(principals), STATUS)
    server.start()
    channel = open_channel(f"127.0.0.1:{server.port}", token=lambda: token)
    yield Desk(chain, sales_pb2_grpc.SalesServiceStub(channel), operations_pb2_grpc.OperationsStub(channel))
    channel.close()
    server.drain_and_stop()
