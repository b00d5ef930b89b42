"""The planner's ear: sleeps on LISTEN until a schedule moves earlier, a time is up, or it is told to end."""

import threading
from datetime import timedelta

import psycopg

from chassis.database import Database
from chassis.errors import Unavailable
from services.scheduler.storage.schedule import CHANNEL

LISTEN = psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(CHANNEL))
SLICE = 0.25  #: seconds between two looks at the order to end


class ListeningAlarm:
    """One connection of its own, made when first needed and made again after it was lost."""

    def __init__(self, database: Database, stop: threading.Event) -> None:
        self._url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._name = database.application_name
        self._stop = stop
        self._connection: psycopg.Connection | None = None

    def listen(self) -> None:
        """Begins to hear; what was committed before is not heard, so look at the schedules after this."""
        if self._connection is not None and not self._connection.closed:
            return
        try:
            self._connection = psycopg.connect(
                self._url, autocommit=True, application_name=self._name, connect_timeout=5
            )
            self._connection.execute(LISTEN)
        except psycopg.OperationalError as error:
            self.close()
            raise Unavailable("the database cannot be listened to now") from error

    def wait(self, longest: timedelta) -> None:
        """Returns when a schedule moved earlier, after `longest`, or when the process is to end."""
        left = longest.total_seconds()
        try:
            while left > 0 and not self._stop.is_set():
                self.listen()
                assert self._connection is not None  # noqa: S101 - listen() made it
                if any(True for _ in self._connection.notifies(timeout=min(SLICE, left), stop_after=1)):
                    return
                left -= SLICE
        except (psycopg.OperationalError, Unavailable):
            self.close()
            self._stop.wait(min(1.0, max(left, 0.0)))  # the database is away; look again soon

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
