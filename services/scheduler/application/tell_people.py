"""People are told how runs ended: in their inbox, in their language, and by mail where the task says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis.operations import NewOperation
from chassis.operations.model import OperatingMode as EngineMode
from services.scheduler.application.ports import People, Texts, Work
from services.scheduler.domain.changes import NewMessage
from services.scheduler.domain.results import Ends
from services.scheduler.domain.runs import WELL, Failure, Run, RunState, Terms
from services.scheduler.domain.tasks import NotifyWhen
from services.scheduler.domain.telling import Words, cause, subject, told, trouble

MAIL_REPORT = "scheduler.mail-report"  #: mail is handed one report
LONGEST_MAIL = 100_000  #: characters; the whole report stays in the inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run, as it was before its end, and that end."""

    run: Run
    terms: Terms
    end: Ends


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPeople:
    """Writes messages, and the work that mails them, in the transaction of the ends."""

    people: People
    texts: Texts

    def __call__(self, work: Work, ended: Sequence[Ended]) -> None:
        changing = {each.run.task for each in ended if each.terms.notification.when is NotifyWhen.ON_CHANGE}
        went_well = work.runs.went_well_before(changing, [each.run.number for each in ended]) if changing else {}
        messages: list[NewMessage] = []
        mails: list[NewOperation] = []
        for each in ended:
            well = each.end.state in WELL
            for principal in self._receivers(each, went_well):
                message = self._message(each, principal)
                messages.append(message)
                address = self.people.address_of(principal) if each.terms.notification.mail else ""
                if address:
                    mails.append(_mail(each.run, address, message))
            went_well[each.run.task] = well
        work.inbox.add(messages)
        work.operations.add_many(mails)

    def body(self, run: Run, terms: Terms, end: Ends, locale: str) -> str:
        """The report and what went wrong; a sentence where neither says anything."""
        report = run.report if end.report is None else end.report
        words = trouble(terms, end.state, end.failure, self.cause(terms, end.state, end.failure, locale))
        parts = [report, self._text(words, locale) if words else ""]
        return "\n".join(part for part in parts if part) or self.texts.get("report.no_output", locale)

    def cause(self, terms: Terms, state: RunState, failure: Failure | None, locale: str) -> str:
        """Why it went wrong, in the reader's language."""
        if failure is None:
            return ""
        words = cause(terms, state, failure)
        return failure.message if words is None else self._text(words, locale)

    def _receivers(self, each: Ended, went_well: Mapping[int, bool]) -> Sequence[str]:
        """Those whom the task names; where none of them is left, those who look after the system."""
        wanted = told(each.terms, each.end.state, went_well.get(each.run.task))
        return [name for name in wanted if self.people.known(name)] or (self.people.keepers() if wanted else ())

    def _message(self, each: Ended, principal: str) -> NewMessage:
        locale, well = self.people.locale_of(principal), each.end.state in WELL
        return NewMessage(
            principal=principal,
            category=self.texts.get("inbox.category.reports" if well else "inbox.category.errors", locale),
            subject=self._text(subject(each.run, each.end.state, each.end.failure), locale),
            body=self.body(each.run, each.terms, each.end, locale),
            run=each.run.number,
            error=not well,
        )

    def _text(self, words: Words, locale: str) -> str:
        return self.texts.get(words.key, locale, **words.values)


def _mail(run: Run, address: str, message: NewMessage) -> NewOperation:
    return NewOperation(
        kind=MAIL_REPORT,
        request={
            "recipient": address,
            "subject": message.subject,
            "body": message.body[:LONGEST_MAIL],
            "site": run.site,
            "mode": run.mode.value,
        },
        site=run.site,
        mode=EngineMode(run.mode),
        traceparent=run.traceparent,
    )
