"""Whom a sequence enrols, as somebody would say it who has never seen its file."""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta

from drip.core.condition_words import in_plain_words
from drip.core.duration import Duration
from drip.core.model import EventKind, Kind
from drip.core.sequence import Again, Sequence
from drip.core.timing import length

WHO: Mapping[EventKind, str] = {
    EventKind.BOOKED: "for whom an appointment is booked",
    EventKind.RESCHEDULED: "whose appointment moves",
    EventKind.CANCELLED: "whose appointment is cancelled",
    EventKind.ATTENDED: "who attends an appointment",
    EventKind.NO_SHOW: "who does not come to an appointment",
    EventKind.TREATMENT_PERFORMED: "who is given a treatment",
    EventKind.PROGRAMME_STARTED: "who starts a programme",
    EventKind.PROGRAMME_ENDED: "whose programme ends",
    EventKind.PATIENT_UPDATED: "about whom something changes",
    EventKind.DISCHARGED: "who is discharged",
    EventKind.DECEASED: "who has died",
    EventKind.MERGED: "whose two records become one",
    EventKind.ERASED: "whose record is erased",
    EventKind.ENROLMENT_STARTED: "who joins another sequence",
    EventKind.ENROLMENT_ENDED: "who leaves another sequence",
    EventKind.REPLY_STOP: "who asks us to stop",
    EventKind.REPLY_START: "who asks us to begin again",
    EventKind.REPLY_HELP: "who asks us for help",
    EventKind.REPLY_RED_FLAG: "who writes words that must not wait",
    EventKind.REPLY_ANSWER: "who answers a question",
    EventKind.REPLY_CHOICE: "who chooses one of the answers to a question",
    EventKind.STAFF_ALERT: "of the clinic's people who must hear of something",
}

_ONCE_FOR: Mapping[EventKind, str] = {
    **{kind: "appointment" for kind in EventKind if kind.is_about_an_appointment},
    EventKind.TREATMENT_PERFORMED: "treatment",
    EventKind.PROGRAMME_STARTED: "programme and side",
    EventKind.PROGRAMME_ENDED: "programme and side",
}


def whom(sequence: Sequence, titles: Mapping[str, str]) -> str:
    """`everybody who attends an appointment, if the appointment's type is initial. Once for each appointment.`

    `titles`: of the sequences that may keep somebody out of it; one that is not known goes by its id.
    """
    return " ".join(_sentences(sequence, titles))


def _sentences(sequence: Sequence, titles: Mapping[str, str]) -> Iterator[str]:
    enrol = sequence.enrol
    if not sequence.enabled:
        yield "nobody, for it is switched off. Were it switched on:"
    who = " or ".join(WHO[kind] for kind in EventKind if kind in enrol.on)
    yield f"everybody {who}, if {in_plain_words(enrol.when)}." if enrol.when else f"everybody {who}."
    yield _how_often(sequence)
    if enrol.not_while_in:
        yield f"Nobody who is in {_any_of([titles.get(one, one) for one in sorted(enrol.not_while_in)])}."
    if sequence.kind is Kind.LOADING:
        yield "Where no subtype is recorded, staff are asked first."
        yield "It ends another exercise programme that is for the same side, or that may be."


def _how_often(sequence: Sequence) -> str:
    match sequence.enrol.again:
        case Again.NEVER:
            return "Once and never again."
        case Again.ONE_AT_A_TIME:
            return "Not while they are in it already."
        case Again.AFTER:
            return f"Not again within {_length(sequence.enrol.again_after or Duration())} of joining it."
        case Again.PER_ORIGIN:
            return "Anew with each move." if sequence.tells_of_moves else _per_origin(sequence.enrol.on)


def _per_origin(events: Collection[EventKind]) -> str:
    things = {_ONCE_FOR.get(kind, "") for kind in events}
    if "" in things:
        return "Anew each time."
    return f"Once for each {' or '.join(sorted(things))}."


def _length(told: Duration) -> str:
    return length(timedelta(days=told.days) + told.elapsed)


def _any_of(titles: Collection[str]) -> str:
    told = [f"“{title}”" for title in titles]
    return " or ".join(filter(None, [", ".join(told[:-1]), told[-1]]))
