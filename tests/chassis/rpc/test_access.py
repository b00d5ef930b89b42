from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc import error_details_pb2
from grpc import StatusCode
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from chassis.auth import Principals, Role, new_token
from chassis.rpc import call
from chassis.rpc.server import Server, Servicer
from chassis.rpc.servicer import RolesIncomplete, roles_of
from chassis.settings import ServiceSettings
from tests.chassis.rpc.conftest import NAME, ROLES, Door, Place, add_door
from tests.chassis.rpc.test_errors_on_the_wire import detail, failure


def test_a_call_without_a_token_is_unauthenticated_and_told_what_to_send(place: Place) -> None:
    say = place.plain().unary_unary(f"/{NAME}/Say", StringValue.SerializeToString, StringValue.FromString)
    code, status = failure(lambda: say(StringValue(value="x"), timeout=5))
    assert code is StatusCode.UNAUTHENTICATED
    assert "authorization: Bearer <token>" in status.message


@pytest.mark.parametrize("token", ["wrong", "", "é".encode().decode("latin-1")])
def test_a_bad_token_is_unauthenticated(place: Place, token: str) -> None:
    say = place.plain().unary_unary(f"/{NAME}/Say", StringValue.SerializeToString, StringValue.FromString)
    metadata = (("authorization", f"Bearer {token}".encode("ascii", "ignore").decode()),)
    code, _ = failure(lambda: say(StringValue(value="x"), timeout=5, metadata=metadata))
    assert code is StatusCode.UNAUTHENTICATED


def test_another_scheme_is_unauthenticated(place: Place) -> None:
    say = place.plain().unary_unary(f"/{NAME}/Say", StringValue.SerializeToString, StringValue.FromString)
    metadata = (("authorization", f"Basic {place.tokens['viewer']}"),)
    code, _ = failure(lambda: say(StringValue(value="x"), timeout=5, metadata=metadata))
    assert code is StatusCode.UNAUTHENTICATED


def test_a_missing_role_is_permission_denied_and_named(place: Place) -> None:
    code, status = failure(lambda: place.caller("viewer").collect("a"))
    assert code is StatusCode.PERMISSION_DENIED
    assert status.message == "viewer may not do this: it needs the role operator"
    assert detail(status, error_details_pb2.ErrorInfo).reason == "NOT_ALLOWED"


def test_a_stream_is_checked_before_it_begins(place: Place) -> None:
    seen: list[str] = []

    def act(text: str) -> str:
        seen.append(text)
        return text

    place.door.act = act
    code, _ = failure(lambda: place.caller("admin").echo("a", "b"))
    assert code is StatusCode.PERMISSION_DENIED
    assert seen == []


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("viewer", {"say"}),
        ("operator", {"say", "collect"}),
        ("admin", {"say", "collect"}),
        ("service", {"say", "collect", "echo"}),
    ],
)
def test_roles_cover_what_they_say(place: Place, role: str, allowed: set[str]) -> None:
    caller = place.caller(role)
    calls: dict[str, Callable[[], object]] = {
        "say": lambda: caller.say("x"),
        "collect": lambda: caller.collect("x"),
        "echo": lambda: caller.echo("x"),
    }
    for name, act in calls.items():
        if name in allowed:
            act()
        else:
            assert failure(act)[0] is StatusCode.PERMISSION_DENIED


def test_the_servicer_sees_who_calls_from_the_first_to_the_last_response_of_a_stream(place: Place) -> None:
    place.door.act = lambda text: f"{call.current().principal.name} {call.current().method} {text}"
    answers = list(place.caller("operator").count(3))
    assert answers == [f"operator /{NAME}/Count {number}" for number in range(3)]
    assert call.current_or_none() is None


def test_the_call_speaks_the_language_asked_for_else_the_principals(place: Place) -> None:
    place.door.act = lambda _: call.current().locale
    assert place.caller().say("x") == "fr"
    assert place.caller().say("x", metadata=(("accept-language", "en-GB,fr;q=0.5"),)) == "en"
    assert place.caller().say("x", metadata=(("accept-language", "pl"),)) == "fr"


def test_a_method_without_a_role_stops_the_start(
    settings: Callable[..., ServiceSettings], principals: Principals
) -> None:
    short = {name: role for name, role in ROLES.items() if name != "Collect"}
    with pytest.raises(RolesIncomplete, match="Collect has no role"):
        Server(settings(), [Servicer(NAME, add_door, Door(), short)], principals)


def test_a_role_without_a_method_and_a_wrong_name_stop_it_too() -> None:
    with pytest.raises(RolesIncomplete, match="Shout has a role and does not exist"):
        roles_of([Servicer(NAME, add_door, Door(), {**ROLES, "Shout": Role.VIEWER})])
    with pytest.raises(RolesIncomplete, match="is not what its servicer registers"):
        roles_of([Servicer("backroom.door.v2.DoorService", add_door, Door(), ROLES)])


def test_reflection_names_the_services_to_viewers_only(place: Place) -> None:
    caller = place.caller("viewer")
    assert NAME in ProtoReflectionDescriptorDatabase(caller.channel).get_services()
    with pytest.raises(grpc.RpcError) as caught:
        ProtoReflectionDescriptorDatabase(place.plain()).get_services()
    assert caught.value.code() is StatusCode.UNAUTHENTICATED


def test_reflection_can_be_switched_off(open_door: Callable[..., Place]) -> None:
    place = open_door(reflection=False)
    with pytest.raises(grpc.RpcError) as caught:
        ProtoReflectionDescriptorDatabase(place.caller("admin").channel).get_services()
    assert caught.value.code() is StatusCode.UNIMPLEMENTED


def test_a_new_principal_may_call_without_a_restart(place: Place, principals: Principals, tmp_path: Path) -> None:
    token, token_hash = new_token()
    assert failure(lambda: place.caller(token=token).say("x"))[0] is StatusCode.UNAUTHENTICATED
    with (tmp_path / "principals.toml").open("a") as file:
        file.write(f'[[principal]]\nname = "ana"\ntoken_hashes = ["{token_hash}"]\nroles = ["viewer"]\n')
    place.door.act = lambda _: call.current().principal.name
    assert place.caller(token=token).say("x") == "ana"
