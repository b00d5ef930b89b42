"""Files that become messages: each is given once, and what may have arrived is never given silently again."""

from uuid import UUID

import pytest

from chassis.operations import OperationState
from services.delivery.application.ports import Milestone
from services.delivery.domain.destinations import Email, Imap, Method, Security, ServerPath, Trust
from services.delivery.domain.failures import MailAway
from services.delivery.domain.file_failures import MailRefused, MailUncertain, MailWaiting, RefusedByServer
from services.delivery.domain.logins import Login
from tests.delivery.house import House
from tests.delivery.witnesses import Died

EMAIL = Email(recipients=("a@example.org",), subject="Ventes", server=None)
IMAP = Imap(
    host="imap.example.org",
    port=993,
    user_name="shop",
    security=Security.IMPLICIT,
    trust=Trust(unverified=True),
    folder="Ventes",
    login=Login(password="geheim"),
)


@pytest.fixture(params=[EMAIL, IMAP], ids=["e-mail", "imap"])
def method(request: pytest.FixtureRequest) -> Method:
    given: Method = request.param
    return given


def sealed(house: House, *names: str) -> UUID:
    files = [house.stage(name.encode(), file_name=name, ordinal=place) for place, name in enumerate(names)]
    return house.seal(*files, destination="shop")


def test_files_are_given_in_their_order_over_one_connection(house: House, method: Method) -> None:
    house.destination("shop", method)
    sealed(house, "b.csv", "a.csv", "b.csv2")
    house.drain()
    assert house.posts.letters == [("b.csv", b"b.csv"), ("a.csv", b"a.csv"), ("b.csv2", b"b.csv2")]
    assert house.posts.opened == 1
    assert house.posts.repeated == [False] * 3
    assert house.states() == dict.fromkeys(("b.csv", "a.csv", "b.csv2"), "DELIVERED")
    assert house.on_disk() == []


@pytest.mark.parametrize("milestone", Milestone)
def test_whatever_dies_when_each_message_is_there_once(house: House, method: Method, milestone: Milestone) -> None:
    house.destination("shop", method)
    sealed(house, "a.csv", "b.csv")
    for times in (1, 2):
        house.milestones.die_at, house.milestones.times = milestone, times
        try:
            house.drain()
        except Died:
            house.takeover()
        house.milestones.die_at = None
    house.drain()
    assert house.posts.letters == [("a.csv", b"a.csv"), ("b.csv", b"b.csv")]
    assert set(house.states().values()) == {"DELIVERED"}
    if milestone is Milestone.WRITTEN:
        assert True in house.posts.repeated


def test_a_message_that_may_have_arrived_is_parked_at_once_and_told(house: House) -> None:
    house.destination("shop", EMAIL)
    attempt = sealed(house, "waits.csv", "a.csv", "b.csv")
    house.posts.refusals["waits.csv"] = MailWaiting("mails/2", "queued")
    house.posts.refusals["a.csv"] = MailUncertain("mails/1", "the connection broke")
    house.drain("sending")
    assert house.states() == {"waits.csv": "SEALED", "a.csv": "PARKED", "b.csv": "DELIVERED"}
    error = house.operation(attempt).error
    assert error is not None
    assert error.reason == "PARKED_IN_SPOOL"
    message, remedy, decide = error.message.splitlines()
    assert message.startswith("Le message mails/1 est peut-être arrivé")
    assert remedy.startswith("Demandez au destinataire")
    assert decide.startswith("1 fichier(s) mis de côté (a.csv est le premier)")
    assert """--filter 'run = "runs/1" AND state = PARKED'`""" in decide
    house.posts.refusals.pop("waits.csv")
    house.come()
    house.drain()
    assert house.states() == {"waits.csv": "DELIVERED", "a.csv": "PARKED", "b.csv": "DELIVERED"}
    assert house.count("SELECT count(*) FROM operation WHERE state = 'queued'") == 0
    assert house.count("SELECT count(*) FROM journal_entry WHERE level = 'error'") == 1


