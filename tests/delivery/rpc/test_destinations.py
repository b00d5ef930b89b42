"""Destinations from outside, over a real server."""

import grpc
import pytest
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
