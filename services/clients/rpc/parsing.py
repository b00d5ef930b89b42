"""Clients from the wire."""

from collections.abc import Sequence

from backroom.clients.v1 import clients_pb2 as pb
from chassis.errors import FieldProblem, InvalidInput
from chassis.rpc import messages
from chassis.rpc.messages import Problems
from services.clients.domain.client import Address, Client, LoyaltyCard, Member
from services.clients.domain.consent import Consent

NAME = "clients/{code}"
MOST_IN_ONE_IMPORT = 2000
MOST_IN_ONE_BATCH = 1000


def parse_import(request: pb.ImportClientsRequest) -> list[Client]:
    """The clients of one message; every part that cannot be read is named, e.g. `clients[17].card.valid_until`."""
    if len(request.clients) > MOST_IN_ONE_IMPORT:
        raise InvalidInput(
            FieldProblem(
                "clients",
                f"{len(request.clients)} are too many; send at most {MOST_IN_ONE_IMPORT} at once",
            )
        )
    problems = Problems()
    clients: list[Client] = []
    for position, message in enumerate(request.clients):
        try:
            clients.append(parse_client(message))
        except InvalidInput as error:
            problems.extend(error, f"clients[{position}].")
    problems.check()
    return clients


def parse_names(names: Sequence[str]) -> list[str]:
    """The codes of `clients/{code}` names, in their order."""
    if len(names) > MOST_IN_ONE_BATCH:
        raise InvalidInput(FieldProblem("names", f"{len(names)} are too many; ask for at most {MOST_IN_ONE_BATCH}"))
    return [messages.parse_name(NAME, name, f"names[{position}]") for position, name in enumerate(names)]


def parse_client(message: pb.Client) -> Client:
    """One client; fields of a mistake are relative to it. What is output only is not read."""
    return Client(
        code=message.code,
        title=message.title,
        family_name=message.family_name,
        members=tuple(_member(position, each) for position, each in enumerate(message.members)),
        billing_address=_address(message.billing_address) if message.HasField("billing_address") else None,
        delivery_address=_address(message.delivery_address) if message.HasField("delivery_address") else None,
        store=message.store,
        card=_card(message.card) if message.HasField("card") else None,
        consents=tuple(_consent(position, each) for position, each in enumerate(message.consents)),
        criteria=_without_empty_end(message.criteria),
    )


def _member(position: int, message: pb.Member) -> Member:
    born = message.HasField("birth_date")
    return Member(
        given_name=message.given_name,
        phone=message.phone,
        mobile=message.mobile,
        email=message.email,
        birth_date=messages.parse_date(message.birth_date, f"members[{position}].birth_date") if born else None,
    )


def _address(message: pb.Address) -> Address:
    return Address(
        lines=_without_empty_end(message.lines),
        postcode=message.postcode,
        city=message.city,
        country=message.country,
        email=message.email,
    )


def _card(message: pb.LoyaltyCard) -> LoyaltyCard:
    total, currency = messages.parse_money(message.total, "card.total") if message.HasField("total") else (None, "")
    gifts, gift_currency = (
        messages.parse_money(message.gift_amount, "card.gift_amount")
        if message.HasField("gift_amount")
        else (None, currency)
    )
    if total is not None and gift_currency != currency:
        raise InvalidInput(FieldProblem("card.gift_amount", f"has another currency than the total, {currency}"))
    return LoyaltyCard(
        number=message.number,
        type=message.type,
        article_count=message.article_count,
        point_count=message.point_count,
        visit_count=message.visit_count,
        total=total,
        gift_amount=gifts,
        currency=gift_currency,
        bonus_count=message.bonus_count,
        valid_until=messages.parse_date(message.valid_until, "card.valid_until")
        if message.HasField("valid_until")
        else None,
    )


def _consent(position: int, message: pb.Consent) -> Consent:
    field = f"consents[{position}].consent_time"
    when = messages.instant(message.consent_time, field)
    if when is None:
        raise InvalidInput(FieldProblem(field, "give the instant when the client said so"))
    return Consent(
        option=message.option,
        granted=message.granted,
        source=message.source,
        consent_time=when,
        text_version=message.text_version,
    )


def _without_empty_end(texts: Sequence[str]) -> tuple[str, ...]:
    """Criteria and lines that were left empty at the end are none."""
    kept = tuple(texts)
    while kept and not kept[-1]:
        kept = kept[:-1]
    return kept
