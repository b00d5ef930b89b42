"""Destinations from outside, over a real server."""

import grpc
import pytest
import sqlalchemy as sa
from google.protobuf.field_mask_pb2 import FieldMask

from backroom.delivery.v1 import delivery_pb2 as pb
from tests.delivery.far_end import PASSWORD, FarEnd
from tests.delivery.rpc.asking import create, folder, refusal, sftp
from tests.delivery.rpc.conftest import Served


def test_secrets_are_written_and_never_read(served: Served, far_end: FarEnd) -> None:
    made = create(served, sftp(far_end))
    assert (made.sftp.password, made.sftp.has_password, made.sftp.has_private_key) == ("", True, False)
    got = served.delivery("viewer").GetDestination(pb.GetDestinationRequest(name="destinations/shop"))
    assert got == made
    assert PASSWORD not in str(got)


def test_an_update_keeps_the_secrets_its_mask_does_not_name(served: Served, far_end: FarEnd) -> None:
    made = create(served, sftp(far_end))
    delivery = served.delivery()

    def update(destination: pb.Destination, *paths: str) -> pb.Destination:
        destination.name = "destinations/shop"
        return delivery.UpdateDestination(
            pb.UpdateDestinationRequest(destination=destination, update_mask=FieldMask(paths=paths))
        )

    renamed = update(pb.Destination(display_name="New", etag=made.etag), "display_name")
    assert (renamed.display_name, renamed.sftp.has_password, renamed.etag != made.etag) == ("New", True, True)
    moved = update(pb.Destination(sftp=pb.Sftp(folder="deep")), "sftp.folder")
    assert (moved.sftp.folder, moved.sftp.host, moved.sftp.has_password) == ("deep", "127.0.0.1", True)
    unmasked = update(sftp(far_end, password="", folder="other"))
    assert (unmasked.display_name, unmasked.sftp.folder, unmasked.sftp.has_password) == ("Shop", "other", True)
    with pytest.raises(grpc.RpcError) as caught:
        update(pb.Destination(sftp=pb.Sftp()), "sftp.password")
    assert refusal(caught.value) == ("INVALID_ARGUMENT", "INVALID_INPUT", ["destination.sftp.password"])
    with pytest.raises(grpc.RpcError) as caught:
        update(pb.Destination(display_name="Late", etag=made.etag), "display_name")
    assert refusal(caught.value)[:2] == ("ABORTED", "STALE_ETAG")
    with pytest.raises(grpc.RpcError) as caught:
        update(folder(served), "server_path.folder", "colour")
    assert refusal(caught.value)[0] == "INVALID_ARGUMENT"
    replaced = update(folder(served), "server_path")
    assert replaced.WhichOneof("method") == "server_path"


def test_a_destination_is_refused_with_every_field_to_mend(served: Served) -> None:
    bad = pb.Destination(sftp=pb.Sftp(host="a/b", port=70000, host_key="nonsense", password="privkey://"))
    with pytest.raises(grpc.RpcError) as caught:
        create(served, bad)
    code, _, fields = refusal(caught.value)
    assert code == "INVALID_ARGUMENT"
    assert set(fields) == {
        "destination.display_name",
        "destination.sftp.host",
        "destination.sftp.port",
        "destination.sftp.user_name",
        "destination.sftp.host_key",
        "destination.sftp.private_key",
    }
    for where in ("/etc", "relative", "/etc/../etc", ""):
        with pytest.raises(grpc.RpcError) as caught:
            create(served, pb.Destination(display_name="X", server_path=pb.ServerPath(folder=where)))
        assert refusal(caught.value)[2] == ["destination.server_path.folder"]
    with pytest.raises(grpc.RpcError) as caught:
        create(served, folder(served), "Not An Id")
    assert refusal(caught.value)[2] == ["destination_id"]


def test_destinations_are_listed_taken_and_deleted(served: Served) -> None:
    for name in ("b", "a", "c"):
        create(served, folder(served, name), name)
    delivery = served.delivery()
    page = delivery.ListDestinations(pb.ListDestinationsRequest(page_size=2))
    rest = delivery.ListDestinations(pb.ListDestinationsRequest(page_size=2, page_token=page.next_page_token))
    assert [each.name for each in (*page.destinations, *rest.destinations)] == [
        f"destinations/{name}" for name in "abc"
    ]
    with pytest.raises(grpc.RpcError) as caught:
        create(served, folder(served), "a")
    assert refusal(caught.value)[0] == "ALREADY_EXISTS"
    delivery.DeleteDestination(pb.DeleteDestinationRequest(name="destinations/a"))
    with pytest.raises(grpc.RpcError) as caught:
        delivery.GetDestination(pb.GetDestinationRequest(name="destinations/a"))
    assert refusal(caught.value)[0] == "NOT_FOUND"


