"""Tells how the night went: runs, reports, files, mails."""

from collections.abc import Sequence
from email import message_from_bytes, policy
from pathlib import Path

from rich.console import Console

from backroom.delivery.v1 import delivery_pb2
from backroom.scheduler.v1 import scheduler_pb2
from console.commands.runs import took
from console.connection import Connection
from console.demo.receivers import Receivers
from console.output import enum_name, escape, print_table

Run = scheduler_pb2.Run

REPORT_LINES = 12  #: of each report; a month's correction lists thousands of days
NAMES = 3  #: of each destination's files, and of mails


def tell_runs(runs: Sequence[Run], console: Console) -> None:
    """The runs as a table."""
    console.print("\n[bold]Runs[/]")
    print_table(
        ["run", "task", "state", ">took", ">files"],
        (
            (run.name, run.task_title, enum_name(Run.State, run.state), took(run), str(run.file_count or ""))
            for run in runs
        ),
        console=console,
    )
    for run in (run for run in runs if run.error.message):
        console.print(f"{run.name}: {escape(run.error.message)}", soft_wrap=True)


def tell_reports(connection: Connection, runs: Sequence[Run], console: Console) -> None:
    """What the inbox says of these runs, in the order they ran."""
    console.print("\n[bold]Inbox[/]")
    for run in runs:
        request = scheduler_pb2.ListMessagesRequest(page_size=10, filter=f'run = "{run.name}"')
        for listed in connection.inbox.ListMessages(request).messages:
            message = connection.inbox.GetMessage(scheduler_pb2.GetMessageRequest(name=listed.name))
            console.print(f"\n{message.category}: {message.subject}", style="bold", markup=False)
            lines = message.body.splitlines()
            for line in lines[:REPORT_LINES]:
                console.print(f"  {line}", markup=False, soft_wrap=True)
            if len(lines) > REPORT_LINES:
                more = f"  … {len(lines) - REPORT_LINES:,} lines more: backroom inbox show {message.name}"
                console.print(more, style="dim", markup=False)


def tell_files(connection: Connection, runs: Sequence[Run], places: dict[str, Path], console: Console) -> None:
    """The files that arrived, by destination, with the folders they can be looked at in."""
    console.print("\n[bold]Delivered files[/]")
    for run in (run for run in runs if run.files):
        answer = connection.delivery.ListFiles(
            delivery_pb2.ListFilesRequest(page_size=1000, filter=f'run = "{run.name}" AND state = DELIVERED')
        )
        for name, place in places.items():
            files = [each.file for each in answer.files if each.destination == name]
            if files:
                size = sum(file.size_bytes for file in files)
                console.print(f"{len(files):,} files, {size:,} bytes in {place}", markup=False, soft_wrap=True)
                for file in sorted(files, key=lambda file: file.file_name)[:NAMES]:
                    console.print(f"  {file.file_name}  {file.size_bytes:,} bytes", markup=False)
                if len(files) > NAMES:
                    console.print("  …")


def tell_mails(receivers: Receivers, before: int, undelivered: int, console: Console) -> None:
    """What lies in the mailbox since."""
    received = receivers.received_mails()
    console.print(f"\n[bold]Mails[/]\n{len(received) - before} tonight, {len(received)} in all, in", end=" ")
    console.print(str(receivers.mails), markup=False, soft_wrap=True)
    for path in received[before:][-NAMES:]:
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        console.print(f"  {mail['To']}: {mail['Subject']}", markup=False)
    if undelivered:
        console.print(f"{undelivered} did not go: backroom journal list --service mail", markup=False)
