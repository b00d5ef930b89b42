"""What sales refuses. Drawn on the tree of chassis.

WrongState
└── DayClosed      a ticket came for a closed sales day
"""

from datetime import date

from chassis.errors import WrongState


class DayClosed(WrongState):
    """A ticket came for a closed sales day."""

    def __init__(self, ticket: str, day: date, store: str, register: int) -> None:
        super().__init__(
            f"the sales day {day.isoformat()} of store {store}, register {register} (ticket {ticket})",
            "closed",
            "open; record the ticket under a later business date",
        )
        self.day, self.store, self.register = day, store, register
