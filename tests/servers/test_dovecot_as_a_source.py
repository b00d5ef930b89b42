"""Dovecot's folders as a source of files."""

import pytest

from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.gateways.imap.source import open_imap_source
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.parcels import PRODUCED, parcel_of
from tests.servers.dovecot import Dovecot
from tests.servers.test_dovecot import contents, courier, dovecot, send, slash  # noqa: F401  # fixtures among them


def test_attachments_are_fetched_archived_and_deleted(dovecot: Dovecot) -> None:  # noqa: F811  # the fixture
    files = {f"é{number}.csv": bytes([number]) * 10 ** (number + 4) for number in range(3)}
    send(dovecot, "in", *(parcel_of(name, [content]) for name, content in files.items()))
    with open_imap_source(dovecot.method("in"), GATE, PATIENCE) as source:
        first, second, third = offered = source.offered()
        assert {each.name: b"".join(source.read(each)) for each in offered} == files
        assert [each.modify_time for each in offered] == [PRODUCED] * 3
        for _ in range(2):
            source.archive(first.container, "Traités/Été & Co")
            source.delete(second.container)
        assert [each.key for each in source.offered()] == [third.key]
    assert set(contents(dovecot, ".in")) == {"é2.csv"}
    assert all("S" not in path.name.rpartition(":2,")[2] for path in dovecot.paths(".in"))
    assert contents(dovecot, ".Trait&AOk-s.&AMk-t&AOk- &- Co") == {"é0.csv": files["é0.csv"]}


def test_a_folder_is_not_archived_into_itself_by_another_name(courier: Dovecot) -> None:  # noqa: F811  # the fixture
    courier.clear()
    send(courier, "in", parcel_of("a.csv", [b"x"]))
    with open_imap_source(courier.method("in"), GATE, PATIENCE) as source:
        (offered,) = source.offered()
        for name in ("in", "INBOX/in"):
            with pytest.raises(RefusedByServer, match="fetched from"):
                source.archive(offered.container, name)
        assert [each.key for each in source.offered()] == [offered.key]


def test_a_folder_made_anew_gives_old_places_to_nobody(dovecot: Dovecot) -> None:  # noqa: F811  # the fixture
    send(dovecot, "in", parcel_of("a.csv", [b"x"]))
    with open_imap_source(dovecot.method("in"), GATE, PATIENCE) as source:
        (old,) = source.offered()
    dovecot.remake("in")
    send(dovecot, "in", parcel_of("b.csv", [b"y"]))
    with open_imap_source(dovecot.method("in"), GATE, PATIENCE) as source:
        source.delete(old.container)
        source.archive(old.container, "archive")
        (new,) = source.offered()
        assert new.key != old.key


def test_a_file_that_is_gone_is_told(dovecot: Dovecot) -> None:  # noqa: F811  # the fixture
    send(dovecot, "in", parcel_of("a.csv", [b"x"]))
    with open_imap_source(dovecot.method("in"), GATE, PATIENCE) as source:
        (offered,) = source.offered()
        with open_imap_source(dovecot.method("in"), GATE, PATIENCE) as other:
            other.delete(offered.container)
        with pytest.raises(RefusedByServer, match="gone"):
            list(source.read(offered))
