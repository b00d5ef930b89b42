"""What people type, field by field."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chassis.errors import InvalidInput
from services.delivery.domain.destinations import (
    Email,
    Ftp,
    Imap,
    MailServer,
    Security,
    Sftp,
    Unread,
)
from services.delivery.domain.drafts import (
    Draft,
    EmailDraft,
    FtpDraft,
    ImapDraft,
    MailServerDraft,
    MethodDraft,
    ServerPathDraft,
    SftpDraft,
    checked,
    draft_of,
)
from services.delivery.domain.host_keys import HostKeyPin
from services.delivery.domain.logins import Login
from services.delivery.domain.transfer_options import Existing, TransferOptions
from tests.delivery.domain.drafting import (
    EMAIL,
    FTP,
    IMAP,
    KEY,
    PIN,
    ROOTS,
    SERVER,
    SFTP,
    certificate,
    method_of,
    problems,
    stored,
)


@pytest.mark.parametrize(
    ("draft", "port"),
    [
        (SFTP, 22),
        (FTP, 21),
        (replace(FTP, security=Security.NONE), 21),
        (replace(FTP, security=Security.IMPLICIT), 990),
        (replace(FTP, port=2121), 2121),
        (IMAP, 993),
        (replace(IMAP, security=Security.EXPLICIT), 143),
        (replace(IMAP, security=Security.NONE), 143),
    ],
)
def test_a_port_that_is_not_given_follows_the_protection(draft: MethodDraft, port: int) -> None:
    method = method_of(draft)
    assert isinstance(method, Sftp | Ftp | Imap)
    assert method.port == port


@pytest.mark.parametrize(
    ("server", "host", "port"),
    [
        (SERVER, "mail.example", 587),
        (replace(SERVER, security=Security.IMPLICIT), "mail.example", 465),
        (MailServerDraft(address="mail.example", security=Security.NONE), "mail.example", 25),
        (replace(SERVER, address="mail.vega-net.net:2587"), "mail.vega-net.net", 2587),
        (replace(SERVER, address="[::1]:25"), "::1", 25),
        (replace(SERVER, address="[::1]"), "::1", 587),
    ],
)
def test_a_mail_server_is_typed_with_or_without_its_port(server: MailServerDraft, host: str, port: int) -> None:
    method = method_of(replace(EMAIL, server=server))
    assert isinstance(method, Email)
    assert method.server is not None
    assert (method.server.host, method.server.port) == (host, port)


def test_what_is_not_chosen_is_protected() -> None:
    ftp, imap, email = method_of(FTP), method_of(IMAP), method_of(EMAIL)
    assert isinstance(ftp, Ftp)
    assert isinstance(imap, Imap)
    assert isinstance(email, Email)
    assert email.server is not None
    assert (ftp.security, imap.security, email.server.security) == (
        Security.EXPLICIT,
        Security.IMPLICIT,
        Security.EXPLICIT,
    )


@pytest.mark.parametrize("draft", [ServerPathDraft(folder="/srv/out/a"), SFTP, FTP, IMAP, EMAIL])
def test_a_destination_can_be_typed_again_as_it_is_stored(draft: MethodDraft) -> None:
    method = method_of(draft)
    again = draft_of(stored(method))
    assert checked(again, ROOTS, stored=method).method == method


@pytest.mark.parametrize(
    ("draft", "fields"),
    [
        (replace(FTP, host="ftp://h"), ["ftp.host"]),
        (replace(FTP, host="h:21"), ["ftp.host"]),
        (replace(FTP, host=""), ["ftp.host"]),
        (replace(FTP, host="h" * 254), ["ftp.host"]),
        (replace(FTP, host="[::1]"), []),
        (replace(FTP, port=65536), ["ftp.port"]),
        (replace(FTP, port=-1), ["ftp.port"]),
        (replace(FTP, user_name=""), ["ftp.user_name"]),
        (replace(FTP, user_name="a\nb"), ["ftp.user_name"]),
        (replace(FTP, password=""), ["ftp.password"]),
        (replace(FTP, password="a\r\nDELE x"), ["ftp.password"]),
        (replace(FTP, user_name="anonymous", password=""), []),
        (replace(FTP, folder="a\0b"), ["ftp.folder"]),
        (replace(FTP, folder="a" * 1025), ["ftp.folder"]),
        (replace(FTP, certificate="nonsense"), ["ftp.certificate"]),
        (replace(FTP, certificate=certificate(), security=Security.NONE), ["ftp.certificate"]),
        (replace(FTP, certificate_unverified=True, security=Security.NONE), ["ftp.certificate_unverified"]),
        (replace(FTP, certificate=certificate() * 2), []),
        (replace(IMAP, host="a b", port=70000), ["imap.host", "imap.port"]),
        (replace(IMAP, password=""), ["imap.password"]),
        (replace(IMAP, certificate="-----BEGIN CERTIFICATE-----"), ["imap.certificate"]),
        (replace(EMAIL, recipients=()), ["email.recipients"]),
        (replace(EMAIL, recipients=("a@example.com",) * 101), ["email.recipients"]),
        (replace(EMAIL, recipients=("a@example.com", "b")), ["email.recipients[1]"]),
        (replace(EMAIL, subject=""), ["email.subject"]),
        (replace(EMAIL, subject="a\nBcc: x@example.com"), ["email.subject"]),
        (replace(EMAIL, subject="é" * 501), ["email.subject"]),
        (replace(EMAIL, subject="=?utf-8?q?x?="), ["email.subject"]),
        (replace(EMAIL, subject="a\x85b"), ["email.subject"]),
        (replace(EMAIL, server=None), []),
        (replace(EMAIL, server=replace(SERVER, address="a:b")), ["email.server.address"]),
        (replace(EMAIL, server=replace(SERVER, address="a:0")), ["email.server.address"]),
        (replace(EMAIL, server=replace(SERVER, address="::1")), ["email.server.address"]),
        (replace(EMAIL, server=replace(SERVER, address="")), ["email.server.address"]),
        (replace(EMAIL, server=replace(SERVER, password="")), ["email.server.password"]),
        (replace(EMAIL, server=replace(SERVER, user_name="")), ["email.server.user_name"]),
        (replace(EMAIL, server=replace(SERVER, security=Security.NONE)), ["email.server.security"]),
        (replace(EMAIL, server=replace(SERVER, sender="x")), ["email.server.sender"]),
    ],
)
def test_each_field_is_refused_by_its_name(draft: MethodDraft, fields: list[str]) -> None:
    assert problems(draft) == fields


def test_a_private_key_is_no_certificate_and_is_not_repeated() -> None:
    key = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    draft = Draft(display_name="Shop", method=replace(FTP, certificate=certificate() + key))
    with pytest.raises(InvalidInput) as caught:
        checked(draft, ROOTS)
    (problem,) = caught.value.problems
    assert problem.field == "destination.ftp.certificate"
    assert "private key" in problem.description
    assert key.splitlines()[1] not in str(caught.value)


def test_no_kind_is_a_problem_of_its_own() -> None:
    assert problems(Draft(display_name="Shop")) == ["method"]


@pytest.mark.parametrize(
    ("transfer", "method", "fields"),
    [
        (TransferOptions(write_directly=True), FTP, []),
        (TransferOptions(write_directly=True, existing=Existing.REFUSE), FTP, ["write_directly"]),
        (TransferOptions(existing=Existing.KEEP_BOTH, folder_must_exist=True), SFTP, []),
        (TransferOptions(bandwidth_limit=1023), FTP, ["bandwidth_limit"]),
        (TransferOptions(bandwidth_limit=-1), FTP, ["bandwidth_limit"]),
        (TransferOptions(bandwidth_limit=1024, concurrency=256), FTP, []),
        (TransferOptions(concurrency=257), FTP, ["concurrency"]),
        (TransferOptions(concurrency=-1), FTP, ["concurrency"]),
        (TransferOptions(bandwidth_limit=4096), IMAP, []),
        (TransferOptions(write_directly=True, concurrency=2), IMAP, ["write_directly", "concurrency"]),
        (TransferOptions(existing=Existing.REFUSE), IMAP, ["existing"]),
        (
            TransferOptions(folder_must_exist=True, bandwidth_limit=4096),
            EMAIL,
            ["folder_must_exist", "bandwidth_limit"],
        ),
        (TransferOptions(), EMAIL, []),
    ],
)
def test_switches_that_do_not_go_with_a_method_are_refused(
    transfer: TransferOptions, method: MethodDraft, fields: list[str]
) -> None:
    draft = Draft(display_name="Shop", method=method, transfer=transfer)
    assert problems(draft) == [f"transfer_options.{name}" for name in fields]


@pytest.mark.parametrize(
    ("draft", "moved", "secret"),
    [
        (SFTP, {"host": "other.example"}, "sftp.password"),
        (SFTP, {"port": 2222}, "sftp.password"),
        (SFTP, {"user_name": "other"}, "sftp.password"),
        (FTP, {"host": "other.example"}, "ftp.password"),
        (IMAP, {"user_name": "other"}, "imap.password"),
    ],
)
def test_stored_secrets_go_only_where_they_were_stored_for(
    draft: SftpDraft | FtpDraft | ImapDraft, moved: dict[str, str], secret: str
) -> None:
    method = method_of(draft)
    kept = draft_of(stored(method))
    assert kept.kept == {secret}
    there = replace(kept, method=replace(draft, **moved))  # type: ignore[arg-type]  # fields of each
    assert problems(there, stored=method) == [secret]
    assert problems(replace(there, kept=frozenset()), stored=method) == []
    unmoved = replace(kept, method=replace(draft, host="H.Example", folder="other"))
    assert problems(unmoved, stored=method) == []


def test_the_password_of_a_mail_server_does_not_follow_it_elsewhere() -> None:
    method = method_of(EMAIL)
    kept = draft_of(stored(method))
    there = replace(kept, method=replace(EMAIL, server=replace(SERVER, address="mail.example:2525")))
    assert problems(there, stored=method) == ["email.server.password"]


def test_secrets_that_cannot_be_read_are_given_again_one_by_one() -> None:
    login = Login(password="", private_key="", unreadable=True)
    method = Sftp(host="h", port=22, user_name="u", host_key=HostKeyPin(PIN), folder="", login=login)
    draft = draft_of(stored(method))
    assert problems(draft, stored=method) == ["sftp.password", "sftp.private_key"]
    mended = replace(draft, method=replace(SFTP, host="h", private_key=""), kept=frozenset())
    assert problems(mended, stored=method) == []


def test_who_only_tries_needs_neither_a_name_nor_the_servers_key() -> None:
    draft = Draft(method=replace(SFTP, host_key=""))
    assert problems(draft) == ["display_name", "sftp.host_key"]
    assert problems(draft, trying=True) == []
    assert problems(Draft(method=replace(SFTP, host_key="MD5:aa")), trying=True) == ["sftp.host_key"]
    method = checked(draft, ROOTS, trying=True).method
    assert isinstance(method, Sftp)
    assert method.host_key is None


def test_nobody_edits_what_a_newer_release_has_stored() -> None:
    with pytest.raises(TypeError):
        draft_of(stored(Unread(protocol="gopher")))


def test_secrets_stay_out_of_representations() -> None:
    secret = "hunter"
    drafts = (
        SftpDraft(password=secret, private_key=secret, passphrase=secret),
        FtpDraft(password=secret),
        ImapDraft(password=secret),
        EmailDraft(server=MailServerDraft(password=secret)),
    )
    for draft in drafts:
        assert secret not in repr(Draft(method=draft))
    assert secret not in repr(method_of(replace(FTP, password=secret)))


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("edi@example.com", True),
        ("edi+ventes.lyon@sub.example.com", True),
        ("edi@exämple.com", True),
        ("edi", False),
        ("edi@example", False),
        ("@example.com", False),
        ("edi@", False),
        ("édi@example.com", False),
        ("edi@example.com\nBcc: x@example.com", False),
        ("edi@example.com, b@example.com", False),
        ("Edi <edi@example.com>", False),
        ("a..b@example.com", False),
        ("=?utf-8?q?a?=@example.com", False),
        ("edi@127.0.0.1", False),
        ("e" * 65 + "@example.com", False),
    ],
)
def test_an_address_is_one_that_can_be_written_to(address: str, fine: bool) -> None:
    assert (problems(EmailDraft(recipients=(address,), subject="x")) == []) is fine


def test_a_mail_server_shows_its_address_as_it_was_typed() -> None:
    server = MailServer(host="::1", port=2525, security=Security.EXPLICIT, user_name="", login=Login(), sender="")
    assert MailServerDraft.of(server).address == "[::1]:2525"
    assert MailServerDraft.of(replace(server, host="h", port=587)).address == "h"
