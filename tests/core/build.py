"""Ordinary things of a clinic; a test states only what is unusual about them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from drip.core.clinic import Caps
from drip.core.condition import Attribute, Compare, Condition, Literal
from drip.core.course import Enrolled, Live
from drip.core.duration import parse_duration
from drip.core.event import Event
from drip.core.gate import Candidate, Person
from drip.core.lifecycle import State
from drip.core.model import AnchorKind, Channel, EventKind, Facts, Kind, Purpose, Send
from drip.core.patient import Patient
from drip.core.plan import Basis, Changes, Planned, Wanted
from drip.core.question import Question
from drip.core.reason import Reason
from drip.core.sequence import Again, Ends, Enrol, FollowUp, Review, Sequence, Step
from drip.core.window import ANY, WEEKDAYS, Always, Hours, Window

LONDON = ZoneInfo("Europe/London")

WORKING_DAYS = frozenset({0, 1, 2, 3, 4})
EVERY_DAY = frozenset(range(7))


def local(text: str, zone: ZoneInfo = LONDON) -> datetime:
    """The instant (UTC) at which clocks there show `text`; the first, if twice."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def clock(at: datetime | None, zone: ZoneInfo = LONDON) -> str:
    """What clocks there show, with the weekday: `Mon 2026-06-15 08:00`."""
    return at.astimezone(zone).strftime("%a %Y-%m-%d %H:%M") if at else "never"


def a_window(opens: str = "08:00", closes: str = "18:00", days: frozenset[int] = WORKING_DAYS) -> Window:
    return Window(days=days, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))


def hours(
    opens: str = "08:00",
    closes: str = "18:00",
    *,
    days: frozenset[int] = WORKING_DAYS,
    closed: Iterable[str] = (),
    zone: ZoneInfo = LONDON,
) -> Hours:
    window = a_window(opens, closes, days)
    return Hours(window=window, zone=zone, closed=frozenset(map(date.fromisoformat, closed)))


def always_open(zone: ZoneInfo = LONDON) -> Hours:
    return Hours(window=ANY, zone=zone)


def never_open() -> Hours:
    return hours(days=frozenset())


def a_step(
    id: str = "advice",
    *,
    after: str = "1d",
    before: str | None = None,
    at: str | None = None,
    weekday: str | None = None,
    every: int | None = None,
    times: int | None = None,
    until: str | None = None,
    email: str | None = "words",
    sms: str | None = None,
    send: Send = Send.BOTH,
    when: Condition | None = None,
    purpose: Purpose = Purpose.CARE,
    expires: str | None = None,
    if_late: str = "skip",
    if_closed: str = "after",
    reminder: bool = False,
    ask: Question | None = None,
    follows: FollowUp | None = None,
) -> Step:
    return Step(
        id=id,
        before=before is not None,
        offset=parse_duration(before or after),
        at=time.fromisoformat(at) if at else None,
        weekday=WEEKDAYS.index(weekday) if weekday else None,
        every=every,
        times=times,
        until=parse_duration(until) if until else None,
        email=email,
        sms=sms,
        send=send,
        when=when,
        purpose=purpose,
        expires=parse_duration(expires) if expires else None,
        send_if_late=if_late == "send",
        goes_early=if_closed == "before",
        reminder=reminder,
        ask=ask,
        follows=follows,
    )


def a_text(id: str = "reminder", **unusual: Any) -> Step:
    """A step that goes as a text message only."""
    return a_step(id, **{"email": None, "sms": "words", **unusual})


A_REVIEW = Review(author="A. Writer", approved_by="B. Reviewer", review_due=date(2027, 11, 1))


def a_sequence(
    id: str = "achilles-advice",
    *steps: Step,
    on: Iterable[EventKind] = (EventKind.BOOKED,),
    when: Condition | None = None,
    again: Again = Again.PER_ORIGIN,
    again_after: str | None = None,
    not_while_in: Iterable[str] = (),
    ends_on: Iterable[EventKind] = (),
    when_enrolled_in: Iterable[str] = (),
    anchor: AnchorKind = AnchorKind.APPOINTMENT,
    kind: Kind = Kind.EDUCATION,
    purpose: Purpose = Purpose.CARE,
    enabled: bool = True,
    window: Window | Always | None = None,
    review: Review = A_REVIEW,
    pause_when: Iterable[str] = (),
) -> Sequence:
    return Sequence(
        id=id,
        title=id.capitalize(),
        purpose=purpose,
        kind=kind,
        enabled=enabled,
        enrol=Enrol(
            on=frozenset(on),
            when=when,
            again=again,
            again_after=parse_duration(again_after) if again_after else None,
            not_while_in=frozenset(not_while_in),
        ),
        anchor=anchor,
        window=window,
        ends=Ends(on=frozenset(ends_on), when_enrolled_in=frozenset(when_enrolled_in)),
        steps=steps or (a_step(),),
        review=review,
        pause_when=frozenset(pause_when),
    )


def live(*sequences: Sequence) -> tuple[Live, ...]:
    return tuple(Live(sequence=sequence, version="v1") for sequence in sequences)


HAS_ACHILLES = Compare("in", Literal("achilles"), Attribute("patient", "conditions"))


# Plans


VISIT = local("2026-06-11T10:00")
"""A Thursday in summer."""


def a_basis(
    *steps: Step,
    anchor: datetime = VISIT,
    hours: Hours = hours(),  # noqa: B008 - frozen
    version: str = "v1",
    revision: int = 0,
    **unusual: Any,
) -> Basis:
    sequence = a_sequence("achilles-advice", *steps)
    return Basis(sequence=sequence, version=version, anchor=anchor, hours=hours, revision=revision, **unusual)


