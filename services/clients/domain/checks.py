"""What a client must be like to be kept; phones and e-mail addresses are not judged, only their length."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from chassis.errors import FieldProblem
from services.clients.domain.client import CRITERIA_COUNT, LINE_COUNT, Address, Client, LoyaltyCard, Member
from services.clients.domain.consent import LONGEST_OPTION, Consent, is_option
from services.clients.domain.countries import COUNTRIES

LONGEST_CODE: Final = 50
LONGEST_WORD: Final = 50  #: title, criterion, card number and type
LONGEST_TEXT: Final = 255  #: names, address lines, phones, e-mail
LONGEST_POSTCODE: Final = 20
MOST_MEMBERS: Final = 100
CLOCKS_APART: Final = timedelta(minutes=5)  #: how far ahead of ours the clock of a register may be

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CODE = re.compile(r"[^\s/](?:[^/]*[^\s/])?")
_STORE = re.compile(r"[0-9]{1,10}")
_POSTCODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 -]*[A-Za-z0-9])?")


def client_problems(client: Client, now: datetime) -> list[FieldProblem]:
    """What is wrong with a client, fields relative to it."""
    found: list[FieldProblem] = []
    _text(found, "code", client.code, LONGEST_CODE)
    if _CODE.fullmatch(client.code) is None:
        _add(found, "code", f"give 1 to {LONGEST_CODE} characters without `/`, no space at either end")
    _text(found, "title", client.title, LONGEST_WORD)
    _text(found, "family_name", client.family_name, LONGEST_TEXT)
    if not 1 <= len(client.members) <= MOST_MEMBERS:
        _add(found, "members", f"give 1 to {MOST_MEMBERS} members, the main contact first")
    for position, member in enumerate(client.members):
        _member(found, f"members[{position}]", member)
    if client.billing_address is not None:
        _address(found, "billing_address", client.billing_address)
    if client.delivery_address is not None:
        _address(found, "delivery_address", client.delivery_address)
    if client.store and _STORE.fullmatch(client.store) is None:
        _add(found, "store", "give the code of a store, 1 to 10 digits, or leave it empty")
    if client.card is not None:
        _card(found, "card", client.card)
    for position, consent in enumerate(client.consents):
        found += consent_problems(consent, now, f"consents[{position}]")
    _texts(found, "criteria", client.criteria, CRITERIA_COUNT, LONGEST_WORD)
    return found


def consent_problems(consent: Consent, now: datetime, field: str) -> list[FieldProblem]:
    """What is wrong with a consent: a word without its proof is not recorded, nor one from the future."""
    found: list[FieldProblem] = []
    if not is_option(consent.option):
        _add(
            found,
            f"{field}.option",
            "give mail, email, sms, tickets_by_email, phone, or a custom option of lower-case words "
            f"joined by `-` or `_`, at most {LONGEST_OPTION} characters",
        )
    if consent.granted:
        for part, value in (("source", consent.source), ("text_version", consent.text_version)):
            if not value:
                _add(found, f"{field}.{part}", "a consent needs its proof: source, time and text version")
    _text(found, f"{field}.source", consent.source, LONGEST_WORD)
    _text(found, f"{field}.text_version", consent.text_version, LONGEST_WORD)
    if consent.consent_time > now + CLOCKS_APART:
        _add(found, f"{field}.consent_time", "is in the future; give the instant when the client said so")
    return found


def _member(found: list[FieldProblem], field: str, member: Member) -> None:
    for part, value in (
        ("given_name", member.given_name),
        ("phone", member.phone),
        ("mobile", member.mobile),
        ("email", member.email),
    ):
        _text(found, part, value, LONGEST_TEXT, field)


def _address(found: list[FieldProblem], field: str, address: Address) -> None:
    _texts(found, f"{field}.lines", address.lines, LINE_COUNT, LONGEST_TEXT)
    _text(found, "postcode", address.postcode, LONGEST_POSTCODE, field)
    if address.postcode and _POSTCODE.fullmatch(address.postcode) is None:
        _add(found, f"{field}.postcode", "give letters, digits, and between them spaces or hyphens")
    _text(found, "city", address.city, LONGEST_TEXT, field)
    if address.country and address.country not in COUNTRIES:
        _add(found, f"{field}.country", "give an ISO 3166-1 alpha-2 code in capitals, e.g. FR")
    _text(found, "email", address.email, LONGEST_TEXT, field)


def _card(found: list[FieldProblem], field: str, card: LoyaltyCard) -> None:
    if not card.number:
        _add(found, f"{field}.number", "give the number of the card, or no card")
    _text(found, "number", card.number, LONGEST_WORD, field)
    _text(found, "type", card.type, LONGEST_WORD, field)


def _texts(found: list[FieldProblem], field: str, values: Sequence[str], most: int, longest: int) -> None:
    if len(values) > most:
        _add(found, field, f"give at most {most}")
    for position, value in enumerate(values):
        _text(found, f"[{position}]", value, longest, field)


def _text(found: list[FieldProblem], name: str, value: str, longest: int, parent: str = "") -> None:
    """Joins the name to its parent only where something is wrong: imports check a million texts a minute."""
    if len(value) > longest or _CONTROL.search(value):
        field = name if not parent else f"{parent}{name}" if name.startswith("[") else f"{parent}.{name}"
        if len(value) > longest:
            _add(found, field, f"give at most {longest} characters")
        else:
            _add(found, field, "leave out line ends and other control characters")


def _add(found: list[FieldProblem], field: str, description: str) -> None:
    found.append(FieldProblem(field, description))
