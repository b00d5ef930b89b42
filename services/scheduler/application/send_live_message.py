"""Puts a message into inboxes: the seed's "live message"."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import FieldProblem, InvalidInput
from chassis.operations import Execution, Outcome
from services.scheduler.application.ports import OpenWork, People, Texts
from services.scheduler.domain.changes import NewMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveMessage:
    """What is to be said, and to whom."""

    text: str
    principals: Sequence[str]  #: none means every person


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLiveMessage:
    """Puts it there once: the messages and the end of the work are one transaction. In training nobody gets it."""

    open_work: OpenWork
    people: People
    texts: Texts

    def __call__(self, execution: Execution, message: LiveMessage) -> None:
        unknown = [
            FieldProblem(
                f"options.principals[{place}]", f"nobody is called {name}; write a name of the principals file"
            )
            for place, name in enumerate(message.principals)
            if not self.people.known(name)
        ]
        if unknown:
            raise InvalidInput(*unknown)
        receivers = list(dict.fromkeys(message.principals)) or list(self.people.everyone())
        task = execution.task
        messages = [
            NewMessage(
                principal=name,
                category=self.texts.get("inbox.live.category", self.people.locale_of(name)),
                subject=task.task_title,
                body=message.text,
                run=int(task.run.removeprefix("runs/")),
                error=False,
            )
            for name in receivers
        ]
        told = "inbox.live.practised" if execution.training else "inbox.live.sent"
        report = self.texts.get(told, task.locale, names=", ".join(receivers), count=len(receivers))
        with self.open_work(execution.fence) as work:
            if not execution.training:
                work.inbox.add(messages)
            execution.succeed(work, Outcome(report=report))
