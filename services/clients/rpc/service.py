"""`backroom.clients.v1.ClientsService`: parses, asks a use case, renders."""

from collections.abc import Iterator
from typing import Final

import grpc

from backroom.clients.v1 import clients_pb2 as pb
from backroom.clients.v1 import clients_pb2_grpc
from chassis.auth import Role
from chassis.rpc import messages
from chassis.rpc.listing import parse_listing
from chassis.rpc.server import Servicer
from services.clients.application.import_clients import ImportClients
from services.clients.application.read_clients import ReadClients
from services.clients.domain.client import ImportCount
from services.clients.rpc.ahead import read_ahead
from services.clients.rpc.parsing import NAME, parse_import, parse_names
from services.clients.rpc.rendering import render_client

DEFAULT_PAGE: Final = 50
LARGEST_PAGE: Final = 1000

ROLES: Final = {
    "ImportClients": Role.OPERATOR,
    "GetClient": Role.VIEWER,
    "BatchGetClients": Role.VIEWER,
    "ListClients": Role.VIEWER,
}


class ClientsServicer(clients_pb2_grpc.ClientsServiceServicer):
    """Answers calls about clients."""

    def __init__(self, import_clients: ImportClients, read_clients: ReadClients) -> None:
        self._import = import_clients
        self._read = read_clients

    def ImportClients(
        self, request_iterator: Iterator[pb.ImportClientsRequest], context: grpc.ServicerContext
    ) -> pb.ImportClientsResponse:
        """Each message is a transaction; what came before one that fails stays."""
        count = ImportCount()
        for clients in read_ahead(map(parse_import, request_iterator)):
            count += self._import(clients)
        return pb.ImportClientsResponse(
            created_count=count.created, changed_count=count.changed, unchanged_count=count.unchanged
        )

    def GetClient(self, request: pb.GetClientRequest, context: grpc.ServicerContext) -> pb.Client:
        """One client."""
        return render_client(self._read.get(messages.parse_name(NAME, request.name, "name")))

    def BatchGetClients(
        self, request: pb.BatchGetClientsRequest, context: grpc.ServicerContext
    ) -> pb.BatchGetClientsResponse:
        """Those that exist, in the order asked for."""
        return pb.BatchGetClientsResponse(clients=map(render_client, self._read.get_many(parse_names(request.names))))

    def ListClients(self, request: pb.ListClientsRequest, context: grpc.ServicerContext) -> pb.ListClientsResponse:
        """One page."""
        page = self._read.list(parse_listing(request, default_page_size=DEFAULT_PAGE, max_page_size=LARGEST_PAGE))
        return pb.ListClientsResponse(
            clients=map(render_client, page.clients),
            next_page_token=page.next_page_token,
            total_size=page.total_size,
        )


def servicer(import_clients: ImportClients, read_clients: ReadClients) -> Servicer:
    """The service with the role each call needs."""
    return Servicer(
        name="backroom.clients.v1.ClientsService",
        add=clients_pb2_grpc.add_ClientsServiceServicer_to_server,
        servicer=ClientsServicer(import_clients, read_clients),
        roles=ROLES,
    )
