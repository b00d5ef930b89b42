"""Tries a destination all the way, as it is stored or as somebody is typing it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from chassis.errors import Unavailable
from chassis.journal import Level
from chassis.texts import Texts
from services.delivery.application.explaining import explain, failure_of
from services.delivery.application.far_ends import Carriers, Posts
from services.delivery.application.keeping_destinations import draft_to_edit
from services.delivery.application.ports import OpenWork, Places
from services.delivery.application.probing import Probe, ProbeFolder
from services.delivery.domain.destinations import Destination, Postal
from services.delivery.domain.drafts import Draft, checked
from services.delivery.domain.failures import CarryFailed, HostKeyChanged, HostKeyUnknown
from services.delivery.domain.spool import Failure
from services.delivery.domain.warnings import PROBE_LEFT, warnings_of
from services.delivery.domain.whereabouts import address_of

SOURCE = "destinations"
DRAFT = "draft"  #: id of what is not stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be tried."""

    identifier: str | None  #: of the stored destination; None: there is only a draft
    edit: Callable[[Draft], Draft] | None  #: what somebody has typed over it; None: it is tried as stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who wants to know."""

    user: str
    peer: str = ""
    correlation: str = ""
    over: Callable[[], bool] = field(default=lambda: False)  #: True once nobody waits for the answer

    def go_on(self) -> None:
        """Raises `Unavailable` once nobody waits for the answer."""
        if self.over():
            raise Unavailable("the call's time was over before the destination had answered; give it more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a try went."""

    failure: Failure | None = None
    warnings: Sequence[str] = ()  #: keys of the catalogue
    host_key: str = ""  #: that the server showed and nobody has approved, in the form of a known_hosts entry
    fingerprint: str = ""  #: of that key


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyDestination:
    """Logs in, writes, renames, deletes; by e-mail and IMAP a message. No transaction is open meanwhile."""

    open_work: OpenWork
    carriers: Carriers
    posts: Posts
    roots: Sequence[PurePosixPath]  #: folders that server paths must lie in
    texts: Texts
    locale: str  #: of the journal
    places: Places

    def __call__(self, asked: Asked, asker: Asker) -> Verdict:
        """How the try went. Raises `UnknownResource`, `InvalidInput`, `WrongState` and `Unavailable`."""
        with self.places():
            with self.open_work() as work:
                stored = None if asked.identifier is None else work.destinations.get(asked.identifier)
                now = work.now()
            destination = self._destination(asked, stored, now)
            warnings = list(warnings_of(destination.method, now))
            try:
                failure = self._try(destination, asker, warnings)
            except Unavailable:
                self._tell("journal.left_unverified", Level.WARNING, stored, destination, asker)
                raise
            if failure is None:
                self._tell("journal.verified", Level.INFORMATION, stored, destination, asker)
            else:
                reason = explain(self.texts, self.locale, failure_of(failure)).message
                self._tell("journal.not_verified", Level.WARNING, stored, destination, asker, reason=reason)
        return verdict_of(failure, warnings)

    def _destination(self, asked: Asked, stored: Destination | None, now: datetime) -> Destination:
        if asked.edit is None and stored is not None:
            return stored
        draft = Draft() if stored is None else draft_to_edit(stored)
        draft = draft if asked.edit is None else asked.edit(draft)
        found = checked(draft, self.roots, stored=None if stored is None else stored.method, trying=True)
        return Destination(
            id=DRAFT if asked.identifier is None else asked.identifier,
            display_name=draft.display_name,
            method=found.method,
            transfer=found.transfer,
            version=0,
            create_time=now,
            update_time=now,
        )

    def _try(self, destination: Destination, asker: Asker, warnings: list[str]) -> CarryFailed | None:
        if isinstance(destination.method, Postal):
            return self._post(destination, asker, warnings)
        probed = ProbeFolder(carriers=self.carriers)(destination, asker.go_on)
        if probed.left:
            warnings.append(PROBE_LEFT)
        return probed.failure

    def _post(self, destination: Destination, asker: Asker, warnings: list[str]) -> CarryFailed | None:
        try:
            with self.posts(destination) as post:
                asker.go_on()
                warnings += post.verify(Probe.new(write_directly=True).name)
        except CarryFailed as failure:
            return failure
        return None

    def _tell(
        self,
        key: str,
        level: Level,
        stored: Destination | None,
        tried: Destination,
        asker: Asker,
        **facts: str,
    ) -> None:
        name = self.texts.get("journal.unstored", self.locale) if stored is None else stored.name
        text = self.texts.get(key, self.locale, destination=name, address=address_of(tried.method), **facts)
        with self.open_work() as work:
            work.journal.write(
                text, source=SOURCE, level=level, user=asker.user, peer=asker.peer, correlation=asker.correlation
            )


def verdict_of(failure: CarryFailed | None, warnings: Sequence[str]) -> Verdict:
    """The answer to a try."""
    if failure is None:
        return Verdict(warnings=tuple(warnings))
    shown = failure if isinstance(failure, HostKeyUnknown | HostKeyChanged) else None
    return Verdict(
        failure=failure_of(failure),
        warnings=tuple(warnings),
        host_key="" if shown is None else shown.host_key,
        fingerprint="" if shown is None else shown.fingerprint,
    )
