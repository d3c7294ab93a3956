"""Whom a sequence enrols, as a sentence."""

import pytest

from drip.content.expression import compile_condition
from drip.core.model import EventKind, Kind
from drip.core.sequence import Again
from drip.core.whom import WHO, whom
from tests.core.build import a_sequence

CAME = (EventKind.ATTENDED,)


def test_every_event_that_may_enrol_has_its_words() -> None:
    assert set(WHO) == {kind for kind in EventKind if kind.is_for_sequences}


def test_who_is_enrolled_and_on_what_condition() -> None:
    everybody = a_sequence(on=CAME)
    assert whom(everybody, {}) == "everybody who attends an appointment. Once for each appointment."
    some = a_sequence(on=(EventKind.BOOKED, *CAME), when=compile_condition("site.id == 'quay'", {}))
    assert whom(some, {}).startswith(
        "everybody for whom an appointment is booked or who attends an appointment, if the site's id is quay."
    )


def test_what_is_switched_off_enrols_nobody() -> None:
    assert whom(a_sequence(on=CAME, enabled=False), {}).startswith(
        "nobody, for it is switched off. Were it switched on: everybody who attends an appointment."
    )


@pytest.mark.parametrize(
    ("again", "after", "on", "says"),
    [
        (Again.NEVER, None, CAME, "Once and never again."),
        (Again.ONE_AT_A_TIME, None, CAME, "Not while they are in it already."),
        (Again.AFTER, "90d", CAME, "Not again within 90 days of joining it."),
        (Again.PER_ORIGIN, None, (EventKind.TREATMENT_PERFORMED, *CAME), "Once for each appointment or treatment."),
        (Again.PER_ORIGIN, None, (EventKind.PROGRAMME_STARTED,), "Once for each programme and side."),
        (Again.PER_ORIGIN, None, (EventKind.RESCHEDULED,), "Anew with each move."),
        (Again.PER_ORIGIN, None, (EventKind.DISCHARGED, *CAME), "Anew each time."),
    ],
)
def test_how_often(again: Again, after: str | None, on: tuple[EventKind, ...], says: str) -> None:
    assert whom(a_sequence(on=on, again=again, again_after=after), {}).endswith(f". {says}")


def test_who_is_kept_out_by_another_by_its_title() -> None:
    told = whom(a_sequence(on=CAME, not_while_in=("surgery", "loading", "x")), {"surgery": "After an operation"})
    assert told.endswith("Nobody who is in “loading”, “After an operation” or “x”.")
    assert whom(a_sequence(on=CAME, not_while_in=("x",)), {}).endswith("Nobody who is in “x”.")


def test_a_loading_programme_says_what_it_ends_and_when_staff_are_asked() -> None:
    told = whom(a_sequence(on=(EventKind.PROGRAMME_STARTED,), kind=Kind.LOADING), {})
    assert "Where no subtype is recorded, staff are asked first." in told
    assert "It ends another exercise programme that is for the same side, or that may be." in told
