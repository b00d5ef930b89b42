"""Clients for the wire."""

from decimal import Decimal

from google.type.money_pb2 import Money

from backroom.clients.v1 import clients_pb2 as pb
from chassis.rpc import messages
from services.clients.domain.client import Address, KeptClient, LoyaltyCard, Member
from services.clients.domain.consent import Consent


def render_client(kept: KeptClient) -> pb.Client:
    """A kept client."""
    client = kept.client
    return pb.Client(
        name=f"clients/{client.code}",
        code=client.code,
        title=client.title,
        family_name=client.family_name,
        members=map(_member, client.members),
        billing_address=_address(client.billing_address),
        delivery_address=_address(client.delivery_address),
        store=client.store,
        card=_card(client.card),
        consents=map(_consent, client.consents),
        criteria=client.criteria,
        create_time=messages.timestamp(kept.create_time),
        update_time=messages.timestamp(kept.update_time),
        etag=f'"{kept.revision}"',
    )


def _member(member: Member) -> pb.Member:
    return pb.Member(
        given_name=member.given_name,
        phone=member.phone,
        mobile=member.mobile,
        email=member.email,
        birth_date=messages.date_message(member.birth_date),
    )


def _address(address: Address | None) -> pb.Address | None:
    if address is None:
        return None
    return pb.Address(
        lines=address.lines,
        postcode=address.postcode,
        city=address.city,
        country=address.country,
        email=address.email,
    )


def _card(card: LoyaltyCard | None) -> pb.LoyaltyCard | None:
    if card is None:
        return None
    return pb.LoyaltyCard(
        number=card.number,
        type=card.type,
        article_count=card.article_count,
        point_count=card.point_count,
        visit_count=card.visit_count,
        total=_money(card, card.total),
        gift_amount=_money(card, card.gift_amount),
        bonus_count=card.bonus_count,
        valid_until=messages.date_message(card.valid_until),
    )


def _money(card: LoyaltyCard, amount: Decimal | None) -> Money | None:
    return None if amount is None else messages.money_message(amount, card.currency)


def _consent(consent: Consent) -> pb.Consent:
    return pb.Consent(
        option=consent.option,
        granted=consent.granted,
        source=consent.source,
        consent_time=messages.timestamp(consent.consent_time),
        text_version=consent.text_version,
    )
