"""Clients that tests speak of."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from services.clients.domain.client import Address, Client, LoyaltyCard, Member
from services.clients.domain.consent import TICKETS_BY_EMAIL, Consent
from services.clients.domain.purchases import Purchase

SAID = datetime(2017, 1, 10, 9, 30, tzinfo=UTC)
BOUGHT = datetime(2017, 1, 20, 10, 0, tzinfo=UTC)


def consent(
    granted: bool = True, when: datetime = SAID, option: str = TICKETS_BY_EMAIL, version: str = "2017-01"
) -> Consent:
    return Consent(option=option, granted=granted, source="register", consent_time=when, text_version=version)


def client(code: str = "1", **more: object) -> Client:
    """A client with a name, one member and nothing else."""
    facts: dict[str, object] = {
        "code": code,
        "title": "Mme",
        "family_name": f"Durand {code}",
        "members": (Member(given_name="Anne", mobile="06 oops", email=f"household-{code}@example.test"),),
        **more,
    }
    return Client(**facts)  # type: ignore[arg-type]  # the test's shorthand


def whole_client(code: str = "1") -> Client:
    """A client with everything."""
    return Client(
        code=code,
        title="M.",
        family_name="Lefèvre « l'aîné »",
        members=(
            Member(
                given_name="Zoé",
                phone="01 02 03 04 05",
                mobile="abc",
                email="not an address",
                birth_date=date(1980, 2, 29),
            ),
            Member(given_name="Łukasz"),
        ),
        billing_address=Address(
            lines=("12 rue des Lilas", "", "Bât. B"),
            postcode="75011",
            city="Paris",
            country="FR",
            email="bills@example.test",
        ),
        delivery_address=Address(lines=("ul. Długa 1",), postcode="00-238", city="Warszawa", country="PL"),
        store="367",
        card=LoyaltyCard(
            number="C0001",
            type="or",
            article_count=12,
            point_count=-3,
            visit_count=4,
            total=Decimal("123.456789012"),
            gift_amount=Decimal("-1.5"),
            currency="EUR",
            bonus_count=1,
            valid_until=date(2018, 12, 31),
        ),
        consents=(consent(option="rugby-email"), consent(granted=False, option="sms")),
        criteria=("a", "", "c"),
    )


def purchases(*stores: str, first: datetime = BOUGHT) -> list[Purchase]:
    """Tickets in the order of time, the earliest first, an hour apart."""
    return [
        Purchase(store=store, close_time=first + timedelta(hours=number), ticket=f"tickets/{store}-1-{number}")
        for number, store in enumerate(stores)
    ]
