"""Writes a small file into a folder, gives it its name and takes it away again."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from services.delivery.application.far_ends import Carrier, Carriers, Upload
from services.delivery.domain.destinations import Destination
from services.delivery.domain.failures import CannotRename, CarryFailed, ConnectionLost, NoPermission, TimedOut
from services.delivery.domain.file_failures import HashNotVerified, NotVerified, RefusedByServer, TemporaryMissing
from services.delivery.domain.transfer_options import Existing


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A file that is there for a moment only: hidden, and of no name that a receiver looks for."""

    name: str
    temporary: str
    content: bytes = field(repr=False)

    @classmethod
    def new(cls, *, write_directly: bool) -> "Probe":
        """One of its own for each try."""
        identifier = uuid4()
        name = f".backroom-probe-{identifier}"
        return cls(
            name=name,
            temporary=name if write_directly else f"{name}.part",
            content=hashlib.sha512(identifier.bytes).digest(),
        )

    @property
    def names(self) -> Sequence[str]:
        """Every name under which it may lie."""
        return sorted({self.temporary, self.name})


@dataclass(slots=True)
class Probed:
    """What came of it."""

    failure: CarryFailed | None = None
    left: bool = False  #: something of the probe may still lie there


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFolder:
    """One connection; a second one only to take away what a broken first one may have left."""

    carriers: Carriers

    def __call__(self, destination: Destination, go_on: Callable[[], None]) -> Probed:
        """Tries a folder. `go_on` is asked before each step, and raises where nobody waits any more."""
        probe = Probe.new(write_directly=destination.transfer.write_directly)
        probed = Probed()
        try:
            with self.carriers(destination) as carrier:
                go_on()
                carrier.prepare(make=not destination.transfer.folder_must_exist)
                probed.left = True
                try:
                    write(carrier, destination, probe, go_on)
                except (TimedOut, ConnectionLost):  # the connection is of no use any more
                    raise
                except BaseException:  # also where nobody waits any more: what was begun is taken away
                    probed.left = not cleared(carrier, probe)
                    raise
                probed.left = not cleared(carrier, probe)
        except CarryFailed as failure:
            probed.failure = failure
        if probed.left:
            probed.left = not self._cleared_anew(destination, probe)
        return probed

    def _cleared_anew(self, destination: Destination, probe: Probe) -> bool:
        try:
            with self.carriers(destination) as carrier:
                carrier.prepare(make=False)
                return cleared(carrier, probe)
        except CarryFailed:
            return False


def write(carrier: Carrier, destination: Destination, probe: Probe, go_on: Callable[[], None]) -> None:
    """What a sending does, in small. Raises `CarryFailed`."""
    go_on()
    size = len(probe.content)
    (arrived,) = carrier.write([Upload(name=probe.temporary, size_bytes=size, chunks=[probe.content])])
    if isinstance(arrived, CarryFailed):
        raise arrived
    seen = carrier.sizes([probe.temporary]).get(probe.temporary, size)  # some servers let nobody look
    for told in (arrived.size_bytes, seen):
        if told is not None and told != size:
            raise NotVerified(probe.temporary, size, told)
    if arrived.sha256 is not None and arrived.sha256 != hashlib.sha256(probe.content).hexdigest():
        raise HashNotVerified(probe.temporary)
    if probe.temporary == probe.name:
        return
    go_on()
    replace = destination.transfer.existing is Existing.REPLACE
    (failure,) = carrier.rename([(probe.temporary, probe.name)], replace=replace)
    if isinstance(failure, TemporaryMissing):  # it was there a moment ago, and nobody else knows its name
        raise NotVerified(probe.temporary, size, 0) from failure
    if isinstance(
        failure, RefusedByServer | NoPermission
    ):  # nothing bears the name: it is the renaming that is refused
        raise CannotRename(probe.temporary, failure.facts["answer"]) from failure
    if failure is not None:
        raise failure


def cleared(carrier: Carrier, probe: Probe) -> bool:
    """Takes the probe away; whether nothing of it is there any more."""
    try:
        carrier.remove(probe.names)
    except CarryFailed:
        return _is_gone(carrier, probe)
    return True


def _is_gone(carrier: Carrier, probe: Probe) -> bool:
    try:
        return not carrier.sizes(probe.names)
    except CarryFailed:
        return False
