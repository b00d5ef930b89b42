"""What mail needs to know of a client: whether tickets may be sent, and where to."""

from dataclasses import dataclass

from services.mail.domain.address import Address, plausible_address
from services.mail.domain.errors import NoAddress, NoConsent

TICKETS_BY_EMAIL = "tickets_by_email"  #: "souhaite recevoir ses tickets de caisse par e-mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientContact:
    """A client's consent and the addresses of the record, as they were typed."""

    code: str
    wants_tickets: bool
    billing_email: str
    main_contact_email: str

    def ticket_address(self) -> Address:
        """Where the client's tickets go: the billing address's e-mail, else the main contact's."""
        if not self.wants_tickets:
            raise NoConsent(self.code)
        for typed in (self.billing_email, self.main_contact_email):
            address = plausible_address(typed)
            if address is not None:
                return address
        raise NoAddress(self.code)
