"""Lists of clients: what a filter finds, in which order, page by page."""

from datetime import date
from decimal import Decimal

import pytest

from chassis.errors import InvalidInput
from chassis.filters import parse_filter
from chassis.listing import ListQuery, parse_order
from services.clients.application.ports import ClientPage
from services.clients.domain.client import Address, LoyaltyCard, Member
from tests.clients.conftest import Keep
from tests.clients.people import client, consent


@pytest.fixture
def people(keep: Keep) -> Keep:
    keep.import_all(
        client(
            "1",
            title="M.",
            store="4",
            billing_address=Address(postcode="75011", city="Paris", country="FR"),
            card=LoyaltyCard(
                number="C1", type="or", article_count=5, point_count=-2, visit_count=9, total=Decimal("99.90"),
                currency="EUR", valid_until=date(2018, 1, 1),
            ),
            consents=(consent(),),
            criteria=("vip",),
        ),
        client(
            "2",
            billing_address=Address(postcode="59000", city="Lille", country="FR"),
            delivery_address=Address(city="Paris"),
            card=LoyaltyCard(number="C2", point_count=10, total=Decimal(100), currency="EUR"),
            consents=(consent(granted=False), consent(option="sms")),
            members=(Member(email="a@example.test"), Member(mobile="0600", email="B@example.test")),
            criteria=("", "", "east"),
        ),
        client("3", store="4", members=(Member(email="a@example.test"),)),
    )  # fmt: skip
    return keep


def page(keep: Keep, filter_: str = "", order_by: str = "", size: int = 50, token: str = "") -> ClientPage:
    query = ListQuery(filter=parse_filter(filter_), order_by=parse_order(order_by), page_size=size, page_token=token)
    with keep.open_work() as work:
        return work.clients.page(query)


def codes(found: ClientPage) -> str:
    return "".join(each.client.code for each in found.clients)


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ("", "123"),
        ("code = 2", "2"),
        ("title = Mme AND store = 4", "3"),
        ('family_name : "durand"', "123"),
        ("criteria1 = vip", "1"),
        ("criteria2 : *", "123"),
        ("criteria3 = east", "2"),
        ("billing_address.city = Paris", "1"),
        ("billing_address.postcode : 59", "2"),
        ("billing_address.country = FR", "12"),
        ("members.email = a@example.test", "23"),
        ("members.email : b@", "2"),
        ("members.email != a@example.test", "1"),
        ("members.mobile = 0600", "2"),
        ("card.number = C1", "1"),
        ("card.number : *", "12"),
        ("card.type = or", "1"),
        ("card.point_count < 0", "1"),
        ("card.article_count >= 0 AND card.visit_count <= 8", "2"),
        ("card.total >= 99.95", "2"),
        ("card.valid_until <= 2018-01-01", "1"),
        ("consents:tickets_by_email", "1"),
        ("consents:sms", "2"),
        ("consents:*", "12"),
        ("consents:rugby-email", ""),
        ("create_time > 2017-01-01T00:00:00Z AND update_time > 2017-01-01T00:00:00Z", "123"),
        ("create_time < 2017-01-01T00:00:00Z", ""),
    ],
)
def test_a_filter_finds_those_that_match_and_counts_them(people: Keep, filter_: str, found: str) -> None:
    answer = page(people, filter_)
    assert (codes(answer), answer.total_size) == (found, len(found))


@pytest.mark.parametrize(
    ("order_by", "found"),
    [
        ("", "123"),
        ("code desc", "321"),
        ("store, code desc", "231"),
        ("card.total", "123"),
        ("card.number desc", "321"),
        ("billing_address.city", "213"),
        ("billing_address.city desc", "312"),
    ],
)
def test_pages_of_one_show_everybody_once_in_the_order_asked_for(people: Keep, order_by: str, found: str) -> None:
    assert codes(page(people, order_by=order_by)) == found
    shown, token = "", ""
    while True:
        answer = page(people, order_by=order_by, size=1, token=token)
        assert answer.total_size == 3
        shown, token = shown + codes(answer), answer.next_page_token
        if not token:
            break
    assert shown == found


@pytest.mark.parametrize(
    ("filter_", "position"),
    [
        ("title = Mme AND shoe_size = 3", 17),
        ("card.total > much", 14),
        ("consents = sms", 12),
        ("consents:Rugby", 10),
        ("title = Mme store = 4", 13),
        ("members.email > a", 17),
    ],
)
def test_a_mistake_is_refused_with_its_position(people: Keep, filter_: str, position: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        page(people, filter_)
    assert [problem.field for problem in refused.value.problems] == ["filter"]
    assert f"at position {position}:" in str(refused.value)


@pytest.mark.parametrize("order_by", ["consents", "members.email", "shoe_size"])
def test_what_has_no_order_cannot_be_ordered_by(people: Keep, order_by: str) -> None:
    with pytest.raises(InvalidInput, match="order_by"):
        page(people, order_by=order_by)
