"""A destination's switches, as a person sets them."""

from chassis.errors import FieldProblem
from services.delivery.domain.destinations import Email, Imap, Method, Postal
from services.delivery.domain.drafts.fields import problem
from services.delivery.domain.transfer_options import MOST_AT_ONCE, Existing, TransferOptions

SLOWEST = 1024  #: bytes per second; slower, nothing would ever arrive before its time is over


def transfer_problems(transfer: TransferOptions, method: type[Method] | None) -> list[FieldProblem]:
    """What is wrong with the switches, and what does not go with the method."""
    where = "transfer_options"
    problems: list[FieldProblem] = []
    if transfer.write_directly and transfer.existing is not Existing.REPLACE:
        problems.append(problem(f"{where}.write_directly", "only with REPLACE: what is there is written over"))
    if transfer.bandwidth_limit != 0 and not SLOWEST <= transfer.bandwidth_limit < 2**63:
        problems.append(problem(f"{where}.bandwidth_limit", f"give at least {SLOWEST} bytes per second, or 0 for all"))
    if not 0 <= transfer.concurrency <= MOST_AT_ONCE:
        problems.append(problem(f"{where}.concurrency", f"give 1 to {MOST_AT_ONCE}, or 0 to leave it to the service"))
    if method is not None and issubclass(method, Postal):
        not_there = {
            "write_directly": transfer.write_directly,
            "existing": transfer.existing is not Existing.REPLACE,
            "folder_must_exist": transfer.folder_must_exist,
            "concurrency": transfer.concurrency > 0,
            "bandwidth_limit": method is Email and transfer.bandwidth_limit > 0,
        }
        kind = "an IMAP account" if method is Imap else "e-mail"
        problems += [
            problem(f"{where}.{name}", f"not for {kind}; leave it out") for name, is_set in not_there.items() if is_set
        ]
    return problems
