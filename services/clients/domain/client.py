"""A client as people know it: a family with its members, addresses, card and consents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.clients.domain.consent import Consent

CRITERIA_COUNT = 3  #: free criteria a client has, at most
LINE_COUNT = 3  #: lines of an address above the town, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of a family. Phones and e-mail are kept as typed, mistakes included."""

    given_name: str = ""
    phone: str = ""  #: landline
    mobile: str = ""
    email: str = ""
    birth_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address."""

    lines: Sequence[str] = ()  #: above the town
    postcode: str = ""
    city: str = ""
    country: str = ""  #: ISO 3166-1 alpha-2
    email: str = ""  #: for bills and tickets, as typed


@dataclass(frozen=True, slots=True, kw_only=True)
class LoyaltyCard:
    """A loyalty card with its counters, any of which may be negative."""

    number: str
    type: str = ""
    article_count: int = 0
    point_count: int = 0
    visit_count: int = 0
    total: Decimal | None = None  #: bought with it
    gift_amount: Decimal | None = None  #: given for it
    currency: str = ""  #: ISO 4217, of both amounts; empty where there is none
    bonus_count: int = 0
    valid_until: date | None = None  #: last day; None means without end


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A family with its members, the main contact first."""

    code: str
    title: str = ""  #: "identifiant", e.g. Mme
    family_name: str = ""
    members: Sequence[Member]
    billing_address: Address | None = None
    delivery_address: Address | None = None  #: None means the billing address
    store: str = ""  #: "magasin lié"; empty where none is linked
    card: LoyaltyCard | None = None
    consents: Sequence[Consent] = ()  #: of a kept client, the last word on each option
    criteria: Sequence[str] = ()  #: free criteria 1 to 3


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptClient:
    """A client as it is kept, with its history in brief."""

    client: Client
    revision: int  #: counts changes of what people edit
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCount:
    """What became of imported clients."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "ImportCount") -> "ImportCount":
        return ImportCount(
            created=self.created + other.created,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
        )
