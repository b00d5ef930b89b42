"""The names of delivery's operations."""

SEND_SPOOL = "delivery.send-spool"  #: sends what a run has sealed, and its task's older leftovers
RETRY_LEFTOVERS = "delivery.retry-leftovers"  #: sends again what could not be sent
