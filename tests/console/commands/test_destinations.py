"""Destinations from the command line: every kind, tried before and after, changed field by field."""

import json
from pathlib import Path

import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from backroom.delivery.v1 import delivery_pb2 as api
from tests.console.commands.conftest import Shop

PIN = "SHA256:" + "A" * 43


@pytest.fixture
def password(tmp_path: Path) -> str:
    (tmp_path / "password").write_text("s3cret\n")
    return str(tmp_path / "password")


def echo(shop: Shop) -> None:
    """Answers a create with what is to be created."""
    shop.answers["CreateDestination"] = lambda request: getattr(request, "destination")  # noqa: B009 - a Message here


def created(shop: Shop) -> api.Destination:
    request = shop.asked[-1]
    assert isinstance(request, api.CreateDestinationRequest)
    assert request.request_id
    return request.destination


def test_a_folder_becomes_a_destination(shop: Shop, tmp_path: Path) -> None:
    echo(shop)
    result = shop("destinations", "create", "server-path", "bank", str(tmp_path / "out"), "--existing", "keep-both")
    assert str(tmp_path / "out") in result.stdout
    assert "keep_both" in result.stdout
    destination = created(shop)
    assert destination.display_name == "bank"
    assert destination.server_path.folder == str(tmp_path / "out")
    assert destination.transfer_options.existing == api.TransferOptions.EXISTING_KEEP_BOTH


def test_secrets_of_an_sftp_destination_come_from_files_and_are_never_shown(shop: Shop, password: str) -> None:
    echo(shop)
    result = shop(
        "destinations", "create", "sftp", "bank", "sftp.example.test", "--user", "shop", "--host-key", PIN,
        "--port", "2222", "--folder", "in", "--password-file", password,
    )  # fmt: skip
    assert "sftp://shop@sftp.example.test:2222/in" in result.stdout
    assert "s3cret" not in result.stdout
    assert created(shop).sftp == api.Sftp(
        host="sftp.example.test", port=2222, user_name="shop", password="s3cret", host_key=PIN, folder="in"
    )


def test_an_ftp_server_with_all_its_switches(shop: Shop, password: str, tmp_path: Path) -> None:
    echo(shop)
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    result = shop(
        "destinations", "create", "ftp", "edi", "ftp.example.test", "--user", "shop", "--password-file", password,
        "--security", "implicit", "--certificate-file", str(tmp_path / "ca.pem"), "--active", "--folder", "in",
        "--write-directly", "--folder-must-exist", "--bandwidth-limit", "4096", "--concurrency", "1", "--title", "EDI",
    )  # fmt: skip
    assert result.exit_code == 0
    destination = created(shop)
    assert destination == api.Destination(
        display_name="EDI",
        ftp=api.Ftp(
            host="ftp.example.test",
            user_name="shop",
            password="s3cret",
            security=api.CONNECTION_SECURITY_IMPLICIT,
            certificate="-----BEGIN CERTIFICATE-----\n",
            active=True,
            folder="in",
        ),
        transfer_options=api.TransferOptions(
            write_directly=True, folder_must_exist=True, bandwidth_limit=4096, concurrency=1
        ),
    )
    for word in ("ftp://shop@ftp.example.test/in", "implicit", "one of its own", "active", "4096", "must exist"):
        assert word in result.stdout


def test_an_imap_folder(shop: Shop, password: str) -> None:
    echo(shop)
    result = shop(
        "destinations", "create", "imap", "compta", "imap.example.test", "--user", "shop", "--password-file", password,
        "--folder", "Comptabilité/Ventes", "--unverified",
    )  # fmt: skip
    assert "imap://shop@imap.example.test/Comptabilité/Ventes" in result.stdout
    assert "anyone can pose as the server" in result.stdout
    assert created(shop).imap.certificate_unverified


def test_an_address_with_a_mail_server_of_its_own_or_without(shop: Shop, password: str) -> None:
    echo(shop)
    shop("destinations", "create", "email", "edi", "--to", "a@example.com", "--to", "b@example.com", "--subject", "Été")
    assert created(shop).email == api.Email(recipients=["a@example.com", "b@example.com"], subject="Été")
    assert not created(shop).email.HasField("server")
    result = shop(
        "destinations", "create", "email", "edi", "--to", "a@example.com", "--subject", "Ventes",
        "--server", "mail.example.test:587", "--user", "shop", "--password-file", password, "--security", "explicit",
        "--sender", "shop@example.com",
    )  # fmt: skip
    assert created(shop).email.server == api.MailServer(
        address="mail.example.test:587",
        user_name="shop",
        password="s3cret",
        security=api.CONNECTION_SECURITY_EXPLICIT,
        sender="shop@example.com",
    )
    assert "mailto:a@example.com" in result.stdout
    assert "s3cret" not in result.stdout


