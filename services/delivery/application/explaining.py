"""Failures in words: what happened, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.texts import CatalogueBroken, Texts
from services.delivery.domain.failures import CarryFailed
from services.delivery.domain.spool import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A failure as a person reads it."""

    reason: str  #: stable, upper-snake
    message: str
    remedy: str


def failure_of(error: CarryFailed) -> Failure:
    """What is kept of an error."""
    return Failure(reason=error.reason, facts=dict(error.facts))


def explain(texts: Texts, locale: str, failure: Failure) -> Explanation:
    """A failure in the reader's language."""
    facts: Mapping[str, str] = failure.facts
    try:
        if "phase" in facts:
            facts = {**facts, "phase": texts.get(f"phase.{facts['phase']}", locale)}
        message = texts.get(f"failure.{failure.reason}.message", locale, **facts)
        remedy = texts.get(f"failure.{failure.reason}.remedy", locale, **facts)
    except CatalogueBroken:  # it was stored by another release
        message = texts.get("unexplained.message", locale, reason=failure.reason)
        remedy = texts.get("unexplained.remedy", locale)
    return Explanation(reason=failure.reason, message=message, remedy=remedy)