def test_a_check_answers_in_the_callers_language_what_to_do(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end, host_key="SHA256:" + "A" * 43))
    answer = served.delivery().CheckDestination(pb.CheckDestinationRequest(name="destinations/shop"))
    assert (answer.reachable, answer.reason) == (False, "HOST_KEY_CHANGED")
    assert far_end.fingerprint() in answer.message
    assert answer.remedy.startswith("Ask the server's keeper")
    create(served, sftp(far_end), "good")
    answer = served.delivery().CheckDestination(pb.CheckDestinationRequest(name="destinations/good"))
    assert answer == pb.CheckDestinationResponse(reachable=True)


def update(served: Served, destination: pb.Destination, *paths: str) -> pb.Destination:
    destination.name = "destinations/shop"
    return served.delivery().UpdateDestination(
        pb.UpdateDestinationRequest(destination=destination, update_mask=FieldMask(paths=paths))
    )


FTP = pb.Ftp(host="ftp.example", user_name="u", password=PASSWORD, folder="in")
EMAIL = pb.Email(
    recipients=["a@example.com"],
    subject="Ventes",
    server=pb.MailServer(address="mail.example", user_name="u", password=PASSWORD, sender="shop@example.com"),
)


def test_every_kind_is_stored_whole_and_shown_without_its_secrets(served: Served) -> None:
    switches = pb.TransferOptions(existing=pb.TransferOptions.EXISTING_KEEP_BOTH, bandwidth_limit=4096, concurrency=2)
    ftp = create(served, pb.Destination(display_name="F", ftp=FTP, transfer_options=switches), "ftp")
    assert ftp.ftp == pb.Ftp(
        host="ftp.example",
        port=21,
        user_name="u",
        folder="in",
        security=pb.CONNECTION_SECURITY_EXPLICIT,
        has_password=True,
    )
    assert ftp.transfer_options == switches
    imap = pb.Imap(host="imap.example", user_name="u", password=PASSWORD, folder="Comptabilité/Ventes")
    stored = create(served, pb.Destination(display_name="I", imap=imap), "imap").imap
    assert (stored.port, stored.security, stored.has_password) == (993, pb.CONNECTION_SECURITY_IMPLICIT, True)
    email = create(served, pb.Destination(display_name="E", email=EMAIL), "email")
    assert email.email.server == pb.MailServer(
        address="mail.example",
        user_name="u",
        sender="shop@example.com",
        security=pb.CONNECTION_SECURITY_EXPLICIT,
        has_password=True,
    )
    assert email.transfer_options == pb.TransferOptions(existing=pb.TransferOptions.EXISTING_REPLACE)
    listed = served.delivery("viewer").ListDestinations(pb.ListDestinationsRequest())
    assert [each.WhichOneof("method") for each in listed.destinations] == ["email", "ftp", "imap"]
    assert PASSWORD not in str(listed)


def test_a_destination_that_was_read_can_be_written_back(served: Served) -> None:
    for method in (pb.Destination(ftp=FTP), pb.Destination(email=EMAIL)):
        method.display_name = "Shop"
        made = create(served, method)
        again = update(served, made)
        made.etag, again.etag = "", ""
        made.ClearField("update_time")
        again.ClearField("update_time")
        assert again == made
        served.delivery().DeleteDestination(pb.DeleteDestinationRequest(name="destinations/shop"))


def test_each_field_is_changed_by_its_path(served: Served) -> None:
    create(served, pb.Destination(display_name="Shop", email=EMAIL))
    changed = update(
        served,
        pb.Destination(email=pb.Email(subject="Été", server=pb.MailServer(sender="new@example.com"))),
        "email.subject",
        "email.server.sender",
    )
    assert (changed.email.subject, changed.email.server.sender) == ("Été", "new@example.com")
    assert (changed.email.server.address, changed.email.server.has_password) == ("mail.example", True)
    assert list(changed.email.recipients) == ["a@example.com"]
    without = update(served, pb.Destination(email=pb.Email()), "email.server")
    assert not without.email.HasField("server")
    ftp = update(served, pb.Destination(ftp=FTP), "ftp")
    assert ftp.ftp.port == 21
    options = pb.TransferOptions(existing=pb.TransferOptions.EXISTING_REFUSE)
    refusing = update(served, pb.Destination(transfer_options=options), "transfer_options.existing")
    assert refusing.transfer_options.existing == pb.TransferOptions.EXISTING_REFUSE
    with pytest.raises(grpc.RpcError) as caught:
        update(
            served,
            pb.Destination(transfer_options=pb.TransferOptions(write_directly=True)),
            "transfer_options.write_directly",
        )
    assert refusal(caught.value)[2] == ["destination.transfer_options.write_directly"]
    with pytest.raises(grpc.RpcError) as caught:
        update(served, pb.Destination(email=EMAIL), "ftp")
    assert refusal(caught.value)[2] == ["destination.ftp"]
    whole = update(served, pb.Destination(), "transfer_options")
    assert whole.transfer_options == pb.TransferOptions(existing=pb.TransferOptions.EXISTING_REPLACE)


