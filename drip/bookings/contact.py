"""Where a patient can be reached, as told: read, written in one form, or kept as a problem for staff."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from drip.bookings.words import NAME_LENGTH, cleaned
from drip.core.model import Facts, Value
from drip.core.patient import is_test_number, zone_named

_LONGEST_EMAIL = 254
_LONGEST_LOCAL = 64

_CACHED = 10_000
"""Events come in runs about the same patients."""


@dataclass(frozen=True, slots=True)
class ContactProblem:
    """Something about reaching a patient that could not be used and that staff must put right."""

    path: str
    message: str
    told: str = field(repr=False)


def phone_of(told: str, country: str) -> str | None:
    """The number in E.164, read as someone in that country would dial it; None when it cannot be one."""
    return _phone_of(told, country) if len(told) <= NAME_LENGTH else None


_PLAIN = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")


def email_of(told: str) -> str | None:
    """The address with its domain in lower case and ASCII; None when mail could not be sent to it."""
    local, _, domain = told.rpartition("@")
    if len(told) > _LONGEST_EMAIL:
        return None
    if len(local) <= _LONGEST_LOCAL and domain.isascii() and _PLAIN.fullmatch(local):
        anyone = _validated(f"a@{domain}")  # nearly all are plain, at a few domains: asking once a domain is enough
        return f"{local}{anyone[1:]}" if anyone else None
    return _validated(told)


@lru_cache(maxsize=_CACHED)
def _phone_of(told: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(told, country)
    except phonenumbers.NumberParseException:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164 if is_test_number(e164) or phonenumbers.is_valid_number(number) else None


@lru_cache(maxsize=_CACHED)
def _validated(told: str) -> str | None:
    """No look-up in the DNS; `.test` is for rehearsals; not every provider takes a name outside ASCII."""
    try:
        address = validate_email(
            told, check_deliverability=False, test_environment=True, allow_smtputf8=False, strict=True
        )
    except (EmailNotValidError, ValueError):
        return None
    return address.ascii_email


@lru_cache(maxsize=1_000)
def _is_zone(told: str) -> bool:
    return zone_named(told) is not None


_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}")


def with_addresses(told: Facts, path: str, country: str) -> tuple[Facts, list[ContactProblem]]:
    """A patient or contact with usable addresses only. What is unusable is kept beside them, as `phone_problem`.

    A usable address, or an explicit null, takes an earlier problem away.
    """
    facts: dict[str, Value] = dict(told)
    problems = []
    phone, email = facts.get("phone"), facts.get("email")
    if isinstance(phone, str) and (problem := _settle(facts, path, "phone", phone_of(phone, country))):
        problems.append(problem)
    if isinstance(email, str) and (problem := _settle(facts, path, "email", email_of(email))):
        problems.append(problem)
    for name in ("phone", "email"):
        if name in facts:
            facts[f"{name}_problem"] = None
    return facts, problems


_WHY = {
    "phone": "This is not a telephone number that can be dialled. Ask for it, with its country code if it is abroad.",
    "email": "This is not an email address that mail can be sent to. Ask for it.",
    "timezone": "There is no such time zone; the site's is used. Write it like Europe/London.",
    "language": "This is not a language code; the clinic's language is used. Write it like en or cy.",
}


def _settle(facts: dict[str, Value], path: str, name: str, usable: str | None) -> ContactProblem | None:
    """Keep the usable form; else move what was told out of the way and say why."""
    told = str(facts.pop(name))
    if usable:
        facts[name] = usable
        return None
    kept = cleaned(told, NAME_LENGTH) or "?"
    facts[f"{name}_problem"] = kept
    return ContactProblem(f"{path}.{name}", _WHY[name], kept)


def with_preferences(told: Facts, path: str) -> tuple[Facts, list[ContactProblem]]:
    """A patient whose time zone and language exist; those that do not are left out, and staff hear of it."""
    zone, language = told.get("timezone"), told.get("language")
    facts: dict[str, Value] = dict(told)
    problems = []
    if isinstance(zone, str) and not _is_zone(zone):
        problems.append(_left_out(facts, path, "timezone"))
    if isinstance(language, str):
        facts["language"] = language.lower()
        if not _LANGUAGE.fullmatch(language.lower()):
            problems.append(_left_out(facts, path, "language"))
    return facts, problems


def _left_out(facts: dict[str, Value], path: str, name: str) -> ContactProblem:
    return ContactProblem(f"{path}.{name}", _WHY[name], cleaned(str(facts.pop(name))))
