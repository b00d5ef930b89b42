"""What the calls of DeliveryService share: each part of the service is a class of its own, served as one."""

from dataclasses import dataclass
from datetime import timedelta

from backroom.delivery.v1 import delivery_pb2_grpc
from chassis.rpc.writes import Writes
from chassis.texts import Texts
from services.delivery.application.checking import CheckDestination
from services.delivery.application.discarding_files import DiscardFile
from services.delivery.application.fetching import FetchFiles
from services.delivery.application.keeping_destinations import KeepDestinations
from services.delivery.application.ports import OpenWork, Spool, Work
from services.delivery.application.retrying_files import RetryDelivery
from services.delivery.application.sealing_runs import SendSpool
from services.delivery.application.sending_through import SendFile
from services.delivery.application.staging_files import StageFile
from services.delivery.application.verifying import VerifyDestination


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """What the servicer calls."""

    keep: KeepDestinations
    verify: VerifyDestination
    check: CheckDestination
    stage: StageFile
    send_spool: SendSpool
    send_file: SendFile
    silence: timedelta  #: that a caller may keep in the middle of a file: one that it sends past the spool, or fetches
    discard: DiscardFile
    retry: RetryDelivery
    fetch: FetchFiles
    spool: Spool
    texts: Texts


class DeliveryCalls(delivery_pb2_grpc.DeliveryServiceServicer):
    """Translates, nothing more."""

    def __init__(self, open_work: OpenWork, use: UseCases) -> None:
        self._open_work = open_work
        self._writes: Writes[Work] = Writes(open_work)
        self._use = use
