"""What mail does in the background, and what it offers to tasks."""

from chassis.operations import Execution, Kind, Lane, Outcome
from chassis.tasks import TaskType
from services.mail.application.drain_outbox import OutboxDrain
from services.mail.application.drain_server import ServerDrain
from services.mail.application.outbox import SEND_BY_SERVER, SEND_OUTBOX
from services.mail.application.send_tickets import SendTickets, TicketBatchSender
from services.mail.workers.options import SendTicketsOptions

SEND_TICKETS = "mail.send-tickets"
OUTBOX_LANE = Lane(name="outbox")
SERVERS_LANE = Lane(name="servers")  #: apart: servers that people name may be slow, and never keep the others waiting
MOST_SERVERS = 4  #: that are sent by at once, of those

TASK_TYPES = (
    TaskType(
        name=SEND_TICKETS,
        folder="Autres",
        title="task.title",
        description="task.description",
        options=SendTicketsOptions,
    ),
)


def kinds(drain: OutboxDrain, server_drain: ServerDrain, sender: TicketBatchSender) -> tuple[Kind, ...]:
    """Each kind of operation with what does it."""

    def send_outbox(execution: Execution) -> Outcome:
        outages = execution.request.get("outages", 0)
        return drain(execution, outages if isinstance(outages, int) else 0)

    def send_by_server(execution: Execution) -> Outcome:
        return server_drain(execution, str(execution.request["server"]))

    def send_tickets(execution: Execution) -> Outcome:
        options, task = SendTicketsOptions.model_validate(execution.request), execution.task
        first, last = options.days(task.business_date)
        command = SendTickets(
            first_day=first,
            last_day=last,
            stores=tuple(dict.fromkeys(options.stores)),
            limit=options.limit,
            reader=task.locale,
            site=task.site,
            mode=task.mode,
        )
        return sender(execution, command)

    return (
        # One at a time: a mail that one finds SENDING was left by a dead one, and the server sees one sender.
        Kind(name=SEND_OUTBOX, run=send_outbox, lane=OUTBOX_LANE.name, limit=1),
        Kind(name=SEND_BY_SERVER, run=send_by_server, lane=SERVERS_LANE.name, limit=MOST_SERVERS),
        Kind(name=SEND_TICKETS, run=send_tickets),
    )
