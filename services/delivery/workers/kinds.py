"""Delivery's kinds of operation."""

from datetime import timedelta

from chassis.operations import Kind, Lane
from services.delivery.application.sending import RetryLeftovers, SendSealed
from services.delivery.domain.kinds import RETRY_LEFTOVERS, SEND_SPOOL

SENDING = Lane(name="sending")
RETRYING = Lane(name="retrying")  #: apart, so that leftovers of dead servers never keep tonight's files waiting

#: A destination that others send to counts as a fault of the machinery: it is waited for patiently.
PATIENT_ATTEMPTS = 200


def kinds(send: SendSealed, retry: RetryLeftovers) -> list[Kind]:
    """What a worker of delivery does."""
    return [
        Kind(
            name=SEND_SPOOL,
            run=send,
            lane=SENDING.name,
            max_attempts=PATIENT_ATTEMPTS,
            longest_backoff=timedelta(seconds=30),
        ),
        Kind(
            name=RETRY_LEFTOVERS,
            run=retry,
            lane=RETRYING.name,
            limit=4,
            max_attempts=PATIENT_ATTEMPTS,
            longest_backoff=timedelta(minutes=5),
        ),
    ]
