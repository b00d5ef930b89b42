"""DeliveryService as chassis serves it: its parts together, and the role that each call needs."""

from collections.abc import Mapping

from backroom.delivery.v1 import delivery_pb2_grpc
from chassis.auth import Role
from chassis.rpc.servicer import Servicer
from services.delivery.application.ports import OpenWork
from services.delivery.rpc.calls import UseCases
from services.delivery.rpc.destinations import DestinationCalls
from services.delivery.rpc.fetching import FetchCalls
from services.delivery.rpc.history import HistoryCalls
from services.delivery.rpc.sending import SendingCalls
from services.delivery.rpc.spool import SpoolCalls

ROLES: Mapping[str, Role] = {
    "CreateDestination": Role.OPERATOR,
    "GetDestination": Role.VIEWER,
    "ListDestinations": Role.VIEWER,
    "UpdateDestination": Role.OPERATOR,
    "DeleteDestination": Role.OPERATOR,
    "VerifyDestination": Role.OPERATOR,
    "CheckDestination": Role.OPERATOR,
    "StageFile": Role.SERVICE,
    "ListFiles": Role.VIEWER,
    "DiscardFile": Role.OPERATOR,
    "RetryDelivery": Role.OPERATOR,
    "GetDelivery": Role.VIEWER,
    "ListDeliveries": Role.VIEWER,
    "SendSpool": Role.SERVICE,
    "FetchFiles": Role.OPERATOR,
    "SendFile": Role.SERVICE,
}

#: Files of any size go through, as fast as their far end takes them.
UNHURRIED = frozenset({"SendFile", "FetchFiles"})


class DeliveryServicer(DestinationCalls, SpoolCalls, HistoryCalls, SendingCalls, FetchCalls):
    """Every part of the service."""


def servicer(open_work: OpenWork, use: UseCases) -> Servicer:
    """What chassis serves."""
    return Servicer(
        "backroom.delivery.v1.DeliveryService",
        delivery_pb2_grpc.add_DeliveryServiceServicer_to_server,
        DeliveryServicer(open_work, use),
        ROLES,
        unhurried=UNHURRIED,
    )
