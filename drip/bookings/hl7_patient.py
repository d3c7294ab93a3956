"""Who an HL7 message is about: PID, and NK1 for a child's parent."""

from collections.abc import Iterator
from typing import Any

from drip.bookings.hl7_message import NULL, Message, Part
from drip.bookings.hl7_time import day_of

_PARENTS = {"MTH": "parent", "FTH": "parent", "PAR": "parent", "GRD": "guardian", "CGV": "carer"}
"""Table 0063, in NK1-3."""

_AT_WORK = "WPN"
"""Nobody hears about their health there."""

_MOBILE = frozenset({"CP", "MD"})
_VOICE = frozenset({"", "PH"})
_MAIL = frozenset({"INTERNET", "X.400"})


def patient_of(message: Message, authority: str) -> dict[str, Any]:
    """As drip's own event says it: what is empty is not said, what HL7 calls null is null."""
    person = message.first("PID")
    if person is None:
        return {}
    told: dict[str, Any] = {
        "ref": id_of(person, 3, authority),
        "first_name": person.text(5, 2),
        "last_name": person.text(5, 1),
        "date_of_birth": day_of(person.text(7)) if person.text(7) != NULL else NULL,
        **_addresses([*person.repetitions(13), *person.repetitions(40)]),
    }
    return {name: None if value == NULL else value for name, value in told.items() if value}


def id_of(segment: Part | None, number: int, authority: str) -> str:
    """The patient's number: of that authority, where one is set; else the first."""
    told = segment.repetitions(number) if segment else []
    if authority:
        told = [one for one in told if authority in (one.text(4), one.text(4, 2))]
    return next(filter(None, (one.text(1) for one in told)), "")


def contact_of(message: Message) -> dict[str, Any]:
    """The first parent, guardian or carer among the next of kin; empty when none is named."""
    for one in message.all("NK1"):
        relation = _PARENTS.get(one.text(3).upper())
        if relation:
            name = " ".join(filter(None, (one.text(2, 2), one.text(2, 1))))
            told = {"name": name, "relation": relation, **_addresses(one.repetitions(5))}
            return {key: None if value == NULL else value for key, value in told.items() if value}
    return {}


def _addresses(told: list[Part]) -> dict[str, str]:
    """A mobile number before any other, and an email address."""
    personal = [one for one in told if one.text(2).upper() != _AT_WORK]
    return {
        "phone": next(_numbers(personal), ""),
        "email": next(_emails(personal), ""),
    }


def _numbers(told: list[Part]) -> Iterator[str]:
    for kinds in (_MOBILE, _VOICE):
        for one in told:
            if one.text(3).upper() in kinds and one.text(2).upper() != "NET":
                yield from filter(None, (one.text(1), one.text(12), _dialled(one)))


def _dialled(one: Part) -> str:
    """Country, area and number, where they are given in parts."""
    country, area, number = one.text(5), one.text(6), one.text(7)
    if not number:
        return ""
    return f"+{country.lstrip('+')}{area}{number}" if country else f"{area}{number}"


def _emails(told: list[Part]) -> Iterator[str]:
    for one in told:
        is_mail = one.text(2).upper() == "NET" or one.text(3).upper() in _MAIL
        yield from (text for text in (one.text(4), one.text(1) if is_mail else "") if "@" in text or text == NULL)
