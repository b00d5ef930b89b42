"""Asks clients for consents and addresses."""

from collections.abc import Mapping, Sequence

import grpc

from backroom.clients.v1 import clients_pb2, clients_pb2_grpc
from chassis.rpc.client import remote_errors
from services.mail.domain.client import TICKETS_BY_EMAIL, ClientContact

TIMEOUT = 10.0  #: seconds


class ClientsGateway:
    """Clients, as far as mail needs to know them."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = clients_pb2_grpc.ClientsServiceStub(channel)

    def contacts(self, codes: Sequence[str]) -> Mapping[str, ClientContact]:
        """Those of these clients that exist, by code; at most 1,000 at once."""
        request = clients_pb2.BatchGetClientsRequest(names=[f"clients/{code}" for code in codes])
        with remote_errors("clients"):
            answer = self._stub.BatchGetClients(request, timeout=TIMEOUT)
        return {client.code: _contact(client) for client in answer.clients}


def _contact(client: clients_pb2.Client) -> ClientContact:
    return ClientContact(
        code=client.code,
        wants_tickets=any(consent.granted for consent in client.consents if consent.option == TICKETS_BY_EMAIL),
        billing_email=client.billing_address.email,
        main_contact_email=client.members[0].email if client.members else "",
    )