def test_a_refused_message_is_another_the_next_time_and_a_waiting_one_is_not(house: House) -> None:
    house.destination("shop", EMAIL)
    sealed(house, "a.csv", "b.csv")
    house.posts.refusals["a.csv"] = MailRefused("mails/1", "550 no such user")
    house.posts.refusals["b.csv"] = MailWaiting("mails/2", "queued")
    house.drain()
    assert house.states() == {"a.csv": "SEALED", "b.csv": "SEALED"}
    assert house.count("SELECT mails FROM spool_file WHERE file_name = 'a.csv'") == 1
    assert house.count("SELECT mails FROM spool_file WHERE file_name = 'b.csv'") == 0
    house.posts.refusals.clear()
    house.come()
    house.drain()
    assert house.posts.repeated == [True, True]
    assert set(house.states().values()) == {"DELIVERED"}


def test_mail_that_does_not_answer_fails_all_that_is_left(house: House) -> None:
    house.destination("shop", EMAIL)
    sealed(house, "a.csv", "b.csv", "c.csv")
    house.posts.refusals["b.csv"] = MailAway("connection refused")
    house.drain()
    assert house.states() == {"a.csv": "DELIVERED", "b.csv": "SEALED", "c.csv": "SEALED"}
    assert house.meter.failures == ["MAIL_AWAY"] * 2


def test_a_newer_message_does_not_wait_for_an_older_one_of_its_name(house: House) -> None:
    house.destination("shop", EMAIL)
    old = house.stage(b"old", file_name="same.csv", run=1)
    house.seal(old, destination="shop", run=1)
    house.spool.path(old.task, old.id).write_bytes(b"0ld")
    house.drain("sending")
    house.seal(house.stage(b"new", file_name="same.csv", run=2), destination="shop", run=2)
    house.drain("sending")
    assert house.posts.letters == [("same.csv", b"new")]


def test_a_renaming_recorded_where_files_went_before_is_no_message(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    sealed(house, "a.csv")
    house.milestones.die_at = Milestone.RENAMED
    with pytest.raises(Died):
        house.drain()
    house.change("shop", EMAIL)
    house.takeover()
    house.drain()
    assert house.posts.letters == [("a.csv", b"a.csv")]


def given_up(house: House) -> list[tuple[str, str]]:
    """What mail is asked to keep back when the only file is given up."""
    with house.work() as work:
        (file,) = work.sendings.files_of(1, ())
        house.discard_file(work, file, "mauvais jour", "marie")
    return house.posts.given_up


def test_a_file_given_up_takes_its_messages_with_it_wherever_the_destination_leads_now(house: House) -> None:
    house.destination("shop", EMAIL)
    house.posts.refusals["a.csv"] = MailWaiting("mails/1", "")
    sealed(house, "a.csv")
    house.drain()
    house.change("shop", ServerPath(folder=str(house.outgoing)))
    assert given_up(house) == [("a.csv", "fichier abandonné par marie : mauvais jour")]


def test_mail_is_not_asked_for_a_file_that_it_has_never_had(house: House) -> None:
    house.destination("shop", IMAP)
    house.posts.refusals["a.csv"] = RefusedByServer("a.csv", "no")
    sealed(house, "a.csv")
    house.drain()
    assert given_up(house) == []


def test_mail_is_not_asked_for_a_file_that_nobody_has_tried_to_send(house: House) -> None:
    house.destination("shop", EMAIL)
    sealed(house, "a.csv")
    assert given_up(house) == []


def test_in_training_nothing_is_posted(house: House, method: Method) -> None:
    house.destination("shop", method)
    house.seal(house.stage(b"practice", file_name="a.csv", mode="training"), destination="shop", mode="training")
    house.drain()
    assert house.posts.opened == 0
    assert (house.sandbox / "shop" / "a.csv").read_bytes() == b"practice"


def test_what_should_not_stay_so_is_told_in_the_journal_once_a_batch(house: House) -> None:
    house.destination("shop", IMAP)
    sealed(house, "a.csv", "b.csv")
    house.drain()
    warning = house.texts.get("warning.CERTIFICATE_UNVERIFIED", "fr")
    assert [line for line in house.journal() if warning in line] == [f"destinations/shop : {warning}"]


def test_a_sending_by_post_ends_as_its_files_did(house: House) -> None:
    house.destination("shop", EMAIL)
    house.posts.refusals["a.csv"] = MailRefused("mails/1", "550 no such user")
    attempt = house.seal(house.stage(b"x", file_name="a.csv"), destination="shop")
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.FAILED
