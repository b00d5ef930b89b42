"""How errors of mail cross the wire: the one table to status codes; chassis' general table has the rest."""

from typing import Final

from grpc import StatusCode

from chassis.rpc.status import Table
from services.mail.domain.errors import MailMoved, NoAddress, NoConsent

STATUS: Final[Table] = {
    NoConsent: StatusCode.FAILED_PRECONDITION,
    NoAddress: StatusCode.FAILED_PRECONDITION,
    MailMoved: StatusCode.ABORTED,
}
