"""Clients as domain values, read from their rows with one query a table."""

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from services.clients.domain.client import Address, Client, KeptClient, LoyaltyCard, Member
from services.clients.domain.consent import Consent
from services.clients.storage.tables import BILLING, DELIVERY, address, client, consent, member

CODES = sa.bindparam("codes", type_=sa.ARRAY(sa.Text))
CLIENTS = sa.select(client).where(client.c.code == sa.any_(CODES))
MEMBERS = sa.select(member).where(member.c.client == sa.any_(CODES)).order_by(member.c.client, member.c.position)
ADDRESSES = sa.select(address).where(address.c.client == sa.any_(CODES))
CONSENTS = sa.select(consent).where(consent.c.client == sa.any_(CODES)).order_by(consent.c.client, consent.c.option)


def load_clients(connection: sa.Connection, codes: Sequence[str]) -> dict[str, KeptClient]:
    """Those of the codes that are kept, by code."""
    wanted = {"codes": list(codes)}
    members: defaultdict[str, list[Member]] = defaultdict(list)
    for row in connection.execute(MEMBERS, wanted):
        members[row.client].append(
            Member(
                given_name=row.given_name,
                phone=row.phone,
                mobile=row.mobile,
                email=row.email,
                birth_date=row.birth_date,
            )
        )
    consents: defaultdict[str, list[Consent]] = defaultdict(list)
    for row in connection.execute(CONSENTS, wanted):
        consents[row.client].append(
            Consent(
                option=row.option,
                granted=row.granted,
                source=row.source,
                consent_time=row.consent_time,
                text_version=row.text_version,
            )
        )
    addresses = {(row.client, row.kind): _address(row) for row in connection.execute(ADDRESSES, wanted)}
    return {
        row.code: KeptClient(
            client=Client(
                code=row.code,
                title=row.title,
                family_name=row.family_name,
                members=tuple(members[row.code]),
                billing_address=addresses.get((row.code, BILLING)),
                delivery_address=addresses.get((row.code, DELIVERY)),
                store=row.store,
                card=_card(row),
                consents=tuple(consents[row.code]),
                criteria=_without_empty_end(row.criterion1, row.criterion2, row.criterion3),
            ),
            revision=row.revision,
            create_time=row.create_time,
            update_time=row.update_time,
        )
        for row in connection.execute(CLIENTS, wanted)
    }


def _address(row: sa.Row[tuple[object, ...]]) -> Address:
    return Address(
        lines=_without_empty_end(row.line1, row.line2, row.line3),
        postcode=row.postcode,
        city=row.city,
        country=row.country,
        email=row.email,
    )


def _card(row: sa.Row[tuple[object, ...]]) -> LoyaltyCard | None:
    if row.card_number is None:
        return None
    return LoyaltyCard(
        number=row.card_number,
        type=row.card_type,
        article_count=row.card_article_count,
        point_count=row.card_point_count,
        visit_count=row.card_visit_count,
        total=row.card_total,
        gift_amount=row.card_gift_amount,
        currency=row.card_currency,
        bonus_count=row.card_bonus_count,
        valid_until=row.card_valid_until,
    )


def _without_empty_end(*texts: str) -> tuple[str, ...]:
    filled = [position for position, text in enumerate(texts, start=1) if text]
    return texts[: max(filled, default=0)]
