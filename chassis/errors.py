"""Expected failures, common to every service. An error carries facts and says what to do; it knows no status code.

BackroomError
├── InvalidInput         a request is not as it should be; names each field
│   └── RequestIdReused  the same request_id came with another body
├── UnknownResource      nothing has this name
├── ResourceExists       the name is taken
├── StaleEtag            somebody changed it since it was read
├── WrongState           the verb is not allowed in this state
├── NotAuthenticated     who is calling is not known
├── NotAllowed           who is calling may not do this
├── LimitReached         too much at once or in all
├── Unavailable          cannot be done now; the same may succeed later
└── RemoteRefused        another service said no
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that is not as it should be, and what to do about it."""

    field: str  #: dotted path in the request, e.g. `task.options.stores[2]`
    description: str


class BackroomError(Exception):
    """Something expected went wrong."""

    reason: ClassVar[str] = "BACKROOM_ERROR"  #: stable, upper-snake; by default the class's name

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "reason" not in cls.__dict__:
            cls.reason = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).upper()


class InvalidInput(BackroomError):
    """A request is not as it should be."""

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.description}" for problem in problems))
        self.problems: Sequence[FieldProblem] = problems


class RequestIdReused(InvalidInput):
    """The same request_id came with another body."""

    def __init__(self, request_id: str) -> None:
        super().__init__(
            FieldProblem("request_id", f"{request_id} was used for another request; use a new UUID for each write")
        )


class UnknownResource(BackroomError):
    """Nothing has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} does not exist; list the collection to see what does")
        self.name = name


class ResourceExists(BackroomError):
    """The name is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} exists already; choose another name or update it")
        self.name = name


class StaleEtag(BackroomError):
    """Somebody changed it since it was read."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was changed since you read it; get it again and repeat your change")
        self.name = name


class WrongState(BackroomError):
    """The verb is not allowed in this state."""

    def __init__(self, name: str, state: str, wanted: str) -> None:
        super().__init__(f"{name} is {state}; this needs it to be {wanted}")
        self.name, self.state, self.wanted = name, state, wanted


class NotAuthenticated(BackroomError):
    """Who is calling is not known."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}; send `authorization: Bearer <token>` with a token of the principals file")


class NotAllowed(BackroomError):
    """Who is calling may not do this."""

    def __init__(self, who: str, needs: str) -> None:
        super().__init__(f"{who} may not do this: it needs {needs}")
        self.who, self.needs = who, needs


class LimitReached(BackroomError):
    """Too much at once or in all."""


class Unavailable(BackroomError):
    """Cannot be done now; the same may succeed later."""

    def __init__(self, what: str, retry_after: timedelta | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class RemoteRefused(BackroomError):
    """Another service said no; repeating the same call would not help."""

    def __init__(self, code: str, reason: str, message: str, problems: Sequence[FieldProblem] = ()) -> None:
        super().__init__(message)
        self.code, self.remote_reason, self.problems = code, reason, problems
