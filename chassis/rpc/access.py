"""Who may call what, and until when: the last layers before the servicer."""

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from chassis.auth import Principals, Role
from chassis.errors import NotAllowed, NotAuthenticated
from chassis.rpc import call
from chassis.rpc.layers import Incoming
from chassis.rpc.outgoing import TOKEN_KEY
from chassis.texts import LOCALES

LOCALE_KEY = "accept-language"
#: `time_remaining` of a call without a deadline may be a number that no clock holds.
NO_DEADLINE = 10**9


class Access:
    """Finds the principal of the token and checks its roles against the method's least role."""

    def __init__(self, principals: Principals, roles: Mapping[str, Role]) -> None:
        self._principals = principals
        self._roles = roles

    @contextmanager
    def around(self, incoming: Incoming) -> Iterator[None]:
        """See Layer."""
        scheme, _, token = incoming.metadata.get(TOKEN_KEY, "").partition(" ")
        if token and scheme.lower() != "bearer":
            raise NotAuthenticated(f"{scheme[:20]!r} is not how callers are known here")
        principal = self._principals.authenticate(token.strip())
        needed = self._roles[incoming.method]
        if not principal.has(needed):
            raise NotAllowed(principal.name, f"the role {needed.value}")
        incoming.principal = principal
        yield


class Entering:
    """Gives every call a deadline, except the `unhurried` that bring none, and makes it the current one."""

    def __init__(
        self,
        call_timeout: timedelta,
        stream_timeout: timedelta,
        draining: threading.Event,
        unhurried: Collection[str] = (),
    ) -> None:
        self._call_timeout = call_timeout
        self._stream_timeout = stream_timeout
        self._draining = draining
        self._unhurried = unhurried

    @contextmanager
    def around(self, incoming: Incoming) -> Iterator[None]:
        """See Layer."""
        if incoming.principal is None:
            raise NotAuthenticated("the call was not checked")
        left = self._time_left(incoming)
        deadline = None if left is None else datetime.now(UTC) + left
        incoming.deadline = deadline
        entered = call.Call(
            principal=incoming.principal,
            method=incoming.method,
            peer=incoming.peer,
            locale=_locale(incoming.metadata.get(LOCALE_KEY, "")) or incoming.principal.locale,
            correlation=incoming.correlation,
            deadline=deadline,
            over=lambda: (
                self._draining.is_set()
                or not incoming.context.is_active()
                or (deadline is not None and datetime.now(UTC) >= deadline)
            ),
        )
        with call.entered(entered):
            yield

    def _time_left(self, incoming: Incoming) -> timedelta | None:
        remaining: float | None = incoming.context.time_remaining()
        unhurried = incoming.method in self._unhurried
        if remaining is None or remaining > NO_DEADLINE:
            if unhurried:
                return None
            return self._stream_timeout if incoming.streams else self._call_timeout
        asked = timedelta(seconds=max(remaining, 0))
        return asked if unhurried else min(asked, max(self._stream_timeout, self._call_timeout))


def _locale(wanted: str) -> str:
    language = wanted.split(",")[0].split("-")[0].strip().lower()
    return language if language in LOCALES else ""
