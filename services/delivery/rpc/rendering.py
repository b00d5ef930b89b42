"""What the use cases answer, as the contract says it. Secrets never come this way."""

from backroom.delivery.v1 import delivery_pb2 as pb
from backroom.type.v1 import type_pb2
from chassis.rpc.messages import timestamp
from chassis.texts import Texts
from services.delivery.application.explaining import explain
from services.delivery.domain.destinations import destination_name
from services.delivery.domain.spool import FileState, SpoolFile

STATES = {state: f"STATE_{state.value}" for state in FileState}


def render_spooled(file: SpoolFile) -> type_pb2.SpooledFile:
    """A file as manifests name it."""
    return type_pb2.SpooledFile(
        name=f"files/{file.id}", file_name=file.file_name, size_bytes=file.size_bytes, sha256=file.sha256
    )


def render_file(file: SpoolFile, texts: Texts, locale: str) -> pb.File:
    """A file of the spool."""
    return pb.File(
        file=render_spooled(file),
        state=STATES[file.state],
        task=f"tasks/{file.task}",
        run=f"runs/{file.run}",
        destination="" if file.destination is None else destination_name(file.destination),
        attempts=file.attempts,
        last_error="" if file.failure is None else explain(texts, locale, file.failure).message,
        next_attempt_time=timestamp(file.next_attempt_time),
        create_time=timestamp(file.create_time),
        deliver_time=timestamp(file.deliver_time),
        site=file.site,
        mode=f"OPERATING_MODE_{file.mode.upper()}",
        delivered_name=file.target_name or "",
        unspooled=file.unspooled,
    )
