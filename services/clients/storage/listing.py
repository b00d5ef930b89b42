"""How clients are listed: the fields of a filter, and what each asks of which table."""

import sqlalchemy as sa

from chassis.listing import Field, Listing, LiteralRefused, condition, day, decimal, instant, integer, text
from services.clients.domain.consent import is_option
from services.clients.storage.tables import BILLING, address, client, consent, member

billing = address.alias("billing")

LISTED = sa.outerjoin(client, billing, sa.and_(billing.c.client == client.c.code, billing.c.kind == BILLING))

_MEMBER_OPERATORS = ("=", "!=", ":")


def _joined(column: sa.Column[str]) -> Field:
    """A text that is null where the client has no billing address, though its own table forbids nulls."""
    return text(sa.type_coerce(column, sa.Text))


def _of_a_member(column: sa.Column[str]) -> Field:
    """Holds where it holds for one member at least; `!=` where no member has this value."""

    def build(operator: str, literal: str) -> sa.ColumnElement[bool]:
        match operator:
            case ":" if literal == "*":
                matches = column != ""
            case ":":
                matches = sa.func.strpos(sa.func.lower(column), literal.lower()) > 0
            case _:
                matches = column == literal
        found = sa.exists().where(member.c.client == client.c.code, matches)
        return ~found if operator == "!=" else found

    return condition(build, _MEMBER_OPERATORS)


def _consents() -> Field:
    """`consents:tickets_by_email` holds where that option is granted; `consents:*` where any is."""

    def build(operator: str, literal: str) -> sa.ColumnElement[bool]:
        granted = sa.exists().where(consent.c.client == client.c.code, consent.c.granted)
        if literal == "*":
            return granted
        if not is_option(literal):
            raise LiteralRefused(f"{literal!r} is not a mailing option such as tickets_by_email")
        return granted.where(consent.c.option == literal)

    return condition(build, (":",))


CLIENTS = Listing(
    fields={
        "code": text(client.c.code),
        "title": text(client.c.title),
        "family_name": text(client.c.family_name),
        "store": text(client.c.store),
        "criteria1": text(client.c.criterion1),
        "criteria2": text(client.c.criterion2),
        "criteria3": text(client.c.criterion3),
        "billing_address.postcode": _joined(billing.c.postcode),
        "billing_address.city": _joined(billing.c.city),
        "billing_address.country": _joined(billing.c.country),
        "members.email": _of_a_member(member.c.email),
        "members.mobile": _of_a_member(member.c.mobile),
        "card.number": text(client.c.card_number),
        "card.type": text(client.c.card_type),
        "card.article_count": integer(client.c.card_article_count),
        "card.point_count": integer(client.c.card_point_count),
        "card.visit_count": integer(client.c.card_visit_count),
        "card.total": decimal(client.c.card_total),
        "card.valid_until": day(client.c.card_valid_until),
        "consents": _consents(),
        "create_time": instant(client.c.create_time),
        "update_time": instant(client.c.update_time),
    },
    default_order="code",
    key=client.c.code,
)
