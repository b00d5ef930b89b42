"""Options that are secrets: found wherever a schema says so, left out, kept, missed."""

from typing import Any

import pytest

from services.scheduler.domain.secret_options import lacks, missing_secrets, with_secrets, without_secrets

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["password", "user"],
    "properties": {
        "user": {"type": "string"},
        "password": {"type": "string", "writeOnly": True},
        "server": {"$ref": "#/$defs/server"},
        "keys": {"type": "array", "items": {"type": "string", "format": "password"}},
        "servers": {"type": "array", "items": {"$ref": "#/$defs/server"}},
        "either": {"oneOf": [{"type": "integer"}, {"type": "string", "writeOnly": True}]},
    },
    "patternProperties": {"^x-": {"writeOnly": True}},
    "additionalProperties": {"type": "object", "properties": {"pin": {"format": "password"}}},
    "$defs": {
        "server": {
            "type": "object",
            "required": ["token"],
            "properties": {
                "host": {"type": "string"},
                "token": {"writeOnly": True},
                "next": {"$ref": "#/$defs/server"},
            },
        }
    },
}


def test_what_no_schema_calls_a_secret_stays() -> None:
    options: dict[str, Any] = {"user": "u", "server": {"host": "h", "next": {"host": "i"}}, "servers": [{"host": "h"}]}
    assert without_secrets(options, SCHEMA) == (options, [])


@pytest.mark.parametrize(
    ("options", "kept", "paths"),
    [
        ({"password": "p", "user": "u"}, {"user": "u"}, ["password"]),
        ({"server": {"host": "h", "token": "t"}}, {"server": {"host": "h"}}, ["server.token"]),
        (
            {"server": {"next": {"next": {"token": "t"}}}},
            {"server": {"next": {"next": {}}}},
            ["server.next.next.token"],
        ),
        ({"servers": [{"host": "h"}, {"token": "t"}]}, {"servers": [{"host": "h"}, {}]}, ["servers[1].token"]),
        ({"keys": ["a", "b"]}, {}, ["keys"]),
        ({"either": "s"}, {}, ["either"]),
        ({"x-api": "s"}, {}, ["x-api"]),
        ({"other": {"pin": "1", "name": "n"}}, {"other": {"name": "n"}}, ["other.pin"]),
    ],
)
def test_secrets_are_left_out_and_named(options: dict[str, Any], kept: dict[str, Any], paths: list[str]) -> None:
    assert without_secrets(options, SCHEMA) == (kept, paths)


def test_secrets_that_are_required_are_missed_where_they_belong() -> None:
    assert missing_secrets({}, SCHEMA) == ["password"]
    assert missing_secrets({"server": {}}, SCHEMA) == ["password", "server.token"]
    assert missing_secrets({"password": "p", "server": {"token": "t"}}, SCHEMA) == []
    assert missing_secrets({}, {"type": "object", "required": ["user"]}) == []


def test_secrets_of_earlier_options_fill_in_and_nothing_else_does() -> None:
    kept: dict[str, Any] = {"user": "u", "password": "p", "server": {"host": "h", "token": "t"}}
    assert with_secrets({"user": "v", "server": {"host": "i"}}, kept, SCHEMA) == {
        "user": "v",
        "password": "p",
        "server": {"host": "i", "token": "t"},
    }
    assert with_secrets({"password": "new"}, kept, SCHEMA)["password"] == "new"
    assert "server" not in with_secrets({}, kept, SCHEMA)


def test_lists_keep_the_secrets_of_parts_that_are_as_they_were() -> None:
    kept: dict[str, Any] = {"keys": ["k"], "servers": [{"host": "h", "token": "t"}, {"host": "i", "token": "u"}]}
    assert with_secrets({"servers": [{"host": "h"}, {"host": "j"}, {}]}, kept, SCHEMA) == {
        "keys": ["k"],
        "servers": [{"host": "h", "token": "t"}, {"host": "j"}, {}],
    }
    assert with_secrets({"keys": [], "servers": []}, kept, SCHEMA) == {"keys": [], "servers": []}


def test_whether_something_stands_at_a_path() -> None:
    assert not lacks({"server": {"token": None}}, "server.token")
    assert lacks({"server": {}}, "server.token")
    assert lacks({"server": "s"}, "server.token")
