"""VerifyDestination over a real server: what is tried, what it answers, and what it never does."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import asyncssh
import grpc
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from backroom.delivery.v1 import delivery_pb2 as pb
from services.delivery.wiring import VERIFYING_AT_ONCE
from tests.delivery.far_end import FarEnd
from tests.delivery.rpc.asking import create, folder, reason, refusal, sftp, verify
from tests.delivery.rpc.conftest import Served


def journal(served: Served) -> list[tuple[str, str, str]]:
    with served.runtime.database.begin() as connection:
        rows = connection.execute(sa.text("SELECT user_name, level, text FROM journal_entry ORDER BY number"))
        return [(row.user_name, row.level, row.text) for row in rows]


def test_a_folder_is_tried_all_the_way_and_nothing_of_it_stays(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end, folder="in"))
    answer = verify(served, name="destinations/shop")
    assert answer == pb.VerifyDestinationResponse(verified=True)
    ((old, new),) = far_end.behaviour.renames
    assert old == new + b".part"
    UUID(new.decode().rpartition(".backroom-probe-")[2])
    assert far_end.files() == {}
    assert journal(served) == [
        (
            "operator",
            "information",
            f"Destination destinations/shop vérifiée (sftp://backroom@127.0.0.1:{far_end.port}/in)",
        )
    ]


def test_a_folder_of_the_server_is_tried_as_well(served: Served) -> None:
    place = folder(served)
    assert verify(served, place).verified
    assert list(Path(place.server_path.folder).iterdir()) == []
    outside = served.var.parent / "outside"
    outside.mkdir()
    (served.var / "outgoing" / "link").symlink_to(outside)
    assert reason(served, folder(served, "link")) == "FOLDER_NOT_ALLOWED"
    missing = folder(served, "missing")
    missing.transfer_options.folder_must_exist = True
    assert reason(served, missing) == "FOLDER_MISSING"
    assert not Path(missing.server_path.folder).exists()


def test_the_first_contact_answers_the_key_for_a_person_to_approve(served: Served, far_end: FarEnd) -> None:
    draft = sftp(far_end, host_key="")
    answer = verify(served, draft)
    assert (answer.verified, answer.reason) == (False, "HOST_KEY_UNKNOWN")
    assert answer.host_key == far_end.host_key_line()
    assert answer.host_key_fingerprint == far_end.fingerprint()
    assert far_end.fingerprint() in answer.message
    draft.sftp.host_key = answer.host_key
    assert verify(served, draft).verified
    assert create(served, draft).sftp.host_key == answer.host_key


def test_a_key_that_has_changed_is_answered_with_the_new_one(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end, host_key="SHA256:" + "A" * 43))
    answer = verify(served, name="destinations/shop")
    assert answer.reason == "HOST_KEY_CHANGED"
    assert (answer.host_key, answer.host_key_fingerprint) == (far_end.host_key_line(), far_end.fingerprint())


def key(kind: str, passphrase: str | None = None) -> str:
    made = asyncssh.generate_private_key(kind)
    return made.export_private_key("openssh", passphrase=passphrase).decode()


def test_each_trouble_with_a_key_has_its_code(served: Served, far_end: FarEnd) -> None:
    protected = key("ssh-ed25519", "opensesame")
    odd = ec.generate_private_key(ec.SECP256K1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    cases = {
        "KEY_NEEDS_PASSPHRASE": {"private_key": protected, "password": "privkey://"},
        "KEY_UNREADABLE": {"private_key": protected, "password": "privkey://:wrong"},
        "KEY_REFUSED": {"private_key": key("ssh-ed25519"), "password": ""},
        "KEY_TYPE_NOT_SUPPORTED": {"private_key": "PuTTY-User-Key-File-3: ssh-rsa", "password": ""},
        "NOT_LOGGED_IN": {"password": "wrong"},
    }
    for code, fields in cases.items():
        answer = verify(served, sftp(far_end, **fields))
        assert (answer.verified, answer.reason) == (False, code)
        for secret in fields.values():
            assert not secret.startswith("-----") or secret.splitlines()[1] not in str(answer)
    answer = verify(served, sftp(far_end, private_key=odd.decode(), password=""))
    assert (answer.reason, "secp256k1" in answer.message) == ("KEY_TYPE_NOT_SUPPORTED", True)
    words = verify(served, sftp(far_end, private_key=protected, password="privkey://")).message
    assert words.startswith("private key is encrypted but passphrase is empty")


def test_secrets_whose_key_is_gone_are_told(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end))
    with served.runtime.database.begin() as connection:
        connection.execute(sa.text("UPDATE destination SET secrets = 'no longer read'"))
    assert verify(served, name="destinations/shop").reason == "SECRET_LOST"


def test_what_the_far_end_does_not_let_us_do_has_its_code(served: Served, far_end: FarEnd) -> None:
    def meets(request: str, failure: Callable[[], asyncssh.SFTPError]) -> None:
        def meet(asked: str, name: str) -> None:
            if asked == request and ".backroom-probe" in name:
                raise failure()

        far_end.behaviour.meets = meet

    draft = sftp(far_end, folder="in")
    draft.transfer_options.folder_must_exist = True
    assert reason(served, draft) == "FOLDER_MISSING"
    assert not (far_end.root / "in").exists()
    draft.transfer_options.folder_must_exist = False
    meets("open", lambda: asyncssh.SFTPPermissionDenied("not yours"))
    assert reason(served, draft) == "NO_PERMISSION"
    meets("write", lambda: asyncssh.SFTPFailure("No space left on device"))
    assert reason(served, draft) == "DISK_FULL"
    meets("posix_rename", lambda: asyncssh.SFTPPermissionDenied("no renaming here"))
    assert reason(served, draft) == "CANNOT_RENAME"
    assert far_end.files() == {}
    draft.transfer_options.write_directly = True
    far_end.behaviour.renames.clear()
    assert verify(served, draft).verified
    assert far_end.behaviour.renames == []
    assert far_end.files() == {}


def test_a_probe_that_cannot_be_deleted_is_told(served: Served, far_end: FarEnd) -> None:
    def meet(asked: str, name: str) -> None:
        if asked == "remove":
            raise asyncssh.SFTPPermissionDenied("write only")

    far_end.behaviour.meets = meet
    answer = verify(served, sftp(far_end))
    assert answer.verified
    (warning,) = answer.warnings
    assert warning.startswith("The trial file")
    (name,) = far_end.files()
    assert name.startswith(".backroom-probe-")


def test_a_probe_is_taken_away_over_a_second_connection_where_the_first_broke(served: Served, far_end: FarEnd) -> None:
    far_end.behaviour.after_rename = far_end.drop
    answer = verify(served, sftp(far_end))
    assert answer.reason == "CONNECTION_LOST"
    assert list(answer.warnings) == []
    assert far_end.files() == {}


def test_a_draft_uses_stored_secrets_only_at_the_server_they_are_of(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end))
    draft = sftp(far_end, password="", folder="typed")
    assert verify(served, draft, "destinations/shop").verified
    assert (far_end.root / "typed").is_dir()
    for name, value in {"host": "localhost", "port": far_end.port + 1, "user_name": "other"}.items():
        elsewhere = sftp(far_end, password="")
        setattr(elsewhere.sftp, name, value)
        with pytest.raises(grpc.RpcError) as caught:
            verify(served, elsewhere, "destinations/shop")
        assert refusal(caught.value) == ("INVALID_ARGUMENT", "INVALID_INPUT", ["destination.sftp.password"])
        assert "give this secret again" in str(caught.value)


def test_what_is_asked_wrongly_is_refused(served: Served, far_end: FarEnd) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        verify(served)
    assert refusal(caught.value)[2] == ["name"]
    with pytest.raises(grpc.RpcError) as caught:
        verify(served, name="destinations/nobody")
    assert refusal(caught.value)[0] == "NOT_FOUND"
    with pytest.raises(grpc.RpcError) as caught:
        verify(served, pb.Destination())
    assert refusal(caught.value)[2] == ["destination.method"]
    with pytest.raises(grpc.RpcError) as caught:
        verify(served, sftp(far_end), role="viewer")
    assert refusal(caught.value)[0] == "PERMISSION_DENIED"


def test_few_are_verified_at_once_and_the_rest_is_told_to_come_again(served: Served, far_end: FarEnd) -> None:
    draft = sftp(far_end)
    with socket.create_server(("127.0.0.1", 0)) as mute, ExitStack() as held:
        mute.settimeout(10)
        draft.sftp.port = mute.getsockname()[1]
        request = pb.VerifyDestinationRequest(destination=draft)
        waiting = [served.delivery().VerifyDestination.future(request) for _ in range(VERIFYING_AT_ONCE)]
        for _ in waiting:
            held.enter_context(mute.accept()[0])
        with pytest.raises(grpc.RpcError) as refused:
            verify(served, folder(served))
        for each in waiting:
            each.cancel()
    assert refusal(refused.value)[:2] == ("UNAVAILABLE", "UNAVAILABLE")


def test_secrets_are_in_no_answer_and_no_journal(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end, password="s3cret"))
    answers = [
        verify(served, name="destinations/shop"),
        verify(served, sftp(far_end, password="wr0ng-secret")),
        verify(served, sftp(far_end, private_key=key("ssh-ed25519"), password="")),
    ]
    told = "".join(map(str, [*answers, journal(served)]))
    assert "s3cret" not in told
    assert "wr0ng-secret" not in told
    assert "PRIVATE KEY" not in told
