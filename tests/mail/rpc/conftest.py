"""A real server of the mail service."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from pydantic import SecretStr

from backroom.mail.v1 import mail_pb2_grpc
from chassis.auth import Principals, Role, hash_token, new_token
from chassis.rpc.client import open_channel
from chassis.rpc.server import Server
from chassis.settings import ServiceSettings
from services.mail.rpc.status import STATUS
from tests.mail.conftest import ticket
from tests.mail.office import Office
from tests.mail.rpc.asking import Door


@pytest.fixture
def door(office: Office, tmp_path: Path) -> Iterator[Door]:
    tokens = {role.value: new_token()[0] for role in Role} | {"confined": new_token()[0]}
    entries = [
        f'[[principal]]\nname = "{name}"\ntoken_hashes = ["{hash_token(token)}"]\n'
        + ('roles = ["operator"]\nstores = ["99"]\n' if name == "confined" else f'roles = ["{name}"]\n')
        for name, token in tokens.items()
    ]
    principals = tmp_path / "principals.toml"
    principals.write_text("".join(entries))
    settings = ServiceSettings(
        database_url=SecretStr("postgresql://unused/unused"),
        broker_url=SecretStr("redis://unused"),
        listen="127.0.0.1:0",
        health_listen="127.0.0.1:0",
    )
    server = Server(settings, [office.servicer()], Principals(principals), STATUS)
    server.start()
    channels: list[grpc.Channel] = []

    def stub(role: str) -> mail_pb2_grpc.MailServiceStub:
        channels.append(open_channel(f"127.0.0.1:{server.port}", token=lambda: tokens[role]))
        return mail_pb2_grpc.MailServiceStub(channels[-1])

    office.peers.peers.add(ticket())
    office.peers.peers.add_client("C1", billing="anne@client.example")
    yield Door(office, stub)
    for channel in channels:
        channel.close()
    server.drain_and_stop()
