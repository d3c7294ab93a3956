"""A sequence as somebody would say it who has never seen its file: when a step goes, who joins, what ends it."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from drip.core.model import AnchorKind, Channel, EventKind
from drip.core.question import AnswerKind, Question
from drip.core.sequence import Step
from drip.core.timing import DAYS, length, repeats

ANCHORS: Mapping[AnchorKind, str] = {
    AnchorKind.ENROLLED: "joining",
    AnchorKind.BOOKED: "the booking",
    AnchorKind.APPOINTMENT: "the appointment",
    AnchorKind.APPOINTMENT_END: "the end of the appointment",
    AnchorKind.TREATMENT: "the treatment",
    AnchorKind.PROGRAMME: "the start of the programme",
}

EVENTS: Mapping[EventKind, str] = {
    EventKind.BOOKED: "an appointment is booked",
    EventKind.RESCHEDULED: "an appointment moves to another time",
    EventKind.CANCELLED: "an appointment is cancelled",
    EventKind.ATTENDED: "the patient came to an appointment",
    EventKind.NO_SHOW: "the patient did not come to an appointment",
    EventKind.TREATMENT_PERFORMED: "a treatment was done",
    EventKind.PROGRAMME_STARTED: "a programme begins",
    EventKind.PROGRAMME_ENDED: "a programme ends",
    EventKind.PATIENT_UPDATED: "something about the patient changes",
    EventKind.DISCHARGED: "the patient is discharged",
    EventKind.DECEASED: "the patient has died",
    EventKind.MERGED: "two records are one patient",
    EventKind.ERASED: "the patient's record is erased",
    EventKind.ENROLMENT_STARTED: "another sequence begins for the patient",
    EventKind.ENROLMENT_ENDED: "another sequence ends for the patient",
    EventKind.REPLY_STOP: "the patient asks us to stop",
    EventKind.REPLY_START: "the patient asks us to begin again",
    EventKind.REPLY_HELP: "the patient asks for help",
    EventKind.REPLY_RED_FLAG: "a reply has words that must not wait",
    EventKind.REPLY_ANSWER: "a reply answers a question",
    EventKind.REPLY_CHOICE: "a reply chooses one of the answers",
    EventKind.STAFF_ALERT: "the clinic's people must hear of something",
}


def readable(id_: str) -> str:
    """`red-flags-day-3` as `Red flags day 3`: what something is called that has an id and no title.

    Ids hold no capitals and one kind of hyphen, so that two of them never read the same.
    """
    words = id_.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def message_name(channel: Channel, step: str, occurrence: int = 1) -> str:
    """`text “Red flags day 3”, no. 2`: what a message is called."""
    repeat = f", no. {occurrence}" if occurrence > 1 else ""
    return f"{'text' if channel is Channel.SMS else 'email'} “{readable(step)}”{repeat}"


def when_it_goes(step: Step, anchor: AnchorKind) -> str:
    """`7 days before the appointment, at 10:00`."""
    at = f", at {step.at:%H:%M}" if step.at else ""
    again = f", then {repeats(step)}" if step.every else ""
    return f"{_day(step, ANCHORS[anchor])}{at}{again}"


def _day(step: Step, anchor: str) -> str:
    offset = timedelta(days=step.offset.days) + step.offset.elapsed
    way = "before" if step.before else "after"
    if offset:
        told = f"{length(offset)} {way} {anchor}"
    else:
        told = f"the day of {anchor}" if step.at or step.weekday is not None else f"the moment of {anchor}"
    if step.weekday is not None:
        day = DAYS[step.weekday]
        return f"on the last {day} up to {told}" if step.before else f"on the first {day} from {told}"
    return told if offset else f"on {told}" if step.at else f"at {told}"


def what_it_asks(question: Question) -> str:
    """`pain: a number from 0 to 10`."""
    return f"{question.id}: {_answered_with(question)}"


def _answered_with(question: Question) -> str:
    match question.answer:
        case AnswerKind.DAYS:
            return "how many of the last seven days"
        case AnswerKind.CHOICE:
            return f"one of {', '.join(choice.words[0] for choice in question.choices)}"
        case AnswerKind.NUMBER:
            return f"a number{_between(question.least, question.most)}"


def _between(least: float | None, most: float | None) -> str:
    if least is None:
        return "" if most is None else f" up to {most:g}"
    return f" of {least:g} or more" if most is None else f" from {least:g} to {most:g}"


def any_of(events: Iterable[EventKind]) -> str:
    """`an appointment is booked, or a treatment was done`."""
    return ", or ".join(EVENTS[one] for one in EventKind if one in set(events))