@pytest.mark.parametrize(
    ("kind", "has", "has_not"),
    [
        ("server-path", "--existing", "--port"),
        ("sftp", "--host-key", "INBOX"),
        ("ftp", "--passive", "INBOX"),
        ("imap", "INBOX", "--concurrency"),
        ("email", "--sender", "--folder"),
    ],
)
def test_help_speaks_of_one_kind_alone(shop: Shop, kind: str, has: str, has_not: str) -> None:
    shown = shop("destinations", "create", kind, "--help").stdout
    assert has in shown
    assert has_not not in shown


def test_what_a_kind_must_have_is_asked_for_by_the_service(shop: Shop) -> None:
    echo(shop)
    shop("destinations", "create", "email", "edi")
    assert created(shop).WhichOneof("method") == "email"


@pytest.mark.parametrize("answer", ["y\n", "n\n", ""])
def test_the_key_of_a_new_server_is_shown_and_stored_once_a_person_says_so(
    shop: Shop, password: str, answer: str
) -> None:
    echo(shop)
    line = "ssh-ed25519 AAAA"
    shop.answers["VerifyDestination"] = lambda _: api.VerifyDestinationResponse(
        reason="HOST_KEY_UNKNOWN", message="m", remedy="r", host_key=line, host_key_fingerprint=PIN
    )
    result = shop(
        "destinations", "create", "sftp", "bank", "sftp.example.test", "--user", "shop", "--password-file", password,
        typed=answer,
    )  # fmt: skip
    assert PIN in result.stderr
    asked = [type(each).__name__ for each in shop.asked]
    if answer == "y\n":
        assert result.exit_code == 0
        assert created(shop).sftp.host_key == line
    else:
        assert result.exit_code == 1
        assert asked == ["VerifyDestinationRequest"]


@pytest.mark.parametrize("verified", [True, False])
def test_a_destination_is_created_once_the_try_has_worked(shop: Shop, tmp_path: Path, verified: bool) -> None:
    echo(shop)
    shop.answers["VerifyDestination"] = lambda _: api.VerifyDestinationResponse(
        verified=verified, reason="" if verified else "NO_PERMISSION", message="pas de droit", remedy="donnez-le"
    )
    result = shop("destinations", "create", "server-path", "bank", str(tmp_path), "--verify")
    asked = [type(each).__name__ for each in shop.asked]
    assert result.exit_code == (0 if verified else 1)
    assert asked == ["VerifyDestinationRequest", *(["CreateDestinationRequest"] if verified else [])]
    assert ("donnez-le" in result.stdout) is not verified


def test_a_try_tells_what_to_do_and_what_should_not_stay_so(shop: Shop) -> None:
    shop.answers["VerifyDestination"] = lambda _: api.VerifyDestinationResponse(verified=True, warnings=["en clair"])
    result = shop("destinations", "verify", "bank")
    assert (result.exit_code, result.stdout) == (0, "destinations/bank works\nwarning: en clair\n")
    shop.answers["VerifyDestination"] = lambda _: api.VerifyDestinationResponse(
        reason="NOT_LOGGED_IN", message="(530) Non connecté", remedy="Vérifiez le mot de passe."
    )
    result = shop("destinations", "verify", "bank")
    assert result.exit_code == 1
    assert "(530) Non connecté (NOT_LOGGED_IN)\nVérifiez le mot de passe.\n" in result.stdout
    assert json.loads(shop("destinations", "verify", "bank", "--json").stdout)["reason"] == "NOT_LOGGED_IN"


@pytest.mark.parametrize("told", [PIN, PIN + "=", "SHA256:" + "B" * 43])
def test_a_key_is_approved_by_the_fingerprint_its_keeper_tells(shop: Shop, told: str) -> None:
    approved: list[Message] = []

    def verify(_: Message) -> api.VerifyDestinationResponse:
        if approved:
            return api.VerifyDestinationResponse(verified=True)
        return api.VerifyDestinationResponse(
            reason="HOST_KEY_CHANGED", message="m", remedy="r", host_key="ssh-ed25519 AAAA", host_key_fingerprint=PIN
        )

    def update(request: Message) -> api.Destination:
        approved.append(request)
        return api.Destination()

    shop.answers["VerifyDestination"], shop.answers["UpdateDestination"] = verify, update
    result = shop("destinations", "verify", "bank", "--approve", told)
    right = told.rstrip("=") == PIN
    assert result.exit_code == (0 if right else 1)
    assert len(approved) == right
    for request in approved:
        assert isinstance(request, api.UpdateDestinationRequest)
        assert list(request.update_mask.paths) == ["sftp.host_key"]
        assert request.destination.sftp.host_key == "ssh-ed25519 AAAA"
    assert ("--approve " + PIN in result.stdout) is not right


