"""What a client agreed to receive, with the proof; history is added, never edited."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

MAIL = "mail"
EMAIL = "email"
SMS = "sms"
TICKETS_BY_EMAIL = "tickets_by_email"
PHONE = "phone"

OPTIONS = (MAIL, EMAIL, SMS, TICKETS_BY_EMAIL, PHONE)  #: those every chain has; others are the chain's own

_CUSTOM_OPTION = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
LONGEST_OPTION = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One word of a client on one mailing option: given, or withdrawn."""

    option: str
    granted: bool
    source: str  #: where it was said, e.g. register, web
    consent_time: datetime  #: when it was said
    text_version: str  #: of the text agreed to


def is_option(option: str) -> bool:
    """True for the five options and for a custom one in kebab-case or snake_case."""
    return option in OPTIONS or (len(option) <= LONGEST_OPTION and _CUSTOM_OPTION.fullmatch(option) is not None)


def last_words(history: Iterable[Consent]) -> dict[str, Consent]:
    """What counts on each option: the latest word; of two at the same instant, the withdrawal.

    The order in which words become known does not matter, so an old proof never brings back what was
    withdrawn since.
    """
    last: dict[str, Consent] = {}
    for consent in history:
        known = last.get(consent.option)
        if known is None or _weight(consent) > _weight(known):
            last[consent.option] = consent
    return last


def _weight(consent: Consent) -> tuple[datetime, bool]:
    return consent.consent_time, not consent.granted
