"""The way into SSH servers: who they are, then who we are."""

from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import paramiko
import pytest
from paramiko.auth_handler import AuthHandler

from services.delivery.application.far_ends import Arrived
from services.delivery.domain.failures import (
    ConnectionLost,
    HostKeyChanged,
    HostKeyUnknown,
    KeyMissing,
    KeyNeedsPassphrase,
    KeyRefused,
    KeyTypeNotSupported,
    KeyUnreadable,
    NotAnSftpServer,
    NotLoggedIn,
)
from services.delivery.domain.logins import Login
from services.delivery.gateways.sftp import ssh
from tests.delivery.far_end import PASSWORD, FarEnd
from tests.delivery.gateways.sftp.sending import WHOLE, carrier_of, send, upload
from tests.delivery.paramiko_end import ParamikoEnd


@pytest.fixture
def make_end(tmp_path: Path) -> Iterator[Callable[..., FarEnd]]:
    """Starts servers, as `FarEnd` is told."""
    ends: list[FarEnd] = []

    def make(**how: object) -> FarEnd:
        ends.append(FarEnd(tmp_path / "made", **how))  # type: ignore[arg-type]  # as the server takes them
        ends[-1].start()
        return ends[-1]

    yield make
    for end in ends:
        end.close()


def test_a_pinned_key_may_be_given_as_its_line(far_end: FarEnd) -> None:
    with carrier_of(far_end.method(host_key=f"host.example {far_end.host_key_line()}")) as carrier:
        carrier.check(make=True)


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521", "ssh-rsa"])
def test_a_key_that_nobody_approved_is_shown_and_nothing_is_said_to_it(
    make_end: Callable[..., FarEnd], kind: str
) -> None:
    end = make_end(host_key_types=(kind,))
    with pytest.raises(HostKeyUnknown) as caught, carrier_of(end.method(unknown=True)):
        pytest.fail("the session must not open")
    assert end.asked == 0
    assert caught.value.fingerprint == end.fingerprint()
    assert caught.value.host_key == " ".join(end.host_key_line().split()[:2])
    with carrier_of(end.method(host_key=caught.value.host_key)) as carrier:  # what is shown can be approved
        carrier.check(make=True)


@pytest.mark.parametrize("pin", ["SHA256:" + "A" * 43, "rsa"])
def test_another_host_key_ends_the_connection_before_any_login(far_end: FarEnd, pin: str) -> None:
    if pin == "rsa":  # a key of a kind that the server does not even have
        pin = asyncssh.generate_private_key("ssh-rsa").export_public_key().decode()
    with (
        pytest.raises(HostKeyChanged) as caught,
        carrier_of(far_end.method(host_key=pin, password="never sent")),
    ):
        pytest.fail("the session must not open")
    assert caught.value.fingerprint == far_end.fingerprint()
    assert caught.value.host_key == " ".join(far_end.host_key_line().split()[:2])
    assert far_end.asked == 0


def test_a_fingerprint_of_a_weaker_key_the_server_also_has_is_found(make_end: Callable[..., FarEnd]) -> None:
    end = make_end(host_key_types=("ssh-ed25519", "ssh-rsa"))
    with carrier_of(end.method(host_key=end.fingerprint(1))) as carrier:
        carrier.check(make=True)


def test_a_wrong_password_is_not_logged_in(far_end: FarEnd) -> None:
    with pytest.raises(NotLoggedIn), carrier_of(far_end.method(password="wrong")):
        pytest.fail("the session must not open")


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_a_server_that_asks_for_the_password_is_answered(make_end: Callable[..., FarEnd], password: str) -> None:
    end = make_end(questions=(("Password: ", False),))
    if password == PASSWORD:
        assert send(end, "a", b"x") == Arrived(size_bytes=1)
    else:
        with pytest.raises(NotLoggedIn), carrier_of(end.method(password=password)):
            pytest.fail("the session must not open")


@pytest.mark.parametrize("questions", [(("Password: ", False), ("Code: ", False)), (("Your dog's name?", True),)])
def test_a_server_that_asks_for_something_else_is_not_given_the_password(
    make_end: Callable[..., FarEnd], questions: tuple[tuple[str, bool], ...]
) -> None:
    end = make_end(questions=questions)
    with pytest.raises(NotLoggedIn, match=r"it asks: (Code:|Your dog)"), carrier_of(end):
        pytest.fail("the session must not open")


KINDS = ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["openssh", "pkcs8-pem", "pkcs1-pem"])
def test_keys_of_every_kind_and_form_log_in(make_end: Callable[..., FarEnd], kind: str, form: str) -> None:
    if kind == "ssh-ed25519" and form == "pkcs1-pem":
        form = "pkcs8-pem"  # Ed25519 has no older form
    key = asyncssh.generate_private_key(kind)
    end = make_end(password=None, authorized=[key.export_public_key().decode()])
    bare = key.export_private_key(form).decode()
    # Few rounds of the passphrase's slow hash: the tests have nothing to hide.
    text = key.export_private_key(form, "phrase", rounds=4, ignore_few_rounds=True).decode()
    for password, private_key, passphrase in (
        ("privkey://", bare, None),
        ("privkey://:phrase", text, None),
        ("privkey://shop:phrase", text, None),
        ("privkey://shop", text, "phrase"),
        ("privkey://", text.replace("\n", "\r\n"), "phrase"),
        (None, text.replace("\n", " "), "phrase"),
    ):
        with carrier_of(end.method(password=password, private_key=private_key, passphrase=passphrase)) as carrier:
            carrier.check(make=True)


