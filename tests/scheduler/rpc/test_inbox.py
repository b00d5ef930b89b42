"""InboxService on a real server: everybody reads their own messages."""

from uuid import uuid4

import grpc
import pytest

from backroom.scheduler.v1 import scheduler_pb2
from tests.scheduler.rpc.conftest import Served, task, wrong_fields
from tests.scheduler.team import failed, succeeded

List = scheduler_pb2.ListMessagesRequest


@pytest.fixture
def told(served: Served) -> Served:
    """Three messages for anne, the second of them of a failure; one for brian."""
    answers = [succeeded("un"), failed(), succeeded("trois")]
    served.house.others.team.does = lambda entry: answers.pop(0)
    for title in "abc":
        people = ["anne", "brian"] if title == "b" else []
        made = served.create(task(title, notification=scheduler_pb2.Notification(principals=people)))
        served.tasks().RunTask(scheduler_pb2.RunTaskRequest(name=made.name))
        served.house.settle()
    return served


def test_messages_are_the_readers_own_newest_first(told: Served) -> None:
    mine = told.inbox().ListMessages(List())
    assert [message.subject for message in mine.messages] == ["c", "b : échec", "a"]
    assert mine.unread_count == 3
    theirs = told.inbox("brian").ListMessages(List())
    assert [message.subject for message in theirs.messages] == ["b: failed"]
    with pytest.raises(grpc.RpcError) as refused:
        told.inbox("brian").GetMessage(scheduler_pb2.GetMessageRequest(name=mine.messages[0].name))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_marking_counts_what_was_unread_and_marks_all_or_nothing(told: Served) -> None:
    stub = told.inbox()
    names = [message.name for message in stub.ListMessages(List()).messages]
    foreign = told.inbox("brian").ListMessages(List()).messages[0].name
    with pytest.raises(grpc.RpcError) as refused:
        stub.MarkMessagesRead(scheduler_pb2.MarkMessagesReadRequest(names=[names[0], foreign]))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert stub.ListMessages(List()).unread_count == 3
    assert stub.MarkMessagesRead(scheduler_pb2.MarkMessagesReadRequest(names=names[:2])).marked_count == 2
    assert stub.MarkMessagesRead(scheduler_pb2.MarkMessagesReadRequest(names=names)).marked_count == 1
    assert stub.ListMessages(List(filter="read = false")).unread_count == 0
    assert told.inbox("brian").ListMessages(List()).unread_count == 1


def test_messages_are_filtered(told: Served) -> None:
    stub = told.inbox()
    (wrong,) = stub.ListMessages(List(filter="error = true")).messages
    assert wrong.category == "Erreurs"
    assert stub.ListMessages(List(filter=f"run = {wrong.run}")).messages == [wrong]
    reports = stub.ListMessages(List(filter='category = "Rapports de tâches"'))
    assert [message.subject for message in reports.messages] == ["c", "a"]


def test_what_is_unread_is_counted_by_category_whatever_the_filter(told: Served) -> None:
    stub = told.inbox()
    listed = stub.ListMessages(List(filter="error = true"))
    assert (listed.unread_count, dict(listed.unread_counts)) == (3, {"Rapports de tâches": 2, "Erreurs": 1})
    stub.MarkMessagesRead(scheduler_pb2.MarkMessagesReadRequest(names=[listed.messages[0].name]))
    assert dict(stub.ListMessages(List()).unread_counts) == {"Rapports de tâches": 2}
    assert dict(told.inbox("brian").ListMessages(List()).unread_counts) == {"Errors": 1}
    assert not told.inbox("wolf").ListMessages(List()).unread_counts


def test_messages_are_deleted_all_or_none_and_nobody_deletes_anothers(told: Served) -> None:
    stub, id = told.inbox(), str(uuid4())
    first, second, third = (message.name for message in stub.ListMessages(List()).messages)
    foreign = told.inbox("brian").ListMessages(List()).messages[0].name
    for unknown in (foreign, "messages/999"):
        with pytest.raises(grpc.RpcError) as refused:
            stub.DeleteMessages(scheduler_pb2.DeleteMessagesRequest(names=[first, unknown]))
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    for _ in range(2):
        stub.DeleteMessages(scheduler_pb2.DeleteMessagesRequest(names=[first, third], request_id=id))
    assert [message.name for message in stub.ListMessages(List()).messages] == [second]
    assert len(told.inbox("brian").ListMessages(List()).messages) == 1


def test_no_names_and_bad_names_are_refused(told: Served) -> None:
    for names, field in ([], "names"), (["message/1"], "names[0]"):
        with pytest.raises(grpc.RpcError) as refused:
            told.inbox().MarkMessagesRead(scheduler_pb2.MarkMessagesReadRequest(names=names))
        assert wrong_fields(refused.value) == [field]