def stored(shop: Shop, destination: api.Destination) -> None:
    destination.name, destination.etag = "destinations/bank", "3"
    shop.answers["GetDestination"] = lambda _: destination
    shop.answers["UpdateDestination"] = lambda request: getattr(request, "destination")  # noqa: B009 - a Message here


def updated(shop: Shop) -> api.UpdateDestinationRequest:
    request = shop.asked[-1]
    assert isinstance(request, api.UpdateDestinationRequest)
    return request


def test_only_what_is_named_is_changed(shop: Shop, password: str) -> None:
    stored(shop, api.Destination(ftp=api.Ftp(host="h", user_name="u")))
    result = shop("destinations", "update", "bank", "--host", "new.example", "--password-file", password, "--rename")
    assert result.exit_code == 0
    request = updated(shop)
    assert set(request.update_mask.paths) == {"ftp.host", "ftp.password", "transfer_options.write_directly"}
    assert request.destination == api.Destination(
        name="destinations/bank",
        etag="3",
        ftp=api.Ftp(host="new.example", password="s3cret"),
        transfer_options=api.TransferOptions(),
    )


def test_what_belongs_to_the_mail_server_goes_there(shop: Shop, password: str) -> None:
    stored(shop, api.Destination(email=api.Email(subject="x")))
    shop("destinations", "update", "bank", "--user", "u", "--password-file", password, "--to", "a@example.com")
    request = updated(shop)
    assert set(request.update_mask.paths) == {"email.server.user_name", "email.server.password", "email.recipients"}
    assert request.destination.email.server.password == "s3cret"
    shop("destinations", "update", "bank", "--no-server", "--subject", "y")
    request = updated(shop)
    assert set(request.update_mask.paths) == {"email.server", "email.subject"}
    assert not request.destination.email.HasField("server")
    assert shop("destinations", "update", "bank", "--no-server", "--sender", "a@example.com").exit_code == 2


def test_an_empty_file_takes_a_secret_out(shop: Shop, tmp_path: Path) -> None:
    stored(shop, api.Destination(sftp=api.Sftp(host="h")))
    (tmp_path / "none").write_text("")
    shop("destinations", "update", "bank", "--password-file", str(tmp_path / "none"))
    assert list(updated(shop).update_mask.paths) == ["sftp.password"]


def test_an_option_of_another_kind_is_refused_by_its_name(shop: Shop) -> None:
    stored(shop, api.Destination(sftp=api.Sftp(host="h")))
    result = shop("destinations", "update", "bank", "--active", "--to", "a@example.com", "--security", "none")
    assert result.exit_code == 1
    for option in ("--active", "--to", "--security"):
        assert f"{option}: destinations/bank (sftp) has none" in result.stderr
    assert shop("destinations", "update", "bank", "--no-server").exit_code == 2
    assert shop("destinations", "update", "bank").exit_code == 2


def test_what_a_newer_release_has_stored_is_listed(shop: Shop) -> None:
    shop.answers["ListDestinations"] = lambda _: api.ListDestinationsResponse(
        destinations=[api.Destination(name="destinations/bank", display_name="Bank")]
    )
    assert "stored by a newer release" in shop("destinations", "list").stdout


@pytest.mark.parametrize("reachable", [True, False])
def test_a_check_says_what_to_do_and_ends_with_its_outcome(shop: Shop, reachable: bool) -> None:
    answer = api.CheckDestinationResponse(
        reachable=reachable,
        reason="" if reachable else "NOT_LOGGED_IN",
        message="" if reachable else "(530) Non connecté",
        remedy="" if reachable else "vérifier le mot de passe",
    )
    shop.answers["CheckDestination"] = lambda _: answer
    result = shop("destinations", "check", "bank")
    assert result.exit_code == (0 if reachable else 1)
    if not reachable:
        assert "(530) Non connecté (NOT_LOGGED_IN)\nvérifier le mot de passe\n" in result.stdout
    assert json.loads(shop("destinations", "check", "bank", "--json").stdout)["reachable"] is reachable


def test_a_destination_is_deleted(shop: Shop) -> None:
    shop.answers["DeleteDestination"] = lambda _: Empty()
    assert shop("destinations", "delete", "bank").stdout == "destinations/bank deleted\n"
