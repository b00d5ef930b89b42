"""Fetches from servers of every protocol that gives files, of other makes than ours."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

import pytest

from chassis.database import Database
from services.delivery.domain.destinations import Method
from services.delivery.domain.fetching import AfterCommit, fetched_id
from services.delivery.domain.transfer_options import TransferOptions
from tests.conftest import SilentBell
from tests.delivery.far_end import FarEnd
from tests.delivery.fetch_house import Consumer, FetchHouse, Gone
from tests.delivery.ftp_end import FtpEnd
from tests.delivery.imap_end import ImapEnd

BIG = os.urandom(1_500_000)


@dataclass
class Folder:
    """A server's folder of files."""

    method: Method
    files: Callable[[], dict[str, bytes]]
    root: Path

    def put(self, name: str, content: bytes) -> None:
        (self.root / name).write_bytes(content)

    def lying(self) -> dict[str, bytes]:
        return {name: content for name, content in self.files().items() if "/" not in name}

    def archived(self) -> dict[str, bytes]:
        return {name.split("/")[1]: content for name, content in self.files().items() if name.startswith("archive/")}


@dataclass
class Box:
    """An account of messages, each with one file."""

    end: ImapEnd
    method: Method

    def put(self, name: str, content: bytes) -> None:
        message = EmailMessage()
        message["Subject"] = "Commande"
        message.set_content("Bonjour")
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        self.end.put(message)

    def lying(self) -> dict[str, bytes]:
        return self._files("INBOX")

    def archived(self) -> dict[str, bytes]:
        return self._files("archive")

    def _files(self, folder: str) -> dict[str, bytes]:
        return {
            part.get_filename() or "": part.get_content()
            for message in self.end.messages(folder)
            for part in message.iter_attachments()
        }


@pytest.fixture(params=["sftp", "ftp", "imap"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder | Box]:
    if request.param == "sftp":
        sftp = FarEnd(tmp_path / "far")
        sftp.start()
        yield Folder(sftp.method(), sftp.files, sftp.root)
        sftp.close()
    elif request.param == "ftp":
        ftp = FtpEnd(tmp_path / "far")
        ftp.start()
        yield Folder(ftp.method(), ftp.files, ftp.root)
        ftp.stop()
    else:
        imap = ImapEnd()
        imap.start()
        yield Box(imap, imap.method())
        imap.close()


@pytest.fixture
def house(
    make_database: Callable[[str | None], Database], bell: SilentBell, tmp_path: Path, place: Folder | Box
) -> FetchHouse:
    made = FetchHouse(make_database("services.delivery.storage.migrations"), bell, tmp_path)
    with made.work() as work:
        work.destinations.add("server", "Server", place.method, TransferOptions())
    return made


def test_files_come_whole_and_are_archived(house: FetchHouse, place: Folder | Box) -> None:
    files = {"big.csv": BIG, "empty.csv": b"", "été.csv": b"a;b\n"}
    for name, content in {**files, "note.txt": b"no"}.items():
        place.put(name, content)
    received = house.received(destination="server", pattern="*.csv")
    assert received.contents == files
    assert [(each.cleared, each.message) for each in received.done] == [(True, "")] * 3
    assert (place.lying(), place.archived()) == ({"note.txt": b"no"}, files)
    assert house.received(destination="server", pattern="*.csv").names == []


def test_files_are_deleted(house: FetchHouse, place: Folder | Box) -> None:
    place.put("a.csv", b"1")
    assert house.received(destination="server", after_commit=AfterCommit.DELETE).done[0].cleared
    assert place.lying() == {}


def test_a_left_file_comes_once(house: FetchHouse, place: Folder | Box) -> None:
    place.put("a.csv", b"1")
    assert house.received(destination="server", after_commit=AfterCommit.LEAVE).names == ["a.csv"]
    assert house.received(destination="server", after_commit=AfterCommit.LEAVE).names == []
    assert place.lying() == {"a.csv": b"1"}


def test_what_was_committed_comes_no_more_and_is_taken_away(house: FetchHouse, place: Folder | Box) -> None:
    place.put("a.csv", b"1")
    house.received(destination="server", after_commit=AfterCommit.LEAVE)
    assert house.received(destination="server").names == []
    assert (place.lying(), place.archived()) == ({}, {"a.csv": b"1"})


def test_what_is_not_committed_stays(house: FetchHouse, place: Folder | Box) -> None:
    place.put("a.csv", b"1")
    bad = fetched_id("server", "a.csv", sha256(b"1").hexdigest())
    assert not house.received(Consumer(commits=lambda file: file != bad), destination="server").done[0].cleared
    assert place.lying() == {"a.csv": b"1"}


def test_a_consumer_that_goes_in_mid_file_leaves_no_connection_in_disorder(
    house: FetchHouse, place: Folder | Box
) -> None:
    place.put("big.csv", BIG)
    looks = iter([False] * (2 if isinstance(place, Box) else 4))

    class Going(Consumer):
        def check(self) -> None:
            self.gone = next(looks, True)
            super().check()

    with pytest.raises(Gone):
        house.received(Going(), destination="server")
    assert house.received(destination="server").contents == {"big.csv": BIG}
