"""Whatever answers fail, a file that is said to have arrived has arrived."""

import random

import asyncssh
import pytest

from services.delivery.application.far_ends import Arrived
from services.delivery.domain.failures import CarryFailed, FarEndFailed, FileFailed
from tests.delivery.far_end import FarEnd
from tests.delivery.gateways.sftp.sending import WHOLE, carrier_of, upload
from tests.delivery.house import House

ANSWERS = [
    asyncssh.SFTPFailure("Failure"),
    asyncssh.SFTPFailure("No space left on device"),
    asyncssh.SFTPPermissionDenied("no"),
    asyncssh.SFTPNoSuchFile("gone"),
    asyncssh.SFTPOpUnsupported("what?"),
    asyncssh.SFTPEOFError(),
]


@pytest.mark.parametrize("seed", range(25))
def test_whatever_fails_nothing_is_said_to_have_arrived_that_differs(far_end: FarEnd, seed: int) -> None:
    dice = random.Random(seed)
    often = dice.choice([0.002, 0.02, 0.2])
    may_drop = dice.random() < 0.3

    def meet(request: str, name: str) -> None:
        if dice.random() < often:
            if may_drop and dice.random() < 0.1:
                far_end.drop()
            raise dice.choice(ANSWERS)

    contents = {f"{number}.csv": dice.randbytes(dice.choice([0, 1, 2_000, 300_000, 1_500_000])) for number in range(60)}
    contents["big.csv"] = dice.randbytes(9 << 20)
    far_end.behaviour.meets = meet
    arrived: dict[str, bytes] = {}
    said: list[type[CarryFailed]] = []
    names = list(contents)
    for at in range(0, len(names), 20):
        group = names[at : at + 20]
        try:
            with carrier_of(far_end) as carrier:
                for name, outcome in zip(
                    group, carrier.write([upload(name, contents[name]) for name in group]), strict=True
                ):
                    if isinstance(outcome, Arrived):
                        assert outcome.size_bytes in {None, len(contents[name])}
                        arrived[name] = contents[name]
                    else:
                        assert isinstance(outcome, FileFailed)
                        said.append(type(outcome))
        except FarEndFailed as failure:
            said.append(type(failure))
    lies = far_end.files()
    assert {name: lies[name] for name in arrived} == arrived
    assert len(arrived) == len(contents) or said


def test_what_was_half_written_under_its_final_name_stays_until_the_next_try_replaces_it(
    far_end: FarEnd, house: House
) -> None:
    house.destination("shop", far_end.method(), write_directly=True)
    house.seal(house.stage(WHOLE, file_name="sales.csv"), destination="shop")
    far_end.behaviour.on_write = lambda number: far_end.drop() if number == 7 else None
    house.drain()
    half = far_end.files()["sales.csv"]
    assert 0 < len(half) < len(WHOLE)
    assert WHOLE.startswith(half)
    assert house.meter.failures == ["CONNECTION_LOST"]
    house.come()
    house.drain()
    assert far_end.files() == {"sales.csv": WHOLE}


def test_what_bears_the_name_stays_where_nothing_could_be_opened(
    far_end: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    (far_end.root / "sales.csv").write_bytes(b"yesterday")

    def refuse(*_: object) -> None:
        raise asyncssh.SFTPPermissionDenied("read-only")

    monkeypatch.setattr(asyncssh.SFTPServer, "open", refuse)
    with pytest.raises(CarryFailed), carrier_of(far_end) as carrier:
        carrier.write([upload("sales.csv", b"today")])
    assert far_end.files() == {"sales.csv": b"yesterday"}
