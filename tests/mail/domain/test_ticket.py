from decimal import Decimal

import pytest

from services.mail.domain.client import ClientContact
from services.mail.domain.errors import NoAddress, NoConsent
from services.mail.domain.ticket import VatRow, file_name, printable, rounded, vat_table
from services.mail.domain.wording import Format
from tests.mail.conftest import line, ticket, words


def test_a_ticket_file_is_named_after_register_number_and_company() -> None:
    assert file_name(ticket(), "BRICO") == "C1-4-BRICO.pdf"
    assert file_name(ticket(), "../Brico & Cie\r\n/x") == "C1-4-Brico & Cie x.pdf"
    assert file_name(ticket(), "///") == "C1-4.pdf"


def test_vat_is_taken_out_of_each_rates_sum() -> None:
    lines = [line(amount=Decimal("0.99"), vat_rate=Decimal("5.5")) for _ in range(3)]
    lines += [line(amount=Decimal("12.00"), vat_rate=Decimal("20.0")), line(amount=Decimal(-2), vat_rate=Decimal(20))]
    assert vat_table(lines, "EUR") == (
        VatRow(rate=Decimal("5.5"), net=Decimal("2.82"), vat=Decimal("0.15"), gross=Decimal("2.97")),
        VatRow(rate=Decimal(20), net=Decimal("8.33"), vat=Decimal("1.67"), gross=Decimal("10.00")),
    )


def test_a_unit_price_is_before_the_discount() -> None:
    assert line(quantity=Decimal(2), amount=Decimal(9), discount=Decimal(1)).unit_price == 5
    assert line(quantity=Decimal(-2), amount=Decimal(-9), discount=Decimal(1)).unit_price == 5
    assert line(quantity=Decimal(0), amount=Decimal(0)).unit_price is None


def test_amounts_are_rounded_to_the_smallest_coin() -> None:
    assert rounded(Decimal("0.125"), "EUR") == Decimal("0.13")
    assert rounded(Decimal("-0.125"), "EUR") == Decimal("-0.13")
    assert rounded(Decimal("1234.5"), "XPF") == Decimal(1235)


@pytest.mark.parametrize(("locale", "shown"), [("fr", "1\u00a0234,50 €"), ("en", "1,234.50 €")])
def test_amounts_are_written_as_readers_expect(locale: str, shown: str) -> None:
    printed = Format(words(locale))
    assert printed.money(Decimal("1234.5"), "EUR") == shown
    assert printed.number(Decimal("2.000")) == "2"
    assert printed.number(Decimal("1E+1")) == "10"
    assert printed.money(Decimal(3), "CHF").endswith("CHF")


def test_invisible_characters_are_not_printed() -> None:
    assert printable(" a\x00b\u202ec\n\nd\u200b e ") == "a b c d e"


def contact(**more: object) -> ClientContact:
    facts = {"code": "C1", "wants_tickets": True, "billing_email": "", "main_contact_email": ""}
    return ClientContact(**(facts | more))  # type: ignore[arg-type]  # the test's shorthand


def test_a_ticket_goes_to_the_billing_address_else_to_the_main_contact() -> None:
    both = contact(billing_email="facture@c.example", main_contact_email="anne@c.example")
    assert str(both.ticket_address()) == "facture@c.example"
    wrong = contact(billing_email="néant", main_contact_email="anne@c.example")
    assert str(wrong.ticket_address()) == "anne@c.example"
    with pytest.raises(NoAddress):
        contact(billing_email="néant").ticket_address()


def test_without_consent_no_address_is_even_looked_at() -> None:
    with pytest.raises(NoConsent):
        contact(wants_tickets=False, billing_email="facture@c.example").ticket_address()
