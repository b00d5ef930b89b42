"""What is kept of a fetch: which files were committed, by whom, what could not be taken away. Short transactions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.errors import Unavailable
from chassis.journal.entry import Level
from chassis.texts import Texts
from services.delivery.application.explaining import explain, failure_of
from services.delivery.application.far_ends import Offered
from services.delivery.application.fetch_ports import Consumer, FetchMeter
from services.delivery.application.ports import OpenWork, Work
from services.delivery.domain.destinations import Destination, Sandbox
from services.delivery.domain.failures import CarryFailed
from services.delivery.domain.fetching import FetchedFile, FetchOrder, Remembered

SOURCE = "fetching"
MOST_NAMES = 20  #: told of files that are passed over


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLedger:
    """The memory of one fetch. Of what is practised with, nothing is kept but the journal: it comes again."""

    open_work: OpenWork
    order: FetchOrder
    destination: Destination  #: the sandbox in training
    texts: Texts
    locale: str  #: of the journal
    meter: FetchMeter
    consumer: Consumer

    def check_mode(self) -> None:
        """Raises `Unavailable` while the site is not in normal mode, for what is fetched by itself."""
        with self.open_work() as work:
            if work.fetched.held_back(self.order.site, self.order.mode):
                raise Unavailable(
                    f"site {self.order.site} is not in normal mode: nothing is fetched for it by itself; "
                    "by hand, give the mode ISOLATED, or TRAINING for the sandbox"
                )

    def known(self, offered: Sequence[Offered]) -> tuple[Sequence[Remembered], datetime]:
        """Committed files that had these keys, and the database's time."""
        with self.open_work() as work:
            keys = [] if self._practises else [each.key for each in offered]
            return work.fetched.known(self.destination.id, keys) if keys else (), work.now()

    def renew(self, known: Iterable[Remembered]) -> None:
        """They are still there, as they were."""
        with self.open_work() as work:
            work.fetched.renew([each.id for each in known])

    def committed(self, contents: Sequence[str]) -> set[str]:
        """Those of these contents that were committed before."""
        if self._practises:
            return set()
        with self.open_work() as work:
            return work.fetched.committed(self.destination.id, contents)

    def commit(self, file: FetchedFile) -> None:
        """The consumer has it. From now on it is taken away and never sent again, whatever happens."""
        with self.open_work() as work:
            self._remember(work, [file])
            self._tell(work, "fetched", Level.INFORMATION, **facts_of(file), user=self.consumer.user)
        self.meter.fetched(self.destination.protocol, "committed")

    def remember(self, doubles: Sequence[FetchedFile]) -> None:
        """Their contents were committed before."""
        with self.open_work() as work:
            self._remember(work, doubles)
            for file in doubles:
                self._tell(work, "fetched_before", Level.INFORMATION, **facts_of(file))
        for _ in doubles:
            self.meter.fetched(self.destination.protocol, "double")

    def kept(self) -> str:
        """The consumer does not have it; answers what it is told."""
        self.meter.fetched(self.destination.protocol, "kept")
        return self.texts.get("fetch.kept", self.consumer.locale)

    def not_cleared(self, offered: Offered, error: CarryFailed) -> str:
        """It could not be taken away; answers why, for the consumer."""
        with self.open_work() as work:
            self._tell(work, "not_cleared", Level.WARNING, file_name=offered.name, reason=self._why(error, self.locale))
        self.meter.fetched(self.destination.protocol, "not-cleared")
        return self._why(error, self.consumer.locale)

    def not_read(self, offered: Offered, error: CarryFailed) -> None:
        """It could not be brought here."""
        with self.open_work() as work:
            self._tell(work, "not_fetched", Level.WARNING, file_name=offered.name, reason=self._why(error, self.locale))
        self.meter.fetched(self.destination.protocol, "failed")

    def misnamed(self, offered: Sequence[Offered]) -> None:
        """Files that are passed over for their names."""
        names = ", ".join(ascii(each.name) for each in offered[:MOST_NAMES])
        with self.open_work() as work:
            self._tell(work, "misnamed", Level.WARNING, files=str(len(offered)), names=names)

    def say(self, key: str) -> str:
        """A sentence for the consumer."""
        return self.texts.get(f"fetch.{key}", self.consumer.locale)

    @property
    def _practises(self) -> bool:
        return isinstance(self.destination.method, Sandbox)

    def _remember(self, work: Work, files: Sequence[FetchedFile]) -> None:
        if not self._practises:
            work.destinations.hold(self.destination.id)
            work.fetched.remember(files)

    def _why(self, error: CarryFailed, locale: str) -> str:
        why = explain(self.texts, locale, failure_of(error))
        return f"{why.message} {why.remedy}"

    def _tell(self, work: Work, key: str, level: Level, **facts: str) -> None:
        text = self.texts.get(f"journal.{key}", self.locale, destination=self.destination.name, **facts)
        work.journal.write(
            self.texts.get("journal.fetch_practised", self.locale, told=text) if self._practises else text,
            source=SOURCE,
            level=level,
            user=self.consumer.user,
            peer=self.consumer.peer,
            correlation=self.consumer.correlation,
        )


def facts_of(file: FetchedFile) -> dict[str, str]:
    """What the journal says of a file."""
    return {"file_name": file.file_name, "size_bytes": str(file.size_bytes), "sha256": file.sha256}
