"""The last look before the call: whether a message may go now, and if not, what becomes of it.

The gate is the only place that says yes. It runs with the patient and the address locked, folds over a patient's
messages in order of purpose, and counts each one it lets through.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from drip.core.caps import Usage, is_exempt, next_room
from drip.core.clinic import Caps
from drip.core.condition import Objects, holds
from drip.core.duration import Duration
from drip.core.lifecycle import State
from drip.core.model import Channel, Kind, Purpose
from drip.core.patient import Patient, Standing
from drip.core.reason import Reason
from drip.core.replies import Word
from drip.core.sequence import Sequence, Step
from drip.core.verdict import Pass, Stop, Turn, Verdict, Wait
from drip.core.walltime import local_date
from drip.core.window import DAY, Hours

RECHECK = timedelta(hours=1)
"""How soon a message that something holds back asks again, within its hours. Whoever lifts the reason wakes it."""

SOON = timedelta(minutes=1)
"""How soon a message asks again when news of its patient is still being taken in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A claimed message, with what its own enrolment says."""

    id: str
    sequence: Sequence
    step: Step
    channel: Channel
    purpose: Purpose
    planned_for: datetime
    expires_at: datetime
    hours: Hours
    caps: Caps
    objects: Objects = field(repr=False)
    visit_at: datetime | None = None
    ended: Reason | None = None
    """Why its enrolment ended, if it did."""
    is_current: bool = True
    """The plan still speaks of this date of the visit."""
    is_paused: bool = False
    is_approved: bool = True
    """While live, only what a clinician of this clinic has approved may go."""
    fell_back: bool = False
    """Its words are those of another version, the last that was approved."""
    unanswered: tuple[date, ...] = ()
    """When its question was asked since the patient last wrote anything, in order."""
    turned: bool = False
    """It has already turned to its other channel, and will not turn back."""

    @property
    def order(self) -> tuple[int, datetime, str, int]:
        """Purpose first; then the planned time, sequence and step."""
        return self.purpose.rank, self.planned_for, self.sequence.id, self.sequence.position(self.step.id)

    @property
    def answers_a_reply(self) -> bool:
        """Somebody wrote to us and waits for this; whatever such a sequence says later is a message like any other."""
        if self.step.answers_at_once:
            return True
        is_at_once = self.step.offset == Duration() and self.step.every is None
        is_needed = self.purpose in (Purpose.SAFETY, Purpose.SERVICE)
        return is_at_once and is_needed and bool(self.objects.get("reply"))

    def confirms_stop_on(self, channel: Channel) -> bool:
        """The one message that may still go to an address which its patient has just closed: the word that it is."""
        reply = self.objects.get("reply", {})
        return self.answers_a_reply and reply.get("word") == Word.STOP.value and reply.get("channel") == channel.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The patient as known under the lock: facts, closed addresses, what was sent, what holds things back."""

    patient: Patient
    consent_by_default: frozenset[Purpose]
    closed: Mapping[Channel, Reason] = field(default_factory=dict)
    """Channels whose address must not be used, and why."""
    barred: frozenset[Channel] = frozenset()
    """Channels on which only allow-listed recipients may be reached, and this one is not."""
    has_news: bool = False
    """An event or reply of this patient waits in an inbox."""
    is_paused: bool = False
    """Staff hold back all that this patient gets but answers to what they wrote themselves."""
    interlocks: frozenset[str] = frozenset()
    interlock_ends_at: datetime | None = None
    """When the first of these ends by itself, if one does."""
    usage: Usage = field(default_factory=Usage)


LOADING_INTERLOCKS = frozenset({"surgery", "rupture", "steroid_injection", "fracture", "red_flag"})
"""What pauses loading exercises whatever the sequence says."""


