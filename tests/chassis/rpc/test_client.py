from collections.abc import Callable
from pathlib import Path

import pytest

from chassis.addresses import PlaintextRefused
from chassis.auth import Principals
from chassis.errors import Unavailable
from chassis.rpc.client import Channels, TokenFile, TokenFileRefused, open_channel, remote_errors
from chassis.rpc.server import Server, TlsRefused
from chassis.settings import ServiceSettings
from tests.chassis.rpc.conftest import Caller, Place


def test_channels_carry_the_token_of_the_file_and_follow_its_change(
    place: Place, settings: Callable[..., ServiceSettings], tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text(place.tokens["viewer"] + "\n")
    channels = Channels(settings(token=path))
    address = f"127.0.0.1:{place.server.port}"
    assert channels.get(address) is channels.get(address)
    caller = Caller(channels.get(address))
    assert caller.say("x") == "x"
    fresh = path.with_suffix(".new")
    fresh.write_text(place.tokens["operator"])
    fresh.replace(path)
    assert caller.collect("a", "b") == "a,b"
    channels.close()


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), (" \n", "is empty")])
def test_a_token_file_that_is_wrong_names_its_variable(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TokenFileRefused, match=f"{said}.*BACKROOM_TOKEN"):
        TokenFile(path)()


def test_tokens_never_leave_the_machine_unencrypted() -> None:
    with pytest.raises(PlaintextRefused, match="BACKROOM_TLS_CA"):
        open_channel("192.0.2.1:50051", token=lambda: "secret")


def test_an_unavailable_server_is_asked_four_times_and_no_more(place: Place) -> None:
    asked: list[str] = []

    def act(text: str) -> str:
        asked.append(text)
        raise Unavailable("not now")

    place.door.act = act
    with pytest.raises(Unavailable), remote_errors("door"):
        place.caller().say("x")
    assert len(asked) == 4


def test_other_failures_are_not_repeated(place: Place) -> None:
    asked: list[str] = []

    def act(text: str) -> str:
        asked.append(text)
        raise ZeroDivisionError

    place.door.act = act
    with pytest.raises(Unavailable, match="internal error"), remote_errors("door"):
        place.caller().say("x")
    assert len(asked) == 1


def test_with_tls_both_ends_trust_the_authority(
    open_door: Callable[..., Place], certificate: tuple[Path, Path]
) -> None:
    chain, key = certificate
    place = open_door(tls_certificate=chain, tls_key=key)
    place.channels.append(
        open_channel(f"localhost:{place.server.port}", token=lambda: place.tokens["viewer"], ca=chain)
    )
    assert Caller(place.channels[-1]).say("x") == "x"
    with pytest.raises(Unavailable), remote_errors("door"):
        place.caller().say("x")


def test_a_certificate_that_cannot_be_read_stops_the_start(
    settings: Callable[..., ServiceSettings], principals: Principals, tmp_path: Path
) -> None:
    missing = tmp_path / "missing.pem"
    server = Server(settings(tls_certificate=missing, tls_key=missing), [], principals)
    with pytest.raises(TlsRefused, match="cannot be read"):
        server.start()
