"""Clients go in and come out as they were; an import says what it changed."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.database import Database
from services.clients.domain.client import Address, Client, ImportCount, Member
from services.clients.domain.consent import Consent, last_words
from tests.clients.conftest import Keep
from tests.clients.people import SAID, client, consent, whole_client

DAY = timedelta(days=1)


def test_a_client_comes_out_as_it_went_in(keep: Keep) -> None:
    keep.import_all(whole_client(), client("2"))
    assert keep.get("1") == whole_client()
    assert keep.get("2") == client("2")


def test_an_import_counts_what_was_new_changed_and_so_already(keep: Keep) -> None:
    assert keep.import_all(whole_client("1"), client("2")) == ImportCount(created=2)
    assert keep.import_all(whole_client("1"), client("2")) == ImportCount(unchanged=2)
    changed = client("2", title="Mlle")
    assert keep.import_all(client("3"), whole_client("1"), changed) == ImportCount(created=1, changed=1, unchanged=1)
    assert keep.get("2") == changed


@pytest.mark.parametrize(
    "change",
    [
        {"members": (Member(given_name="Anne"), Member(given_name="Paul"))},
        {"members": (Member(),)},
        {"billing_address": Address(city="Lille")},
        {"delivery_address": None},
        {"card": None},
        {"criteria": ("", "b")},
        {"family_name": ""},
    ],
)
def test_what_is_there_is_replaced_with_all_its_parts(keep: Keep, change: dict[str, object]) -> None:
    before = whole_client()
    after = Client(**({name: getattr(before, name) for name in Client.__slots__} | change))
    keep.import_all(before)
    assert keep.import_all(after) == ImportCount(changed=1)
    assert keep.get("1") == after


def test_a_change_moves_revision_and_update_time_and_a_repeat_does_not(keep: Keep) -> None:
    def kept() -> tuple[object, ...]:
        with keep.open_work() as work:
            found = work.clients.get(["1"])["1"]
            return found.revision, found.create_time, found.update_time

    keep.import_all(client())
    first = kept()
    keep.import_all(client())
    assert kept() == first
    keep.import_all(client(title="M."))
    second = kept()
    assert (second[0], second[1]) == (2, first[1])
    assert second[2] > first[2]  # type: ignore[operator]  # both are instants


def test_an_import_without_a_store_leaves_the_linked_one_and_one_with_a_store_sets_it(keep: Keep) -> None:
    keep.import_all(client())
    with keep.open_work() as work:
        assert work.clients.link_stores({"1": "367", "unknown": "4"}) == 1
    assert keep.import_all(client()) == ImportCount(unchanged=1)
    assert keep.import_all(client(title="M.")) == ImportCount(changed=1)
    assert keep.get("1").store == "367"
    assert keep.import_all(client(title="M.", store="9")) == ImportCount(changed=1)
    assert keep.get("1").store == "9"


def test_linking_touches_only_clients_linked_to_another_store(keep: Keep) -> None:
    keep.import_all(client("1", store="5"), client("2", store="5"), client("3"))
    with keep.open_work() as work:
        assert work.clients.link_stores({"3": "5", "2": "6", "1": "5"}) == 2
    with keep.open_work() as work:
        assert work.clients.link_stores({"3": "5", "2": "6", "1": "5"}) == 0
    assert keep.stores() == {"1": "5", "2": "6", "3": "5"}


def test_a_consent_withdrawn_after_the_imported_proof_stays_withdrawn(keep: Keep) -> None:
    withdrawn = consent(granted=False, when=SAID + DAY)
    keep.import_all(client(consents=(withdrawn,)))
    assert keep.import_all(client(consents=(consent(),))) == ImportCount(changed=1)
    assert keep.get("1").consents == (withdrawn,)
    assert words(keep.database, "1") == [consent(), withdrawn]


def test_a_consent_that_an_import_does_not_name_is_kept(keep: Keep) -> None:
    keep.import_all(client(consents=(consent(),)))
    keep.import_all(client())
    assert keep.get("1").consents == (consent(),)


WORDS = st.builds(
    lambda granted, day, option: consent(granted, SAID + day * DAY, option),
    st.booleans(),
    st.integers(0, 3),
    st.sampled_from(["sms", "email"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(WORDS, max_size=4), min_size=1, max_size=4))
def test_whatever_is_imported_in_whatever_order_the_last_words_count(
    keep: Keep, imports: Sequence[Sequence[Consent]]
) -> None:
    with keep.database.begin() as connection:
        count = connection.execute(sa.text("SELECT count(*) FROM client")).scalar_one()
    code = str(count + 1)
    for consents in imports:
        keep.import_all(client(code, consents=tuple(consents)))
    said = [each for consents in imports for each in consents]
    assert {each.option: each for each in keep.get(code).consents} == last_words(said)
    assert {(each.option, each.consent_time, each.granted) for each in words(keep.database, code)} == {
        (each.option, each.consent_time, each.granted) for each in said
    }


@pytest.mark.parametrize("change", ["UPDATE consent_history SET source = ''", "DELETE FROM consent_history"])
def test_the_history_of_consents_refuses_to_be_changed(keep: Keep, change: str) -> None:
    keep.import_all(client(consents=(consent(),)))
    with pytest.raises(sa.exc.DBAPIError, match="added to, never changed"), keep.database.begin() as connection:
        connection.exec_driver_sql(change)


def test_imports_and_links_of_the_same_clients_at_once_do_not_lock_each_other_up(keep: Keep) -> None:
    codes = [str(number) for number in range(300)]
    keep.import_all(*(client(code) for code in codes))

    def work(round_: int) -> None:
        order = codes if round_ % 2 else codes[::-1]
        if round_ % 3:
            keep.import_all(*(client(code, title=str(round_)) for code in order))
        else:
            with keep.open_work() as work:
                work.clients.link_stores(dict.fromkeys(order, str(round_)))

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(work, round_) for round_ in range(24)]:
            done.result()


def words(database: Database, code: str) -> list[Consent]:
    """Every word a client ever said, in the order of time."""
    query = sa.text(
        "SELECT option, granted, source, consent_time, text_version FROM consent_history"
        " WHERE client = :code ORDER BY consent_time, granted"
    )
    with database.begin() as connection:
        return [Consent(**row) for row in connection.execute(query, {"code": code}).mappings()]