def fold(candidates: Iterable[Candidate], person: Person, now: datetime) -> list[tuple[Candidate, Verdict]]:
    """A verdict for each of one patient's messages, most important first; each that passes uses up room."""
    verdicts: list[tuple[Candidate, Verdict]] = []
    for candidate in sorted(candidates, key=lambda candidate: candidate.order):
        verdict = judge(candidate, person, now)
        if isinstance(verdict, Pass) and verdict.counted:
            person.usage.add(candidate.channel, local_date(now, candidate.hours.zone))
        verdicts.append((candidate, verdict))
    return verdicts


def judge(candidate: Candidate, person: Person, now: datetime) -> Verdict:
    """Whether one message may go at this instant. The first objection decides."""
    return (
        _ended(candidate, person)
        or _expired(candidate, now)
        or _not_worth_waiting(candidate, person, now)
        or _held_back(candidate, person, now)
        or _not_for(candidate, person, now)
        or _closed_road(candidate, person, now)
        or _outside_window(candidate, now)
        or _over_cap(candidate, person, now)
        or Pass(counted=not _is_exempt(candidate, local_date(now, candidate.hours.zone)), alarm=_alarm(candidate, now))
    )


_FINAL = {
    Standing.DECEASED: Reason.DECEASED,
    Standing.MERGED: Reason.MERGED_PATIENT,
    Standing.ERASED: Reason.ERASED,
}


def _ended(candidate: Candidate, person: Person) -> Stop | None:
    reason = _FINAL.get(person.patient.standing) or candidate.ended
    if reason:
        return Stop(State.CANCELLED, reason)
    return None if candidate.is_current else Stop(State.SUPERSEDED, Reason.APPOINTMENT_MOVED)


def _expired(candidate: Candidate, now: datetime) -> Stop | None:
    return Stop(State.EXPIRED, Reason.EXPIRED) if now >= candidate.expires_at else None


def _not_worth_waiting(candidate: Candidate, person: Person, now: datetime) -> Turn | None:
    """What cannot go by its channel anyway does not wait for that channel's pause to end, if the other one is open."""
    if not candidate.is_paused or person.has_news:
        return None
    verdict = _closed_road(candidate, person, now)
    return verdict if isinstance(verdict, Turn) else None


def _held_back(candidate: Candidate, person: Person, now: datetime) -> Wait | None:
    """Paused, interlocked or past-review messages stay planned until they may go or expire."""
    if person.has_news:
        return Wait(now + SOON, Reason.NONE)
    reason = Reason.NONE
    if candidate.is_paused or (person.is_paused and not candidate.answers_a_reply):
        reason = Reason.PAUSED
    elif not candidate.is_approved:
        reason = Reason.AWAITING_APPROVAL
    elif heeds(candidate.sequence, candidate.purpose) & person.interlocks:
        reason = Reason.INTERLOCK
    elif candidate.purpose is not Purpose.SAFETY:
        reason = _overdue_review(candidate, now)
    return Wait(_asks_again(candidate, person, reason, now), reason) if reason else None


def _asks_again(candidate: Candidate, person: Person, reason: Reason, now: datetime) -> datetime:
    """An interlock ends on a day that is known, or with news of the patient, which asks at once; all else, any hour."""
    after = now + RECHECK
    if reason is Reason.INTERLOCK:
        after = min(person.interlock_ends_at or now + DAY, now + DAY)
    return min(candidate.hours.forward(after) or candidate.expires_at, candidate.expires_at)


def heeds(sequence: Sequence, purpose: Purpose) -> frozenset[str]:
    """The interlocks that hold messages of a sequence back.

    What a sequence adds only ever adds to what its kind demands; words about signs of harm are not held by it.
    """
    demanded = LOADING_INTERLOCKS if sequence.kind is Kind.LOADING else frozenset()
    return demanded if purpose is Purpose.SAFETY else demanded | sequence.pause_when


def _overdue_review(candidate: Candidate, now: datetime) -> Reason:
    """Safety content past its review date still goes, in its last approved words: silence is the greater harm."""
    today = local_date(now, candidate.hours.zone)
    return Reason.REVIEW_DUE if candidate.sequence.review.is_past(today) else Reason.NONE


