"""Clients as rows of the tables, on their way in."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from services.clients.domain.client import CRITERIA_COUNT, LINE_COUNT, Address, Client, LoyaltyCard
from services.clients.storage.tables import BILLING, DELIVERY

Row = tuple[object, ...]

CARD_COLUMNS = (
    "card_number", "card_type", "card_article_count", "card_point_count", "card_visit_count", "card_total",
    "card_gift_amount", "card_currency", "card_bonus_count", "card_valid_until",
)  # fmt: skip
CLIENT_COLUMNS = (
    "code", "store", "content_hash", "title", "family_name", "criterion1", "criterion2", "criterion3",
    *CARD_COLUMNS,
)  # fmt: skip
MEMBER_COLUMNS = ("client", "position", "given_name", "phone", "mobile", "email", "birth_date")
ADDRESS_COLUMNS = ("client", "kind", "line1", "line2", "line3", "postcode", "city", "country", "email")
CONSENT_COLUMNS = ("client", "option", "granted", "source", "consent_time", "text_version")

NO_CARD: Row = (None,) * len(CARD_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRows:
    """One client's rows, in the order of the columns above."""

    client: Row
    members: Sequence[Row]
    addresses: Sequence[Row]
    consents: Sequence[Row]


def rows_of(client: Client) -> ClientRows:
    """The rows that keep a client.

    The hash tells whether an import says something new; it leaves out the store: the nightly task links it.
    """
    code = client.code
    facts = (
        client.title,
        client.family_name,
        *_filled(client.criteria, CRITERIA_COUNT),
        *(NO_CARD if client.card is None else _card(client.card)),
    )
    members = [
        (code, position, each.given_name, each.phone, each.mobile, each.email, each.birth_date)
        for position, each in enumerate(client.members)
    ]
    addresses = [
        _address(code, kind, address)
        for kind, address in ((BILLING, client.billing_address), (DELIVERY, client.delivery_address))
        if address is not None
    ]
    consents = [
        (code, each.option, each.granted, each.source, each.consent_time, each.text_version) for each in client.consents
    ]
    content = repr((facts, members, addresses, consents)).encode()
    return ClientRows(
        client=(code, client.store, blake2b(content, digest_size=16).digest(), *facts),
        members=members,
        addresses=addresses,
        consents=consents,
    )


def _card(card: LoyaltyCard) -> Row:
    return (
        card.number, card.type, card.article_count, card.point_count, card.visit_count, card.total,
        card.gift_amount, card.currency, card.bonus_count, card.valid_until,
    )  # fmt: skip


def _address(code: str, kind: str, address: Address) -> Row:
    lines = _filled(address.lines, LINE_COUNT)
    return (code, kind, *lines, address.postcode, address.city, address.country, address.email)


def _filled(texts: Sequence[str], count: int) -> Sequence[str]:
    return (*texts, *("",) * (count - len(texts)))
