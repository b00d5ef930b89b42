"""What a client must be like to be kept."""

from datetime import timedelta
from decimal import Decimal

import pytest

from services.clients.domain.checks import client_problems
from services.clients.domain.client import Address, Client, LoyaltyCard, Member
from services.clients.domain.countries import COUNTRIES
from tests.clients.people import SAID, client, consent, whole_client

NOW = SAID + timedelta(days=30)


def fields(given: Client) -> list[str]:
    return [problem.field for problem in client_problems(given, NOW)]


def test_phones_and_e_mail_are_kept_as_typed() -> None:
    assert fields(whole_client()) == []
    assert fields(client(members=(Member(phone="zéro un", mobile="ABC", email="@@"),))) == []


@pytest.mark.parametrize("code", ["", " 1", "1 ", "a/b", "x" * 51, "a\x00b", "\n"])
def test_a_code_that_cannot_be_a_name_is_refused(code: str) -> None:
    assert set(fields(client(code, family_name="", members=(Member(),)))) == {"code"}


@pytest.mark.parametrize("code", ["1", "_pub Sms", "é", "x" * 50])
def test_other_codes_are_kept(code: str) -> None:
    assert fields(client(code)) == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (client(members=()), "members"),
        (client(members=(Member(),) * 101), "members"),
        (client(members=(Member(), Member(mobile="x" * 256))), "members[1].mobile"),
        (client(members=(Member(given_name="a\x00"),)), "members[0].given_name"),
        (client(title="x" * 51), "title"),
        (client(family_name="a\nb"), "family_name"),
        (client(store="12a"), "store"),
        (client(store="1" * 11), "store"),
        (client(billing_address=Address(country="fr")), "billing_address.country"),
        (client(billing_address=Address(country="ZZ")), "billing_address.country"),
        (client(delivery_address=Address(postcode="75_011")), "delivery_address.postcode"),
        (client(billing_address=Address(postcode="7" * 21)), "billing_address.postcode"),
        (client(billing_address=Address(lines=("a",) * 4)), "billing_address.lines"),
        (client(billing_address=Address(lines=("a", "b\t"))), "billing_address.lines[1]"),
        (client(billing_address=Address(city="x" * 256)), "billing_address.city"),
        (client(card=LoyaltyCard(number="", total=Decimal(1), currency="EUR")), "card.number"),
        (client(card=LoyaltyCard(number="1", type="x" * 51)), "card.type"),
        (client(criteria=("a", "b", "c", "d")), "criteria"),
        (client(criteria=("a", "x" * 51)), "criteria[1]"),
        (client(consents=(consent(option="Rugby"),)), "consents[0].option"),
        (client(consents=(consent(version=""),)), "consents[0].text_version"),
        (client(consents=(consent(), consent(when=NOW + timedelta(days=1)))), "consents[1].consent_time"),
    ],
)
def test_a_mistake_is_named_by_its_field(given: Client, field: str) -> None:
    assert fields(given) == [field]


def test_a_consent_needs_its_proof_and_a_withdrawal_none() -> None:
    assert fields(client(consents=(consent(granted=True, version=""),))) == ["consents[0].text_version"]
    assert fields(client(consents=(consent(granted=False, version=""),))) == []


def test_a_clock_of_a_register_may_be_some_minutes_ahead() -> None:
    assert fields(client(consents=(consent(when=NOW + timedelta(minutes=4)),))) == []


def test_the_countries_are_those_of_the_standard_and_kosovo() -> None:
    assert len(COUNTRIES) == 250
    assert {"FR", "PL", "MQ", "XK"} <= COUNTRIES
    assert not {"UK", "EU", "SU"} & COUNTRIES