def test_the_seeds_cases_answer_in_the_seeds_words(far_end: FarEnd) -> None:
    key = asyncssh.generate_private_key("ssh-rsa")
    protected = key.export_private_key("pkcs8-pem", passphrase="phrase").decode()
    old = asyncssh.generate_private_key("ssh-dss").export_private_key("openssh").decode()
    for failure, words, password, private_key in (
        (KeyNeedsPassphrase, "private key is encrypted but passphrase is empty", "privkey://", protected),
        (KeyUnreadable, "invalid data type", "privkey://:wrong", protected),
        (KeyTypeNotSupported, "openssh key type : ssh-dss is not supported", "privkey://", old),
        (KeyMissing, "no private key is stored", "privkey://", None),
        (NotLoggedIn, "refused the login", "wrong", None),
    ):
        with (
            pytest.raises(failure, match=words),
            carrier_of(far_end.method(password=password, private_key=private_key)),
        ):
            pytest.fail("the session must not open")


def test_a_key_the_server_does_not_know_is_refused(make_end: Callable[..., FarEnd]) -> None:
    known, ours = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    end = make_end(password=None, authorized=[known.export_public_key().decode()])
    method = end.method(password="privkey://", private_key=ours.export_private_key().decode())
    with pytest.raises(KeyRefused, match=r"Permission denied \(public key\)"), carrier_of(method):
        pytest.fail("the session must not open")


def test_a_server_that_takes_only_signatures_of_old_says_what_may_help(make_end: Callable[..., FarEnd]) -> None:
    key = asyncssh.generate_private_key("ssh-rsa")
    end = make_end(password=None, authorized=[key.export_public_key().decode()], signature_algs=("ssh-rsa",))
    method = end.method(password="privkey://", private_key=key.export_private_key().decode())
    with pytest.raises(NotAnSftpServer, match=r"SHA-1 .* an Ed25519 key may do"), carrier_of(method):
        pytest.fail("the session must not open")


def test_a_server_that_hangs_up_during_the_login_is_lost_not_refusing(far_end: FarEnd) -> None:
    far_end.behaviour.on_login = far_end.drop
    with pytest.raises(ConnectionLost), carrier_of(far_end):
        pytest.fail("the session must not open")


def test_a_transfer_goes_on_while_new_keys_are_exchanged(far_end: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paramiko.packet.Packetizer, "REKEY_BYTES", 1 << 20)
    exchanged: list[object] = []
    set_up = paramiko.Transport._activate_outbound  # type: ignore[attr-defined]  # the stubs leave it out

    def counted(transport: paramiko.Transport) -> None:
        exchanged.append(transport)
        set_up(transport)

    monkeypatch.setattr(paramiko.Transport, "_activate_outbound", counted)
    with carrier_of(far_end) as carrier:
        assert carrier.write([upload("a", WHOLE * 3), upload("b", WHOLE)]) == [
            Arrived(size_bytes=len(WHOLE) * 3),
            Arrived(size_bytes=len(WHOLE)),
        ]
    assert len(exchanged) > 5
    assert far_end.files() == {"a": WHOLE * 3, "b": WHOLE}


def test_the_fastest_safe_cipher_comes_first() -> None:
    assert ssh.CIPHERS[0] == "aes128-gcm@openssh.com"
    assert not any(sign in cipher for cipher in ssh.CIPHERS for sign in ("cbc", "3des", "arcfour"))


def test_a_server_that_hangs_up_on_a_second_request_to_log_in_is_asked_once_for_key_and_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    accept = AuthHandler._parse_service_request  # type: ignore[attr-defined]  # the stubs leave it out

    def accept_once(handler: AuthHandler, request: object) -> None:
        asked.append(request)
        if len(asked) > 1:
            handler.transport.close()
        accept(handler, request)

    monkeypatch.setattr(AuthHandler, "_parse_service_request", accept_once)
    refused = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    login = Login(password=PASSWORD, private_key=refused)
    with ParamikoEnd(tmp_path / "far", needs={"password"}) as end, carrier_of(end.method(login)) as carrier:
        assert carrier.write([upload("a", b"x")]) == [Arrived(size_bytes=1)]
    assert len(asked) == 1


@pytest.fixture
def both(tmp_path: Path) -> Iterator[ParamikoEnd]:
    """A server that asks for key and password both."""
    with ParamikoEnd(tmp_path / "far", needs={"publickey", "password"}) as end:
        yield end


def test_a_server_that_asks_for_key_and_password_gets_both_or_says_what_is_missing(both: ParamikoEnd) -> None:
    with carrier_of(both.method(Login(password=PASSWORD, private_key=both.private_key))) as carrier:
        assert carrier.write([upload("a", b"x")]) == [Arrived(size_bytes=1)]
    assert (both.root / "a").read_bytes() == b"x"
    with (
        pytest.raises(NotLoggedIn, match="more than what is stored"),
        carrier_of(both.method(Login(password="privkey://", private_key=both.private_key))),
    ):
        pytest.fail("the session must not open")
    with pytest.raises(NotLoggedIn), carrier_of(both.method(Login(password="wrong", private_key=both.private_key))):
        pytest.fail("the session must not open")


def test_the_right_password_does_not_make_up_for_a_missing_key(both: ParamikoEnd) -> None:
    with pytest.raises(NotLoggedIn), carrier_of(both.method(Login(password=PASSWORD))):
        pytest.fail("the session must not open")
