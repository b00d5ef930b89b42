import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from backroom.delivery.v1 import delivery_pb2
from backroom.scheduler.v1 import scheduler_pb2 as pb
from chassis.auth import Principal, Role
from chassis.database import Database
from chassis.errors import InvalidInput, RequestIdReused
from chassis.rpc.call import Call, entered
from chassis.rpc.writes import Writes, body_of
from chassis.work import UnitOfWork
from tests.conftest import SilentBell

METHOD = "/backroom.scheduler.v1.SchedulerService/CreateTask"


@pytest.fixture
def writes(make_database: Callable[[str | None], Database]) -> Writes[UnitOfWork]:
    database = make_database(None)
    return Writes(lambda: UnitOfWork(database, SilentBell()))


@pytest.fixture(autouse=True)
def ana() -> Iterator[None]:
    with entered(calling("ana")):
        yield


def calling(name: str, method: str = METHOD) -> Call:
    return Call(principal=Principal(name=name, roles=frozenset({Role.OPERATOR})), method=method)


class Counted:
    """A write that tells how often it ran."""

    def __init__(self) -> None:
        self.times = 0
        self._lock = threading.Lock()

    def __call__(self, work: UnitOfWork) -> pb.Task:
        with self._lock:
            self.times += 1
        return pb.Task(name=f"tasks/{self.times}")


def request(title: str = "night", request_id: str = "") -> pb.CreateTaskRequest:
    return pb.CreateTaskRequest(task=pb.Task(title=title), request_id=request_id)


def test_a_repeat_answers_the_first_result_and_does_nothing(writes: Writes[UnitOfWork]) -> None:
    act, asked = Counted(), request(request_id=str(uuid4()))
    first = writes.once(asked, pb.Task, act)
    assert writes.once(asked, pb.Task, act) == first == pb.Task(name="tasks/1")
    assert act.times == 1


def test_the_same_id_however_it_is_written_is_the_same_request(writes: Writes[UnitOfWork]) -> None:
    act, request_id = Counted(), uuid4()
    writes.once(request(request_id=str(request_id)), pb.Task, act)
    writes.once(request(request_id=str(request_id).upper()), pb.Task, act)
    assert act.times == 1


def test_the_same_id_with_another_body_is_refused(writes: Writes[UnitOfWork]) -> None:
    request_id = str(uuid4())
    writes.once(request("night", request_id), pb.Task, Counted())
    with pytest.raises(RequestIdReused):
        writes.once(request("day", request_id), pb.Task, Counted())


def test_ids_belong_to_their_caller_and_method(writes: Writes[UnitOfWork]) -> None:
    act, asked = Counted(), request(request_id=str(uuid4()))
    writes.once(asked, pb.Task, act)
    with entered(calling("bob")):
        writes.once(asked, pb.Task, act)
    with entered(calling("ana", METHOD.replace("Create", "Update"))):
        writes.once(asked, pb.Task, act)
    assert act.times == 3


def test_without_an_id_every_call_is_its_own(writes: Writes[UnitOfWork]) -> None:
    act = Counted()
    writes.once(request(), pb.Task, act)
    writes.once(request(), pb.Task, act)
    assert act.times == 2


def test_an_id_that_is_no_uuid_is_refused_and_named(writes: Writes[UnitOfWork]) -> None:
    with pytest.raises(InvalidInput, match="request_id: 'again' is not a UUID"):
        writes.once(request(request_id="again"), pb.Task, Counted())


def test_a_write_that_failed_may_be_repeated(writes: Writes[UnitOfWork]) -> None:
    asked, act = request(request_id=str(uuid4())), Counted()

    def fail(work: UnitOfWork) -> pb.Task:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        writes.once(asked, pb.Task, fail)
    assert writes.once(asked, pb.Task, act) == pb.Task(name="tasks/1")


def test_twins_at_the_same_time_do_the_work_once(writes: Writes[UnitOfWork]) -> None:
    act, asked = Counted(), request(request_id=str(uuid4()))

    def call(_: int) -> pb.Task:
        with entered(calling("ana")):
            return writes.once(asked, pb.Task, act)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(call, range(6)))
    assert answers == [pb.Task(name="tasks/1")] * 6
    assert act.times == 1


def test_no_secret_goes_into_the_hash_that_is_stored() -> None:
    def create(**secrets: str) -> bytes:
        sftp = delivery_pb2.Sftp(host="h", **secrets)  # type: ignore[arg-type]  # the test's shorthand
        return body_of(delivery_pb2.CreateDestinationRequest(destination=delivery_pb2.Destination(sftp=sftp)))

    assert create(password="a", private_key="b", passphrase="c") == create()
    assert create(user_name="anne") != create()
