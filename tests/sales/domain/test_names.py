import pytest

from services.sales.domain.names import TicketName, VoucherName


def test_a_ticket_is_named_by_store_register_and_number() -> None:
    name = TicketName(store="27", register=3, number=40014)
    assert str(name) == "tickets/27-3-40014"
    assert TicketName.parse(str(name)) == name


@pytest.mark.parametrize(
    "text", ["", "tickets/1-1", "tickets/a-1-1", "tickets/1-0-1", "tickets/1-1-1 ", "1-1-1", "tickets/1-1-1\u0663"]
)
def test_what_is_no_name_is_none(text: str) -> None:
    assert TicketName.parse(text) is None


def test_a_voucher_reads_as_people_print_it() -> None:
    name = VoucherName(prefix="899", number=160)
    assert (str(name), name.resource) == ("899-000160", "vouchers/899-000160")
    assert VoucherName.parse(name.resource) == name
