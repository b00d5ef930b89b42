"""JSON read strictly into a message."""

import pytest
from google.longrunning.operations_pb2 import ListOperationsRequest, WaitOperationRequest
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from backroom.scheduler.v1 import scheduler_pb2
from backroom.type.v1.type_pb2 import SpooledFile
from chassis.errors import InvalidInput
from chassis.rpc.messages import JSON
from chassis.rpc.strict_json import FewProblems, check_json, load_json, read_message


def read(value: JSON, message: Message) -> list[str]:
    problems: list[str] = []
    read_message(value, message, "x", lambda path, said: problems.append(f"{path}: {said}"))
    return problems


def test_a_message_is_read_field_by_field() -> None:
    file = SpooledFile()
    assert read({"name": "files/a", "size_bytes": 2**40, "sha256": "é"}, file) == []
    assert file == SpooledFile(name="files/a", size_bytes=2**40, sha256="é")
    wait = WaitOperationRequest()
    assert read({"name": "a", "timeout": "1.5s"}, wait) == []
    assert wait.timeout.nanos == 500_000_000


@pytest.mark.parametrize(
    ("value", "message", "says"),
    [
        ({"size_bytes": "1"}, SpooledFile(), "x.size_bytes: '1' does not fit; write a whole number"),
        ({"size_bytes": True}, SpooledFile(), "x.size_bytes: True does not fit"),
        ({"size_bytes": 2**63}, SpooledFile(), "x.size_bytes: 9223372036854775808 does not fit"),
        ({"code": 2**31}, Status(), "write a whole number from -2147483648 to 2147483647"),
        ({"name": ["a"]}, SpooledFile(), "x.name: a list does not fit; write a text"),
        ({"name": None}, SpooledFile(), "x.name: null does not fit; write a text"),
        ({"name": "\ud800"}, SpooledFile(), "x.name"),
        ({"sizeBytes": 1}, SpooledFile(), "x.sizeBytes: is not a field here; the fields are name"),
        ({"timeout": 5}, WaitOperationRequest(), "x.timeout: 5 cannot be read; write a text such as '90s'"),
        ({"timeout": "5"}, WaitOperationRequest(), "x.timeout: '5' cannot be read"),
        ([], SpooledFile(), "x: is a list; write an object"),
        ({"page_size": 1.0}, ListOperationsRequest(), "x.page_size: 1.0 does not fit"),
    ],
)
def test_what_does_not_fit_is_named(value: JSON, message: Message, says: str) -> None:
    problems = read(value, message)
    assert len(problems) == 1
    assert says in problems[0]


def test_enums_choices_and_lists_are_read_and_their_mistakes_named() -> None:
    task = scheduler_pb2.Task()
    assert read({"dst_rule": "DST_RULE_LITERAL", "triggers": [{"cron": {"expression": "* * * * *"}}]}, task) == []
    assert task.dst_rule == scheduler_pb2.DST_RULE_LITERAL
    assert task.triggers[0].cron.expression == "* * * * *"
    assert [each.split(": ")[0] for each in read({"dst_rule": 3, "triggers": [{"cron": {}, "once": {}}, 5]}, task)] == [
        "x.dst_rule",
        "x.triggers[0].once",
        "x.triggers[1]",
    ]


def test_a_document_holds_each_name_once_whole_characters_and_few_levels() -> None:
    found: list[str] = []
    deep: JSON = "x"
    for _ in range(40):
        deep = [deep]
    document = load_json(b'{"a": {"b": 1, "b": 2}, "c": "\\ud800", "d": 1e999}', "file")
    check_json({"e": deep, **(document if isinstance(document, dict) else {})}, "", lambda path, _: found.append(path))
    assert found[0].startswith("e[0][0]")
    assert found[1:] == ["a.b", "c", "d"]


def test_of_many_problems_the_first_are_kept_and_the_others_counted() -> None:
    problems = FewProblems(2)
    problems.check()
    for number in range(5):
        problems.add(f"a[{number}]", "is wrong")
    with pytest.raises(InvalidInput) as refused:
        problems.check()
    assert [problem.field for problem in refused.value.problems] == ["a[0]", "a[1]", "file"]
    assert refused.value.problems[2].description == "3 more problems stand after these"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "breaks off at line 1, column 1"),
        (b'{"a": [1,', "breaks off at line 1, column 10"),
        (b'{"a":\n "b', "breaks off at line 2, column 4"),
        (b'{"a":\n oops}', "is not JSON at line 2, column 2"),
        (b'\n"\xff"', "is not UTF-8 at line 2, column 2"),
        (b"NaN", "NaN is not a number"),
        (b"1" * 5_000, "is not JSON"),
        (b"[" * 200_000, "levels deep"),
    ],
)
def test_what_is_no_document_is_told_with_its_place(content: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=r"^file: ") as refused:
        load_json(content, "file")
    assert says in str(refused.value)