def _alarm(candidate: Candidate, now: datetime) -> Reason:
    """What staff must hear of although it goes: words past their review, or others than the step's own."""
    unapproved = Reason.AWAITING_APPROVAL if candidate.fell_back else Reason.NONE
    return _overdue_review(candidate, now) or unapproved


def unfit(candidate: Candidate, person: Person, now: datetime) -> Stop | Wait | None:
    """What keeps these words from this patient whatever carries them, a letter or a colleague's voice too."""
    return _ended(candidate, person) or _held_back(candidate, person, now) or _not_for(candidate, person, now)


def _not_for(candidate: Candidate, person: Person, now: datetime) -> Stop | None:
    if not holds(candidate.step.when, candidate.objects):
        return Stop(State.SKIPPED, Reason.CONDITION)
    if _meets_silence(candidate):
        return Stop(State.SKIPPED, Reason.SILENCE)
    today = local_date(now, candidate.hours.zone)
    if person.patient.is_child_on(today) and not person.patient.has_carer():
        return Stop(State.SKIPPED, Reason.UNDER_AGE)
    return None


def _meets_silence(candidate: Candidate) -> bool:
    """Who does not answer is asked less, and then left alone; an answer brings the questions back."""
    rule = candidate.step.ask.after_silence if candidate.step.ask else None
    day = local_date(candidate.planned_for, candidate.hours.zone)
    return rule is not None and rule.keeps_quiet(candidate.unanswered, day, candidate.step.every or 0)


def _closed_road(candidate: Candidate, person: Person, now: datetime) -> Stop | Turn | None:
    """The channel's own objection; a step that names a second channel turns to it if that one is open."""
    reason = objection(candidate, candidate.channel, person, now)
    if not reason:
        return None
    other = candidate.channel.other
    if candidate.step.may_turn and not candidate.turned and not objection(candidate, other, person, now):
        return Turn(other)
    closed = person.closed.get(candidate.channel) is reason
    return Stop(State.SUPPRESSED if closed else State.SKIPPED, reason)


def objection(candidate: Candidate, channel: Channel, person: Person, now: datetime) -> Reason:
    """Why this patient cannot be written to on a channel; NONE when they can."""
    today = local_date(now, candidate.hours.zone)
    if not person.patient.address(channel, today):
        return Reason.NO_ADDRESS
    confirms = candidate.confirms_stop_on(channel)
    closed = person.closed.get(channel, Reason.NONE)
    if closed and not (confirms and closed is Reason.SUPPRESSED_BY_PATIENT):
        return closed
    if not confirms and not person.patient.consents(candidate.purpose, channel, person.consent_by_default):
        return Reason.NO_CONSENT
    return Reason.NOT_ALLOW_LISTED if channel in person.barred else Reason.NONE


def _outside_window(candidate: Candidate, now: datetime) -> Wait | Stop | None:
    opening = candidate.hours.forward(now)
    if opening == now:
        return None
    if opening is None or opening >= candidate.expires_at:
        return Stop(State.EXPIRED, Reason.WINDOW)
    return Wait(opening, Reason.WINDOW)


def _is_exempt(candidate: Candidate, on: date) -> bool:
    """Whether it is neither limited nor counted on that day."""
    if candidate.answers_a_reply:
        return True  # who wrote to us this morning and says STOP at noon hears at noon that it is done
    visit_on = local_date(candidate.visit_at, candidate.hours.zone) if candidate.visit_at else None
    return is_exempt(candidate.purpose, visit_on, on, candidate.hours.first_opening(on + DAY))


def _over_cap(candidate: Candidate, person: Person, now: datetime) -> Wait | Stop | None:
    def has_room(on: date) -> bool:
        return _is_exempt(candidate, on) or person.usage.has_room(candidate.channel, on, candidate.caps)

    if has_room(local_date(now, candidate.hours.zone)):
        return None
    room = next_room(candidate.hours, now, candidate.expires_at, has_room)
    return Wait(room, Reason.CAPPED) if room else Stop(State.EXPIRED, Reason.CAPPED)
