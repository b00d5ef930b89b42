"""Backup of a service's database: pg_dump's custom format, streamed straight to its destination while it is made.

(Seed: Pour toutes les tâches automatisées sauf "Exportation de photos" et "Sauvegarde de la base".)
"""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from time import monotonic

from chassis.database import Database
from chassis.errors import BackroomError, RemoteRefused, Unavailable
from chassis.operations.execution import Execution
from chassis.operations.model import Outcome
from chassis.staging import Sender
from chassis.system.dumping import Dump, DumpFailed
from chassis.system.programs import find_pg_dump
from chassis.system.session import open_session
from chassis.texts import Texts

PATIENCE = timedelta(seconds=30)


class BackupFailed(BackroomError):
    """There is no backup, and trying the same again would not make one."""


class Backup:
    """Makes one. Another try makes a whole new file; nothing of one that broke off stays at the destination."""

    def __init__(self, service: str, database: Database, sender: Callable[[], Sender], texts: Texts) -> None:
        self._service = service
        self._database = database
        self._sender = sender
        self._texts = texts

    def __call__(self, execution: Execution) -> Outcome:
        task, begun = execution.task, monotonic()

        def say(key: str, **values: object) -> str:
            return self._texts.get(f"system.backup.{key}", task.locale, **values)

        file_name = task.file_name or f"{self._service}-{task.business_date:%Y%m%d}.dump"
        with open_session(self._database, execution, PATIENCE) as session:
            version = session.server_version()
            program = find_pg_dump(version)
            if program is None:
                raise BackupFailed(say("no_program", version=version))
            try:
                with closing(Dump.of(program, self._database).chunks(execution.check)) as chunks:
                    file = self._sender().send(execution, 0, file_name, chunks)
            except DumpFailed as failure:
                raise BackupFailed(say("failed", cause=failure)) from failure
            except Unavailable as fault:
                raise Unavailable(say("not_sent", cause=fault), fault.retry_after) from fault
            except RemoteRefused as refusal:
                raise BackupFailed(say("not_sent", cause=refusal)) from refusal
        report = say("done", seconds=round(monotonic() - begun), file_name=file.file_name, size=file.size_bytes)
        return Outcome(report=report)