def a_row(
    step: str = "advice",
    state: State = State.PLANNED,
    *,
    id: str = "m-1",
    occurrence: int = 1,
    slot: Channel = Channel.EMAIL,
    channel: Channel | None = None,
    revision: int = 0,
    version: str = "v1",
    reason: Reason = Reason.NONE,
    planned_for: datetime = VISIT,
    expires_at: datetime = VISIT,
) -> Planned:
    return Planned(
        id=id,
        step=step,
        occurrence=occurrence,
        slot=slot,
        channel=channel or slot,
        revision=revision,
        version=version,
        state=state,
        reason=reason,
        planned_for=planned_for,
        expires_at=expires_at,
    )


def apply(changes: Changes, rows: Iterable[Planned], version: str = "v1") -> list[Planned]:
    """The rows once the changes are written, each only from the state that it was seen in."""
    kept = {row.id: row for row in rows}
    for change in changes.changed:
        assert kept[change.id].state is change.was
        kept[change.id] = _row(change.id, change.to, change.version)
    for end in changes.ended:
        assert kept[end.id].state is end.was
        was = kept[end.id]
        kept[end.id] = a_row(
            was.step,
            end.state,
            id=was.id,
            occurrence=was.occurrence,
            slot=was.slot,
            channel=was.channel,
            revision=was.revision,
            version=was.version,
            reason=end.reason,
            planned_for=was.planned_for,
        )
    for new in changes.new:
        row_id = f"{new.step}-{new.occurrence}-{new.slot}-{new.revision}"
        assert row_id not in kept
        kept[row_id] = _row(row_id, new, version)
    return list(kept.values())


def _row(row_id: str, to: Wanted, version: str) -> Planned:
    return a_row(
        to.step,
        to.state,
        id=row_id,
        occurrence=to.occurrence,
        slot=to.slot,
        channel=to.channel,
        revision=to.revision,
        version=version,
        reason=to.reason,
        planned_for=to.planned_for,
        expires_at=to.expires_at,
    )


# Events

BOOKED_ON = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def an_event(
    kind: EventKind,
    *,
    day: float = 0,
    key: str | None = None,
    fresh: bool = True,
    received: int = 0,
    site: str | None = None,
    patient: Facts | None = None,
    appointment: Facts | None = None,
    treatment: Facts | None = None,
    programme: Facts | None = None,
    contact: Facts | None = None,
) -> Event:
    """Something that happened `day` days after 1 June 2026, 09:00 UTC."""
    at = BOOKED_ON + timedelta(days=day)
    return Event(
        key=key or f"{kind.value}@{day}",
        kind=kind,
        occurred_at=at,
        received=received,
        fresh=fresh,
        site=site,
        patient=patient or {},
        appointment=appointment or {},
        treatment=treatment or {},
        programme=programme or {},
        contact=contact or {},
    )


def a_booking(
    ref: str = "a-1",
    *,
    kind: EventKind = EventKind.BOOKED,
    day: float = 0,
    starts_at: str = "2026-06-11T10:00:00+01:00",
    **unusual: Any,
) -> Event:
    """News of an appointment."""
    told = {"ref": ref, "type": "initial", "starts_at": starts_at}
    return an_event(kind, day=day, **{"key": f"{kind.value}:{ref}@{day}", "appointment": told, **unusual})


def news_of(kind: EventKind, ref: str = "a-1", *, day: float = 1, **unusual: Any) -> Event:
    """News of an appointment that says no more than which one."""
    told = {"ref": ref}
    return an_event(kind, day=day, **{"key": f"{kind.value}:{ref}@{day}", "appointment": told, **unusual})


def an_update(*, day: float = 1, **unusual: Any) -> Event:
    return an_event(EventKind.PATIENT_UPDATED, day=day, **unusual)


def an_enrolment(
    sequence: Sequence,
    event: Event,
    *,
    origin: str | None = None,
    ended: Reason | None = None,
    finished_at: datetime | None = None,
) -> Enrolled:
    return Enrolled(
        id=f"{sequence.id}/{origin or event.origin}",
        sequence=sequence,
        version="v1",
        origin=origin or event.origin,
        event_key=event.key,
        started_at=event.occurred_at,
        enrolled_at=event.occurred_at,
        finished_at=finished_at,
        ended=ended,
    )


# The gate

AMINA: Facts = {
    "first_name": "Amina",
    "email": "amina@example.org",
    "phone": "+447700900123",
    "date_of_birth": "1979-03-02",
}

MONDAY_MORNING = local("2026-06-15T10:00")

CONSENT = frozenset({Purpose.SERVICE, Purpose.CARE, Purpose.SAFETY, Purpose.FEEDBACK})


def a_person(facts: Facts | None = None, **unusual: Any) -> Person:
    patient = unusual.pop("patient", None) or Patient(facts=AMINA if facts is None else facts)
    return Person(patient=patient, **{"consent_by_default": CONSENT, **unusual})


def a_candidate(step: Step | None = None, **unusual: Any) -> Candidate:
    step = step or a_step()
    sequence = unusual.pop("sequence", None) or a_sequence("achilles-advice", step)
    ordinary = {
        "id": "m-1",
        "channel": step.slots[0],
        "purpose": step.purpose,
        "planned_for": MONDAY_MORNING,
        "expires_at": MONDAY_MORNING + timedelta(days=3),
        "hours": hours(),
        "caps": Caps(),
        "objects": {},
    }
    return Candidate(sequence=sequence, step=step, **{**ordinary, **unusual})