@pytest.mark.parametrize(
    ("method", "path", "secret"),
    [
        (pb.Ftp(host="other.example"), "ftp.host", "ftp.password"),
        (pb.Ftp(port=2121), "ftp.port", "ftp.password"),
        (pb.Ftp(user_name="other"), "ftp.user_name", "ftp.password"),
        (pb.Ftp(security=pb.CONNECTION_SECURITY_IMPLICIT), "ftp.security", "ftp.password"),
    ],
)
def test_a_password_does_not_follow_its_destination_elsewhere(
    served: Served, method: pb.Ftp, path: str, secret: str
) -> None:
    create(served, pb.Destination(display_name="Shop", ftp=FTP))
    with pytest.raises(grpc.RpcError) as caught:
        update(served, pb.Destination(ftp=method), path)
    assert refusal(caught.value) == ("INVALID_ARGUMENT", "INVALID_INPUT", [f"destination.{secret}"])
    method.password = PASSWORD
    assert update(served, pb.Destination(ftp=method), path, secret).ftp.has_password
    whole = pb.Destination(display_name="Shop", ftp=FTP)
    whole.ftp.host, whole.ftp.password = "third.example", ""
    with pytest.raises(grpc.RpcError) as caught:
        update(served, whole)
    assert refusal(caught.value)[2] == [f"destination.{secret}"]


def test_values_that_the_contract_does_not_know_are_refused_by_their_field(served: Served) -> None:
    bad = pb.Destination(display_name="Shop", ftp=FTP)
    bad.ftp.security = 9  # type: ignore[assignment]  # of a newer client
    bad.transfer_options.existing = 9  # type: ignore[assignment]  # the same
    with pytest.raises(grpc.RpcError) as caught:
        create(served, bad)
    assert set(refusal(caught.value)[2]) == {
        "destination.ftp.security",
        "destination.transfer_options.existing",
    }


def test_what_a_newer_release_has_stored_is_shown_and_neither_changed_nor_sent_to(served: Served) -> None:
    create(served, pb.Destination(display_name="Shop", ftp=FTP))
    create(served, folder(served), "other")
    with served.runtime.database.begin() as connection:
        connection.execute(sa.text("UPDATE destination SET method = method || '{\"novel\": 1}' WHERE id = 'shop'"))
    delivery = served.delivery()
    listed = delivery.ListDestinations(pb.ListDestinationsRequest()).destinations
    assert [each.WhichOneof("method") for each in listed] == ["server_path", None]
    with pytest.raises(grpc.RpcError) as caught:
        update(served, pb.Destination(display_name="New"), "display_name")
    assert refusal(caught.value)[:2] == ("FAILED_PRECONDITION", "WRONG_STATE")
    answer = delivery.CheckDestination(pb.CheckDestinationRequest(name="destinations/shop"))
    assert (answer.reachable, answer.reason) == (False, "STORED_BY_NEWER_RELEASE")
    verdict = delivery.VerifyDestination(pb.VerifyDestinationRequest(name="destinations/shop"))
    assert (verdict.verified, verdict.reason) == (False, "STORED_BY_NEWER_RELEASE")


def test_secrets_that_cannot_be_read_are_mended_by_giving_them_again(served: Served) -> None:
    create(served, pb.Destination(display_name="Shop", ftp=FTP))
    with served.runtime.database.begin() as connection:
        connection.execute(sa.text("UPDATE destination SET secrets = 'no longer read'"))
    got = served.delivery().GetDestination(pb.GetDestinationRequest(name="destinations/shop"))
    assert got.ftp.has_password
    with pytest.raises(grpc.RpcError) as caught:
        update(served, pb.Destination(display_name="New"), "display_name")
    assert refusal(caught.value)[2] == ["destination.ftp.password"]
    mended = update(served, pb.Destination(ftp=pb.Ftp(password=PASSWORD)), "ftp.password")
    assert mended.ftp.has_password
    assert served.delivery().GetDestination(pb.GetDestinationRequest(name="destinations/shop")) == mended
