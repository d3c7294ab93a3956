"""A sequence's own tests, run through the real plan; and the timeline that `drip timeline` prints."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from drip.content.shape import Mistake
from drip.content.strict_yaml import Loc
from drip.core.clinic import Clinic, hours_for
from drip.core.condition import Objects, as_objects, holds
from drip.core.lifecycle import State
from drip.core.model import Facts, Value
from drip.core.patient import whole_years, zone_named
from drip.core.plan import Basis, Wanted, as_of, wanted
from drip.core.reason import Reason
from drip.core.schedule import moment
from drip.core.sequence import Example, Expectation, Sequence
from drip.core.walltime import instant, local_date, wall_clock
from drip.core.window import Hours

OBJECTS = ("patient", "appointment", "previous", "treatment", "programme", "enrolment", "replies", "reply", "alert")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a timeline starts from."""

    anchor: datetime
    """UTC."""
    hours: Hours
    now: datetime
    """The moment of enrolment."""
    objects: Objects | None = None
    """What conditions look at; without them every condition is taken to hold."""
    reminds_itself: bool = False
    """The site's booking system tells patients of their visits itself."""


def timeline(sequence: Sequence, situation: Situation) -> list[Wanted]:
    """Every message the sequence would send, with its time or why it is skipped, in the order they go."""
    basis = Basis(
        sequence=sequence,
        version="",
        anchor=situation.anchor,
        hours=situation.hours,
        reminds_itself=situation.reminds_itself,
    )
    messages = as_of(wanted(basis), basis, situation.now)
    if situation.objects is not None:
        messages = [_unless_unwanted(message, sequence, situation.objects) for message in messages]
    return sorted(messages, key=lambda message: (message.due_at, message.purpose.rank, message.position))


def _unless_unwanted(message: Wanted, sequence: Sequence, objects: Objects) -> Wanted:
    step = sequence.step(message.step)
    if message.state is not State.PLANNED or step is None or holds(step.when, objects):
        return message
    return replace(message, state=State.SKIPPED, reason=Reason.CONDITION)


def situation_of(sequence: Sequence, given: Facts, clinic: Clinic) -> Situation:
    """What an example's `given` means at this clinic."""
    site = clinic.site(_text(given, "site") or None)
    patient = given.get("patient")
    patient_zone = zone_named(_text(patient, "timezone")) if isinstance(patient, Mapping) else None
    hours = hours_for(sequence, site, patient_zone)
    told_zone = zone_named(_text(given, "timezone"))
    hours = replace(hours, zone=told_zone) if told_zone else hours
    anchor = _moment(_text(given, "anchor"), hours)
    now = _text(given, "now")
    has_objects = any(name in given for name in OBJECTS)
    return Situation(
        anchor=anchor,
        hours=hours,
        now=_moment(now, hours) if now else anchor,
        objects=objects_of(given, local_date(anchor, hours.zone), site_id=site.id) if has_objects else None,
    )


def objects_of(told: Facts, day: date, *, site_id: str = "") -> Objects:
    """What conditions look at, with `attributes` merged in and `patient.age` in whole years on `day`."""
    objects = {name: _merged(told.get(name)) for name in OBJECTS}
    born = _text(objects["patient"], "date_of_birth")
    if born and "age" not in objects["patient"]:
        objects["patient"] = {**objects["patient"], "age": whole_years(date.fromisoformat(born), day)}
    return as_objects(**objects, site={"id": site_id})


def failures(sequence: Sequence, clinic: Clinic) -> Iterator[Mistake]:
    """Each expectation of the sequence's own tests that does not come true, at its place in the file."""
    for n, example in enumerate(sequence.examples):
        yield from _failures(sequence, example, clinic, ("tests", n))


def _failures(sequence: Sequence, example: Example, clinic: Clinic, loc: Loc) -> Iterator[Mistake]:
    try:
        situation = situation_of(sequence, example.given, clinic)
        messages = timeline(sequence, situation)
    except (ValueError, OverflowError) as error:
        message = f"{example.name!r} cannot be worked out ({error}): correct what is given"
        yield Mistake(loc=(*loc, "given"), rule="test-failed", message=message)
        return
    for n, line in enumerate(example.expect):
        found = [message for message in messages if _is_about(line, message)]
        if not found or not all(_comes_true(line, message, situation.hours.zone) for message in found):
            came = "; ".join(_said(message, situation.hours.zone) for message in found) or "no such message"
            message = f"{example.name!r}: expected {_wish(line)}, but got {came}: correct the step or the test"
            yield Mistake(loc=(*loc, "expect", n), rule="test-failed", message=message)


def _is_about(line: Expectation, message: Wanted) -> bool:
    same_step = message.step == line.step and message.occurrence == line.occurrence
    return same_step and (line.channel is None or message.channel is line.channel)


def _comes_true(line: Expectation, message: Wanted, zone: ZoneInfo) -> bool:
    if message.state.value != line.state or (line.reason and message.reason.value != line.reason):
        return False
    return line.at is None or _is_at(line.at, message.due_at, zone)


def _is_at(told: str, due_at: datetime, zone: ZoneInfo) -> bool:
    """A date alone asks only for the day."""
    if len(told) == len("2026-06-12"):
        return local_date(due_at, zone) == date.fromisoformat(told)
    at = datetime.fromisoformat(told)
    return at == (due_at if at.tzinfo else wall_clock(due_at, zone))


def _wish(line: Expectation) -> str:
    words = [line.step, f"number {line.occurrence}" if line.occurrence > 1 else "", line.channel or "", line.state]
    words += [f"({line.reason})" if line.reason else "", f"at {line.at}" if line.at else ""]
    return " ".join(word for word in words if word)


def _said(message: Wanted, zone: ZoneInfo) -> str:
    at = wall_clock(message.due_at, zone).isoformat(timespec="minutes")
    reason = f" ({message.reason.value})" if message.reason else ""
    return f"{message.channel} {message.state.value}{reason} at {at}"


def _moment(told: str, hours: Hours) -> datetime:
    """A time without an offset is on the deciding clock; a date without a time is the window's opening that day."""
    if len(told) == len("2026-06-12"):
        return moment(date.fromisoformat(told), hours)
    at = datetime.fromisoformat(told)
    return at.astimezone(UTC) if at.tzinfo else instant(at, hours.zone)


def _merged(facts: Value) -> Facts:
    """An object with its `attributes` beside its own names."""
    if not isinstance(facts, Mapping):
        return {}
    attributes = facts.get("attributes")
    return {**(attributes if isinstance(attributes, Mapping) else {}), **facts}


def _text(facts: Facts, name: str) -> str:
    told = facts.get(name)
    return told if isinstance(told, str) else ""
