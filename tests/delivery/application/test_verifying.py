"""A destination is tried all the way, whatever its far end does, and nothing of the try stays there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest

from chassis.errors import Unavailable
from services.delivery.application.far_ends import Arrived, Carrier, Upload
from services.delivery.application.verifying import Asked, Asker, Verdict, VerifyDestination
from services.delivery.domain.destinations import Destination, Email, Imap, Security, ServerPath, Trust
from services.delivery.domain.failures import CarryFailed, FileFailed, NoPermission
from services.delivery.domain.file_failures import TemporaryMissing
from services.delivery.domain.logins import Login
from services.delivery.gateways.places import Places
from tests.delivery.house import House

IMAP = Imap(
    host="h",
    port=143,
    user_name="u",
    security=Security.NONE,
    trust=Trust(),
    folder="",
    login=Login(password="s3cret"),
)


@dataclass
class Odd:
    """A carrier over a real folder, of which a test replaces one part."""

    carrier: Carrier
    arrives: Callable[[Arrived], Arrived] = lambda arrived: arrived
    seen: Callable[[Mapping[str, int]], Mapping[str, int]] = lambda sizes: sizes
    renamed: Callable[[], FileFailed | None] = lambda: None
    removing: Callable[[], None] = lambda: None
    resumes: bool = False

    def prepare(self, *, make: bool) -> bool:
        return self.carrier.prepare(make=make)

    def remove(self, names: Sequence[str]) -> None:
        self.removing()
        self.carrier.remove(names)

    def write(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
        answers = self.carrier.write(uploads)
        return [self.arrives(each) if isinstance(each, Arrived) else each for each in answers]

    def sizes(self, names: Sequence[str]) -> Mapping[str, int]:
        return self.seen(self.carrier.sizes(names))

    def rename(self, pairs: Sequence[tuple[str, str]], *, replace: bool) -> Sequence[FileFailed | None]:
        refused = self.renamed()
        return self.carrier.rename(pairs, replace=replace) if refused is None else [refused]

    def check(self, *, make: bool) -> None:
        self.carrier.check(make=make)


def one_place() -> Places:
    return Places(1, lambda: Unavailable("try again"))


def use_case(house: House, places: Places | None = None) -> VerifyDestination:
    return VerifyDestination(
        open_work=house.work,
        carriers=house.open_carrier,
        posts=house.posts,
        roots=house.roots,
        texts=house.texts,
        locale="fr",
        places=places or one_place(),
    )


def verify(house: House, asker: Asker | None = None) -> Verdict:
    return use_case(house)(Asked(identifier="shop", edit=None), asker or Asker(user="marie"))


@pytest.fixture
def shop(house: House) -> Destination:
    return house.destination("shop", ServerPath(folder=str(house.outgoing / "in")))


def left(house: House) -> list[str]:
    return sorted(path.name for path in house.outgoing.rglob("*") if path.is_file())


def deny() -> None:
    raise NoPermission("/", "not here")


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ({"arrives": lambda _: Arrived(size_bytes=63)}, "NOT_VERIFIED"),
        ({"arrives": lambda _: Arrived(size_bytes=64, sha256="0" * 64)}, "HASH_NOT_VERIFIED"),
        ({"seen": lambda sizes: dict.fromkeys(sizes, 7)}, "NOT_VERIFIED"),
        ({"renamed": lambda: TemporaryMissing("x")}, "NOT_VERIFIED"),
        ({"seen": lambda _: {}, "arrives": lambda _: Arrived(size_bytes=None)}, None),
    ],
)
def test_what_arrives_has_to_be_what_was_sent(
    house: House, shop: Destination, odd: dict[str, Callable[..., object]], code: str | None
) -> None:
    house.around = lambda carrier: Odd(carrier, **odd)  # type: ignore[arg-type]  # one part, by its name
    verdict = verify(house)
    assert (verdict.failure.reason if verdict.failure else None) == code
    assert verdict.warnings == ()
    assert left(house) == []


@pytest.mark.parametrize("hidden", [False, True])
def test_a_probe_that_stays_is_told_unless_it_is_seen_to_be_gone(house: House, shop: Destination, hidden: bool) -> None:
    def removing() -> None:
        if hidden:
            for path in (house.outgoing / "in").iterdir():
                path.unlink()  # its receiver has taken it
        deny()

    house.around = lambda carrier: Odd(carrier, removing=removing)
    assert verify(house) == Verdict(warnings=() if hidden else ("warning.PROBE_LEFT",))
    assert bool(left(house)) is not hidden


def test_an_error_of_ours_leaves_nothing_there_either(house: House, shop: Destination) -> None:
    def renamed() -> FileFailed | None:
        raise ZeroDivisionError

    house.around = lambda carrier: Odd(carrier, renamed=renamed)
    places = one_place()
    with pytest.raises(ZeroDivisionError):
        use_case(house, places)(Asked(identifier="shop", edit=None), Asker(user="marie"))
    assert left(house) == []
    with places():  # it was given back
        pass


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_caller_who_has_gone_is_not_worked_for_and_is_in_the_journal(
    house: House, shop: Destination, steps: int
) -> None:
    asked: list[None] = []

    def over() -> bool:
        asked.append(None)
        return len(asked) > steps

    with pytest.raises(Unavailable):
        verify(house, Asker(user="marie", over=over))
    assert left(house) == []
    (entry,) = house.journal()
    assert entry.startswith("Vérification de la destination destinations/shop abandonnée")


def test_who_finds_no_place_comes_again(house: House, shop: Destination) -> None:
    places = one_place()
    with places(), pytest.raises(Unavailable):
        use_case(house, places)(Asked(identifier="shop", edit=None), Asker(user="marie"))
    assert use_case(house, places)(Asked(identifier="shop", edit=None), Asker(user="marie")).failure is None


def test_no_transaction_is_open_while_the_outside_is_called(house: House, shop: Destination) -> None:
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    seen: list[int] = []

    def removing() -> None:
        seen.append(house.count(count))

    house.around = lambda carrier: Odd(carrier, removing=removing)
    assert verify(house).failure is None
    assert seen == [0]


@pytest.mark.parametrize("refusal", [None, NoPermission("INBOX", "read-only")])
def test_what_holds_messages_gets_one_and_its_warnings_are_told(
    house: House, refusal: CarryFailed | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    probes: list[str] = []

    def deliver(probe: str) -> Sequence[str]:
        probes.append(probe)
        if refusal is not None:
            raise refusal
        return ("warning.LEGACY_MAIL_SERVER",)

    monkeypatch.setattr(house.posts, "verify", deliver)
    house.destination("shop", IMAP)
    verdict = verify(house)
    assert [probe.startswith(".backroom-probe-") for probe in probes] == [True]
    if refusal is None:
        assert verdict == Verdict(warnings=("warning.NO_TLS", "warning.LEGACY_MAIL_SERVER"))
    else:
        assert verdict.failure is not None
        assert (verdict.failure.reason, verdict.warnings) == ("NO_PERMISSION", ("warning.NO_TLS",))


def test_check_asks_what_holds_messages_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.destination("shop", Email(recipients=("a@example.com",), subject="x", server=None))
    assert house.check("shop") is None
    house.destination("other", Email(recipients=("a@example.com",), subject="x", server=None))
    monkeypatch.setattr(house.posts, "check", deny)
    failure = house.check("other")
    assert failure is not None
    assert failure.reason == "NO_PERMISSION"


def test_the_journal_says_who_tried_what_and_how_it_went(house: House, shop: Destination) -> None:
    verify(house)
    house.around = lambda carrier: Odd(carrier, arrives=lambda _: Arrived(size_bytes=63))
    verify(house, Asker(user="paul", peer="192.0.2.1:7"))
    with house.database.begin() as connection:
        rows = connection.exec_driver_sql("SELECT user_name, peer, level FROM journal_entry ORDER BY number").all()
    assert [tuple(row) for row in rows] == [("marie", "", "information"), ("paul", "192.0.2.1:7", "warning")]
    assert house.journal()[1].startswith("Destination destinations/shop vérifiée sans succès")
