"""Files past the spool from outside, by the client that handlers use, over a real server to real far ends."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
import sqlalchemy as sa

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis import staging
from chassis.errors import RemoteRefused, Unavailable
from chassis.operations import Cancelled, OperatingMode
from chassis.staging import DeliveryStager
from services.delivery.rpc.calls import DeliveryCalls
from tests.delivery.far_end import FarEnd
from tests.delivery.ftp_end import PASSWORD as FTP_PASSWORD
from tests.delivery.ftp_end import USER as FTP_USER
from tests.delivery.ftp_end import FtpEnd
from tests.delivery.rpc.asking import create, folder, sending, sftp
from tests.delivery.rpc.conftest import Served
from tests.delivery.streaming import a_try
from tests.waiting import until

PIECES = [bytes([number]) * 700_000 for number in range(7)]
WHOLE = b"".join(PIECES)


@pytest.fixture
def ftp_end(tmp_path: Path) -> Iterator[FtpEnd]:
    end = FtpEnd(tmp_path / "ftp")
    end.start()
    yield end
    end.stop()


def journal(served: Served) -> list[str]:
    with served.runtime.database.begin() as connection:
        return list(connection.execute(sa.text("SELECT text FROM journal_entry ORDER BY number")).scalars())


def listed(served: Served) -> pb.File:
    (file,) = served.delivery().ListFiles(pb.ListFilesRequest()).files
    return file


def stager(served: Served) -> DeliveryStager:
    return DeliveryStager(served.channel("service"))


def test_a_handler_s_file_is_at_its_sftp_server_when_the_call_returns(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end, folder="in"))
    execution = a_try(served.runtime.database)
    sent = stager(served).send(execution, 0, "base.dump", PIECES)
    assert far_end.files() == {"in/base.dump": WHOLE}
    assert (sent.file_name, sent.size_bytes, sent.sha256) == ("base.dump", len(WHOLE), sha256(WHOLE).hexdigest())
    file = listed(served)
    assert (file.state, file.unspooled, file.file.size_bytes) == (pb.File.STATE_DELIVERED, True, len(WHOLE))
    assert stager(served).send(execution, 0, "base.dump", [b"something else"]) == sent
    (delivery,) = served.delivery().ListDeliveries(pb.ListDeliveriesRequest()).deliveries
    assert (delivery.state, delivery.attempt) == (pb.Delivery.STATE_DELIVERED, 1)
    assert list((served.var / "TMP").rglob("*")) == []


def test_a_server_path_gets_it_too_and_training_its_sandbox(served: Served) -> None:
    create(served, folder(served))
    execution = a_try(served.runtime.database, mode=OperatingMode.TRAINING)
    stager(served).send(execution, 0, "base.dump", PIECES)
    assert (served.var / "sandbox" / "shop" / "base.dump").read_bytes() == WHOLE
    other = a_try(served.runtime.database, attempt=str(uuid4()), run=5)
    stager(served).send(other, 0, "base.dump", PIECES)
    (path,) = (served.var / "outgoing" / "shop").iterdir()
    assert path.read_bytes() == WHOLE


def ftp(end: FtpEnd, *, directly: bool = False) -> pb.Destination:
    method = pb.Ftp(
        host=end.host,
        port=end.port,
        user_name=FTP_USER,
        password=FTP_PASSWORD,
        security=pb.CONNECTION_SECURITY_NONE,
    )
    return pb.Destination(display_name="Shop", ftp=method, transfer_options=pb.TransferOptions(write_directly=directly))


@pytest.mark.parametrize("directly", [False, True])
def test_an_ftp_server_gets_it_and_keeps_nothing_of_what_broke_off(
    served: Served, ftp_end: FtpEnd, directly: bool
) -> None:
    create(served, ftp(ftp_end, directly=directly))

    def broken() -> Iterator[bytes]:
        yield from PIECES
        until(lambda: ftp_end.files() != {})
        raise LookupError("pg_dump has died")

    with pytest.raises(LookupError):
        stager(served).send(a_try(served.runtime.database), 0, "base.dump", broken())
    until(lambda: listed(served).state == pb.File.STATE_DISCARDED)
    assert ftp_end.files() == {}
    stager(served).send(a_try(served.runtime.database, epoch=2), 0, "base.dump", PIECES)
    assert ftp_end.files() == {"base.dump": WHOLE}
    warned = [text for text in journal(served) if "en clair" in text]
    assert len(warned) == 2  # each sending says that password and files cross the network in clear


@pytest.mark.parametrize("answer", ["450 In use.", "550 Access is denied.", "553 Could not create file."])
def test_what_an_ftp_server_refuses_only_after_its_bytes_costs_nobody_yesterday_s(
    served: Served, ftp_end: FtpEnd, answer: str
) -> None:
    (ftp_end.root / "base.dump").write_bytes(b"yesterday's")
    create(served, ftp(ftp_end, directly=True))
    ftp_end.behaviour.answers = {"STOR": f"150 go on\r\n{answer}"}
    with pytest.raises(RemoteRefused):
        stager(served).send(a_try(served.runtime.database), 0, "base.dump", [b"today's"])
    assert "STOR base.dump" in ftp_end.behaviour.commands
    assert listed(served).state == pb.File.STATE_DISCARDED
    assert ftp_end.files() == {"base.dump": b"yesterday's"}


def test_what_an_ftp_server_has_got_half_of_does_not_stay_under_its_name(served: Served, ftp_end: FtpEnd) -> None:
    create(served, ftp(ftp_end, directly=True))
    ftp_end.behaviour.cut_after = 1 << 20
    ftp_end.behaviour.cut_answer = "426 Connection closed; transfer aborted."
    with pytest.raises(RemoteRefused) as caught:
        stager(served).send(a_try(served.runtime.database), 0, "base.dump", PIECES * 2)
    assert caught.value.remote_reason == "CONNECTION_LOST"
    assert "STOR base.dump" in ftp_end.behaviour.commands
    assert ftp_end.files() == {}


def test_a_refusal_crosses_with_its_reason_in_the_owner_s_language(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end, password="wrong"))
    with pytest.raises(RemoteRefused) as caught:
        stager(served).send(a_try(served.runtime.database), 0, "base.dump", PIECES)
    assert (caught.value.code, caught.value.remote_reason) == ("FAILED_PRECONDITION", "NOT_LOGGED_IN")
    assert "Vérifiez le nom d'utilisateur" in str(caught.value)
    assert listed(served).state == pb.File.STATE_DISCARDED


def test_what_the_source_raises_goes_out_as_it_is_and_nothing_stays(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end))

    def broken() -> Iterator[bytes]:
        yield from PIECES
        until(lambda: far_end.files() != {})
        raise LookupError("pg_dump has died")

    with pytest.raises(LookupError, match="pg_dump has died"):
        stager(served).send(a_try(served.runtime.database), 0, "base.dump", broken())
    until(lambda: listed(served).state == pb.File.STATE_DISCARDED)
    assert far_end.files() == {}
    stager(served).send(a_try(served.runtime.database, epoch=2), 0, "base.dump", PIECES)
    assert far_end.files() == {"base.dump": WHOLE}


def test_a_caller_that_goes_in_the_middle_leaves_nothing(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end))
    goes, gone = threading.Event(), threading.Event()

    def parts() -> Iterator[pb.SendFileRequest]:
        yield sending()
        yield pb.SendFileRequest(chunk=b"x" * 900_000)
        goes.set()
        gone.wait(20)

    call = served.delivery("service").SendFile.future(parts())
    assert goes.wait(10)
    until(lambda: far_end.files() != {})
    call.cancel()
    gone.set()
    until(lambda: listed(served).state == pb.File.STATE_DISCARDED)
    assert far_end.files() == {}


def test_a_far_end_that_goes_in_the_middle_is_told_and_its_temporary_is_cleared_by_the_next(
    served: Served, far_end: FarEnd
) -> None:
    create(served, sftp(far_end))

    def pieces() -> Iterator[bytes]:
        yield from PIECES
        until(lambda: far_end.files() != {})
        far_end.stop()
        yield from PIECES

    with pytest.raises(RemoteRefused) as caught:
        stager(served).send(a_try(served.runtime.database), 0, "base.dump", pieces())
    assert caught.value.remote_reason in ("CONNECTION_LOST", "CONNECTION_REFUSED")
    assert [name.startswith(".backroom-") for name in far_end.files()] == [True]
    far_end.start()
    stager(served).send(a_try(served.runtime.database, epoch=2), 0, "base.dump", PIECES)
    assert far_end.files() == {"base.dump": WHOLE}


def test_work_that_is_cancelled_while_the_far_end_takes_nothing_stops_at_once(
    served: Served, far_end: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(served, sftp(far_end))
    monkeypatch.setattr(staging, "LOOK", 0.05)
    stuck, on = threading.Event(), threading.Event()

    def wait(number: int) -> None:
        stuck.set()
        on.wait(20)

    far_end.behaviour.on_write = wait
    execution = a_try(served.runtime.database)

    def cancel() -> None:
        stuck.wait(10)
        execution.stop(Cancelled)

    threading.Thread(target=cancel).start()
    try:
        with pytest.raises(Cancelled):
            stager(served).send(execution, 0, "base.dump", PIECES * 20)
    finally:
        on.set()
    until(lambda: listed(served).state == pb.File.STATE_DISCARDED)
    until(lambda: far_end.files() == {})


def test_a_far_end_that_takes_nothing_for_too_long_is_given_up(
    served: Served, far_end: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(served, sftp(far_end))
    monkeypatch.setattr(staging, "LOOK", 0.05)
    monkeypatch.setattr(staging, "SILENCE", 0.5)
    on = threading.Event()

    def wait(number: int) -> None:
        on.wait(20)

    far_end.behaviour.on_write = wait
    try:
        with pytest.raises(Unavailable, match="has taken nothing"):
            stager(served).send(a_try(served.runtime.database), 0, "base.dump", PIECES * 20)
    finally:
        on.set()
    until(lambda: listed(served).state == pb.File.STATE_DISCARDED)


def test_a_source_that_is_slow_is_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    create(served, folder(served))
    monkeypatch.setattr(staging, "LOOK", 0.05)
    monkeypatch.setattr(staging, "SILENCE", 0.3)

    def slow() -> Iterator[bytes]:
        for piece in PIECES[:3]:
            threading.Event().wait(0.5)
            yield piece

    assert stager(served).send(a_try(served.runtime.database), 0, "base.dump", slow()).size_bytes == 2_100_000


def test_a_caller_that_says_nothing_for_too_long_is_hung_up_on(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = served.wiring.servicers[0].servicer
    assert isinstance(calls, DeliveryCalls)
    monkeypatch.setattr(calls, "_use", replace(calls._use, silence=timedelta(seconds=0.4)))
    create(served, folder(served))
    over = threading.Event()

    def parts() -> Iterator[pb.SendFileRequest]:
        yield sending()
        yield pb.SendFileRequest(chunk=b"x")
        over.wait(20)

    try:
        with pytest.raises(grpc.RpcError) as caught:
            served.delivery("service").SendFile(parts(), timeout=20)
    finally:
        over.set()
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    until(lambda: listed(served).state == pb.File.STATE_DISCARDED)
    assert list((served.var / "outgoing" / "shop").iterdir()) == []
