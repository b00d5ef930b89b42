"""Ways to the five services, with the token of whoever asks."""

import json
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc
from google.longrunning.operations_pb2_grpc import OperationsStub

from backroom.clients.v1.clients_pb2_grpc import ClientsServiceStub
from backroom.delivery.v1.delivery_pb2_grpc import DeliveryServiceStub
from backroom.journal.v1.journal_pb2_grpc import JournalServiceStub
from backroom.mail.v1.mail_pb2_grpc import MailServiceStub
from backroom.sales.v1.sales_pb2_grpc import SalesServiceStub
from backroom.scheduler.v1.scheduler_pb2_grpc import InboxServiceStub, SchedulerServiceStub, SiteServiceStub
from chassis.errors import FieldProblem, InvalidInput
from chassis.rpc.client import TokenFile, open_channel
from console.stack.ports import SERVICES, Ports


class Connection:
    """Stubs of every service. Channels are opened when first used."""

    def __init__(self, addresses: Mapping[str, str], token: Path, ca: Path | None = None) -> None:
        self.addresses = addresses
        self._token = TokenFile(token)
        self._ca = ca
        self._channels: dict[str, grpc.Channel] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes every channel."""
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()

    def channel(self, service: str) -> grpc.Channel:
        """The channel to a service."""
        if service not in self._channels:
            self._channels[service] = open_channel(self.addresses[service], token=self._token, ca=self._ca)
        return self._channels[service]

    @cached_property
    def scheduler(self) -> SchedulerServiceStub:
        return SchedulerServiceStub(self.channel("scheduler"))

    @cached_property
    def inbox(self) -> InboxServiceStub:
        return InboxServiceStub(self.channel("scheduler"))

    @cached_property
    def sites(self) -> SiteServiceStub:
        return SiteServiceStub(self.channel("scheduler"))

    @cached_property
    def delivery(self) -> DeliveryServiceStub:
        return DeliveryServiceStub(self.channel("delivery"))

    @cached_property
    def sales(self) -> SalesServiceStub:
        return SalesServiceStub(self.channel("sales"))

    @cached_property
    def clients(self) -> ClientsServiceStub:
        return ClientsServiceStub(self.channel("clients"))

    @cached_property
    def mail(self) -> MailServiceStub:
        return MailServiceStub(self.channel("mail"))

    def journal(self, service: str) -> JournalServiceStub:
        """The journal of a service."""
        return JournalServiceStub(self.channel(service))

    def operations(self, service: str) -> OperationsStub:
        """The long work of a service."""
        return OperationsStub(self.channel(service))


def find_addresses(given: list[str], var: Path) -> dict[str, str]:
    """Where each service is: as given (`service=host:port`), else by environment, else as a stack in `var` noted, else
    the embedded ports.
    """
    named = {}
    for each in given:
        service, _, address = each.partition("=")
        if service not in SERVICES or not address:
            raise InvalidInput(
                FieldProblem("--address", f"{each!r} is not service=host:port; services: {', '.join(SERVICES)}")
            )
        named[service] = address
    noted = _noted(var / "addresses.json")
    ports = Ports.embedded()
    return {
        service: named.get(service)
        or os.environ.get(f"BACKROOM_{service.upper()}_ADDRESS")
        or noted.get(service)
        or ports.address(service)
        for service in SERVICES
    }


def _noted(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    return {str(name): str(address) for name, address in json.loads(path.read_text(encoding="utf-8")).items()}
