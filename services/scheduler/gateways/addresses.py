"""Where handlers and deliveries are reached, by key: the central ones by settings, a site's own by its row."""

import threading
import time
from collections.abc import Mapping, Sequence

from chassis.errors import Unavailable
from services.scheduler.application.ports import OpenWork
from services.scheduler.domain.sites import DELIVERY, handler_at

GOOD_FOR = 2.0  #: seconds that a site's row is kept


class AddressBook:
    """Key to address: `sales` is the central handler of this name, `lyon/sales` the one of the site lyon."""

    def __init__(self, handlers: Mapping[str, str], delivery: str, open_work: OpenWork) -> None:
        self._central = {**handlers, DELIVERY: delivery}
        self.offering = sorted(handlers)  #: central handlers that offer task types
        self._open_work = open_work
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, str]] = {}

    def central(self) -> Sequence[str]:
        """The keys of every central handler, delivery among them."""
        return sorted(self._central)

    def own(self, site: str) -> Mapping[str, str]:
        """The handlers that a site has of its own, name to key; none where nobody knows the site."""
        with self._open_work() as work:
            found = work.sites.get_many([site]).get(site)
        return {} if found is None else {name: handler_at(found, name) for name in sorted(found.draft.handlers)}

    def of(self, key: str) -> str:
        """Raises `Unavailable` where nobody is known by this key."""
        address = self._find(key)
        if not address:
            site, slash, handler = key.rpartition("/")
            where = f"the handlers of sites/{site}" if slash else "BACKROOM_HANDLERS"
            raise Unavailable(f"no handler is called {handler} now; name it in {where}")
        return address

    def knows(self, key: str) -> bool:
        """Whether somebody is known by this key."""
        return bool(self._find(key))

    def _find(self, key: str) -> str:
        site, slash, handler = key.rpartition("/")
        return self._of_site(key, site, handler) if slash else self._central.get(key, "")

    def _of_site(self, key: str, site: str, handler: str) -> str:
        with self._lock:
            until, address = self._known.get(key, (0.0, ""))
        if until > time.monotonic():
            return address
        with self._open_work() as work:
            found = work.sites.get_many([site]).get(site)
        if found is None:
            address = ""
        else:
            address = found.draft.delivery if handler == DELIVERY else found.draft.handlers.get(handler, "")
        with self._lock:
            self._known[key] = (time.monotonic() + GOOD_FOR, address)
        return address
