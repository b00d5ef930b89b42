"""How files of an SFTP server get their names, on servers of every habit."""

import asyncssh
import pytest

from services.delivery.domain.failures import CannotRename, CarryFailed, ConnectionLost, FolderMissing
from services.delivery.domain.file_failures import AlreadyThere, RefusedByServer, TemporaryMissing
from tests.delivery.far_end import FarEnd, hide_extensions
from tests.delivery.gateways.sftp.sending import carrier_of

PAIR = [("a.part", "a.csv")]


def lay(far_end: FarEnd, **files: bytes) -> None:
    for name, content in files.items():
        (far_end.root / name.replace("_", ".")).write_bytes(content)


@pytest.fixture(params=["posix-rename", "plain"])
def habit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether the server can replace a file in one step."""
    if request.param == "plain":
        hide_extensions(monkeypatch, "posix-rename")
    return str(request.param)


@pytest.mark.usefixtures("habit")
class TestReplacing:
    """In the place of what bears the name."""

    def test_many_get_their_names_whatever_bore_them(self, far_end: FarEnd) -> None:
        pairs = [(f"{number}.part", f"{number}.csv") for number in range(200)]
        for number in range(200):
            (far_end.root / f"{number}.part").write_bytes(str(number).encode())
            if number % 3 == 0:
                (far_end.root / f"{number}.csv").write_bytes(b"yesterday")
        with carrier_of(far_end) as carrier:
            assert carrier.rename(pairs, replace=True) == [None] * 200
        assert far_end.files() == {f"{number}.csv": str(number).encode() for number in range(200)}

    def test_a_repeat_says_that_the_temporary_is_gone_and_removes_nothing(self, far_end: FarEnd) -> None:
        lay(far_end, a_csv=b"delivered", b_part=b"new")
        with carrier_of(far_end) as carrier:
            gone, done = carrier.rename([*PAIR, ("b.part", "b.csv")], replace=True)
        assert isinstance(gone, TemporaryMissing)
        assert done is None
        assert far_end.files() == {"a.csv": b"delivered", "b.csv": b"new"}

    def test_a_folder_that_bears_the_name_is_refused(self, far_end: FarEnd) -> None:
        lay(far_end, a_part=b"x")
        (far_end.root / "a.csv").mkdir()
        with carrier_of(far_end) as carrier:
            (outcome,) = carrier.rename(PAIR, replace=True)
        assert isinstance(outcome, RefusedByServer)
        assert far_end.files() == {"a.part": b"x"}

    def test_a_folder_that_is_gone_is_no_delivery(self, far_end: FarEnd) -> None:
        with carrier_of(far_end.method(folder="gone")) as carrier, pytest.raises(FolderMissing):
            carrier.rename(PAIR, replace=True)

    def test_no_such_file_is_not_believed_while_the_file_is_seen(self, far_end: FarEnd) -> None:
        lay(far_end, a_part=b"x")

        def lie(request: str, name: str) -> None:
            if request in {"rename", "posix_rename"}:
                raise asyncssh.SFTPNoSuchFile("something else is missing")

        far_end.behaviour.meets = lie
        with carrier_of(far_end) as carrier:
            (outcome,) = carrier.rename(PAIR, replace=True)
        assert isinstance(outcome, RefusedByServer)

    def test_a_name_that_belongs_to_another_is_refused_alone(self, far_end: FarEnd) -> None:
        lay(far_end, a_part=b"x", b_part=b"y")

        def protect(request: str, name: str) -> None:
            if request in {"rename", "posix_rename"} and name == "a.csv":
                raise asyncssh.SFTPPermissionDenied("it belongs to another")

        far_end.behaviour.meets = protect
        with carrier_of(far_end) as carrier:
            refused, done = carrier.rename([*PAIR, ("b.part", "b.csv")], replace=True)
        assert isinstance(refused, RefusedByServer)
        assert done is None
        assert far_end.files() == {"a.part": b"x", "b.csv": b"y"}

    @pytest.mark.parametrize("replace", [True, False])
    def test_a_server_that_renames_nothing_is_named(self, far_end: FarEnd, replace: bool) -> None:
        lay(far_end, a_part=b"x")

        def refuse(request: str, name: str) -> None:
            if request in {"rename", "posix_rename"}:
                raise asyncssh.SFTPOpUnsupported("operation unsupported")

        far_end.behaviour.meets = refuse
        with carrier_of(far_end) as carrier, pytest.raises(CannotRename):
            carrier.rename(PAIR, replace=replace)

    @pytest.mark.parametrize("replace", [True, False])
    def test_a_connection_that_ends_after_the_renaming_is_lost_and_a_repeat_finds_it(
        self, far_end: FarEnd, replace: bool
    ) -> None:
        lay(far_end, a_part=b"x")
        far_end.behaviour.after_rename = far_end.drop
        with carrier_of(far_end) as carrier, pytest.raises(ConnectionLost):
            carrier.rename(PAIR, replace=replace)
        far_end.behaviour.after_rename = lambda: None
        with carrier_of(far_end) as carrier:
            (outcome,) = carrier.rename(PAIR, replace=replace)
        assert isinstance(outcome, TemporaryMissing)
        assert far_end.files() == {"a.csv": b"x"}


def test_an_extension_that_is_named_and_cannot_be_done_is_done_in_steps(far_end: FarEnd) -> None:
    lay(far_end, a_part=b"today", a_csv=b"yesterday")

    def refuse(request: str, name: str) -> None:
        if request == "posix_rename":
            raise asyncssh.SFTPOpUnsupported("no")

    far_end.behaviour.meets = refuse
    with carrier_of(far_end) as carrier:
        assert carrier.rename(PAIR, replace=True) == [None]
    assert far_end.files() == {"a.csv": b"today"}


def test_a_server_that_hides_its_files_and_refuses_is_never_taken_for_a_delivery(
    far_end: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_extensions(monkeypatch, "posix-rename")
    lay(far_end, a_part=b"today", a_csv=b"yesterday")

    def hide(request: str, name: str) -> None:
        if request in {"stat", "lstat"}:
            raise asyncssh.SFTPNoSuchFile("nobody looks here")

    far_end.behaviour.meets = hide
    with carrier_of(far_end) as carrier:
        (outcome,) = carrier.rename(PAIR, replace=True)
    assert isinstance(outcome, CarryFailed)
    assert not isinstance(outcome, TemporaryMissing)
    assert far_end.files() == {"a.part": b"today", "a.csv": b"yesterday"}


def test_without_replacing_what_bears_the_name_stays(far_end: FarEnd) -> None:
    lay(far_end, a_part=b"x", a_csv=b"there", b_part=b"y")
    with carrier_of(far_end) as carrier:
        taken, done = carrier.rename([*PAIR, ("b.part", "b.csv")], replace=False)
    assert isinstance(taken, AlreadyThere)
    assert done is None
    assert far_end.files() == {"a.part": b"x", "a.csv": b"there", "b.csv": b"y"}


def test_without_replacing_a_dangling_link_bears_its_name_too(far_end: FarEnd) -> None:
    lay(far_end, a_part=b"x")
    (far_end.root / "a.csv").symlink_to("nowhere")
    with carrier_of(far_end) as carrier:
        (outcome,) = carrier.rename(PAIR, replace=False)
    assert isinstance(outcome, AlreadyThere)


def test_without_replacing_somebody_who_was_quicker_wins(far_end: FarEnd) -> None:
    lay(far_end, a_part=b"x")

    def be_quicker(request: str, name: str) -> None:
        if request == "rename":
            (far_end.root / "a.csv").write_bytes(b"quicker")
            raise asyncssh.SFTPFailure("it exists")

    far_end.behaviour.meets = be_quicker
    with carrier_of(far_end) as carrier:
        (outcome,) = carrier.rename(PAIR, replace=False)
    assert isinstance(outcome, AlreadyThere)
    assert far_end.files() == {"a.part": b"x", "a.csv": b"quicker"}
