"""What the use cases answer, as the contract says it. Secrets never come this way."""

from backroom.delivery.v1 import delivery_pb2 as pb
from backroom.type.v1 import type_pb2
from chassis.rpc.messages import timestamp
from chassis.texts import Texts
from services.delivery.application.explaining import explain
from services.delivery.domain.destinations import Destination, ServerPath, Sftp, destination_name
from services.delivery.domain.spool import Failure, FileState, SpoolFile

STATES = {state: f"STATE_{state.value}" for state in FileState}


def render_destination(destination: Destination) -> pb.Destination:
    """A destination without its secrets."""
    message = pb.Destination(
        name=destination.name,
        display_name=destination.display_name,
        create_time=timestamp(destination.create_time),
        update_time=timestamp(destination.update_time),
        etag=str(destination.version),
    )
    match destination.method:
        case ServerPath(folder=folder):
            message.server_path.folder = folder
        case Sftp() as sftp:
            message.sftp.CopyFrom(
                pb.Sftp(
                    host=sftp.host,
                    port=sftp.port,
                    user_name=sftp.user_name,
                    host_key=sftp.host_key.text,
                    folder=sftp.folder,
                    has_password=sftp.login.password is not None,
                    has_private_key=sftp.login.private_key is not None,
                )
            )
    return message


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
    )


def render_check(failure: Failure | None, texts: Texts, locale: str) -> pb.CheckDestinationResponse:
    """Whether a destination answers."""
    if failure is None:
        return pb.CheckDestinationResponse(reachable=True)
    why = explain(texts, locale, failure)
    return pb.CheckDestinationResponse(reason=why.reason, message=why.message, remedy=why.remedy)
