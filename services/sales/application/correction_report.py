"""What a correction tells when it is over: in the seed's words for people, in figures for programs."""

from collections.abc import Sequence
from uuid import UUID

from chassis.operations.model import Outcome
from services.sales.application.cards import DayCard
from services.sales.application.correction_chunks import Corrected
from services.sales.application.ports import Words, Work
from services.sales.domain.states import DayState


def outcome_of(work: Work, operation: UUID, done: Corrected, words: Words, locale: str) -> Outcome:
    """The result and the report of a correction, from what stands in its transaction."""
    days = work.corrections.days(operation)
    return Outcome(
        result={
            "sales_days": [
                {
                    "business_date": day.business_date.isoformat(),
                    "store": day.store,
                    "register": day.register,
                    "state": day.state.value,
                    "ticket_count": day.ticket_count,
                    "error_count": day.error_count,
                }
                for day in days
            ],
            "vouchers": [card.name.resource for card in work.vouchers.of_operation(operation)],
            "transferred_units": f"{done.transferred.normalize():f}",
            "adjusted_units": f"{done.adjusted.normalize():f}",
            "reassigned_line_count": done.reassigned,
            "credited_return_count": done.credited,
            "remaining_line_count": work.corrections.remaining(operation),
            "warnings": warnings_of(work, operation, words, locale),
        },
        report="\n".join(_report(days, words, locale)),
    )


def warnings_of(work: Work, operation: UUID, words: Words, locale: str) -> list[str]:
    """A store whose errors lie on several days has movements dated before its later sales."""
    day_format = words.get("date.format", locale)
    return [
        words.get(
            "correction.warning",
            locale,
            store=each.store,
            store_name=each.store_name,
            first=each.first.strftime(day_format),
            last=each.last.strftime(day_format),
        )
        for each in work.corrections.backdated(operation)
    ]


def _report(days: Sequence[DayCard], words: Words, locale: str) -> list[str]:
    if not days:
        return [words.get("correction.none", locale)]
    day_format = words.get("date.format", locale)
    states = {
        state: words.get(
            "correction.state.up_to_date"
            if state in (DayState.UP_TO_DATE, DayState.CLOSED)
            else "correction.state.in_error",
            locale,
        )
        for state in DayState
    }
    return [
        words.get("correction.days", locale),
        *(
            words.get(
                "correction.day",
                locale,
                date=day.business_date.strftime(day_format),
                store=day.store,
                store_name=day.store_name,
                register=day.register,
                state=states[day.state],
            )
            for day in days
        ),
    ]
