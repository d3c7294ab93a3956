"""A patient's history: what the events add up to."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from drip.core.event import Event, replay
from drip.core.model import Channel, EventKind, Facts, Purpose, merged
from drip.core.patient import Standing
from tests.core.build import a_booking, an_event, an_update, news_of


@pytest.mark.parametrize(
    ("told", "origin"),
    [
        pytest.param(
            {"appointment": {"ref": "a-1"}, "treatment": {"code": "eswt"}},
            "appointment:a-1",
            id="the appointment first",
        ),
        pytest.param(
            {"treatment": {"code": "eswt", "performed_at": "2026-06-11T10:30:00+01:00"}, "programme": {"code": "x"}},
            "treatment:eswt:2026-06-11",
            id="else the treatment",
        ),
        pytest.param(
            {"programme": {"code": "loading", "side": "left"}}, "programme:loading:left", id="else programme and side"
        ),
        pytest.param({"programme": {"code": "loading"}}, "programme:loading:", id="a programme without a side"),
        pytest.param({}, "event:e-1", id="else the event"),
        pytest.param({"appointment": {"ref": 7}}, "event:e-1", id="a reference that is not words is none"),
    ],
)
def test_an_enrolment_belongs_to_what_its_event_is_about(told: dict[str, Any], origin: str) -> None:
    assert an_event(EventKind.BOOKED, key="e-1", **told).origin == origin


def test_the_last_answer_to_a_question_holds_whenever_it_came_in() -> None:
    def answer(value: float, *, day: int, received: int, kind: EventKind = EventKind.REPLY_ANSWER) -> Event:
        told: Facts = {"channel": "sms", "word": "answer", "question": "pain", "value": value}
        return replace(an_event(kind, key=f"e-{received}", day=day, received=received), reply=told)

    events = [answer(3, day=1, received=2), answer(7, day=2, received=1)]
    for order in permutations(events):
        assert [moment.patient.replies for moment in replay(order)] == [{"pain": 3}, {"pain": 7}]
    assert replay([answer(3, day=1, received=1, kind=EventKind.REPLY_HELP)])[-1].patient.replies == {}


def test_what_a_patient_chose_is_not_undone_by_a_booking_that_comes_later() -> None:
    no, yes = ({"consent": {"care": {"sms": answer}}} for answer in (False, True))
    chose = replace(an_event(EventKind.REPLY_CHOICE, key="e-2", day=2, received=2), choice=no)
    events = [an_update(day=1, patient=yes), chose, an_update(day=3, patient={"first_name": "Amina", **yes})]
    for order in permutations(events):
        said = [moment.patient.consents(Purpose.CARE, Channel.SMS, frozenset()) for moment in replay(order)]
        assert said == [True, False, False]


@pytest.mark.parametrize(
    ("before", "after", "holds"),
    [
        pytest.param(None, False, False, id="a no told at the desk after the patient's yes"),
        pytest.param(True, False, False, id="a yes that became a no at the desk"),
        pytest.param(False, False, True, id="the old no, repeated with a booking"),
        pytest.param(False, True, True, id="a yes at the desk too"),
    ],
)
def test_a_patients_yes_holds_until_somebody_at_the_desk_writes_down_a_no(
    before: bool | None, after: bool, holds: bool
) -> None:
    def consent(answer: bool | None) -> Facts:
        return {} if answer is None else {"consent": {"care": {"sms": answer}}}

    chose = replace(an_event(EventKind.REPLY_CHOICE, key="e-2", day=2, received=2), choice=consent(True))
    events = [an_update(day=1, patient=consent(before)), chose, an_update(day=3, patient=consent(after))]
    for order in permutations(events):
        assert replay(order)[-1].patient.consents(Purpose.CARE, Channel.SMS, frozenset()) is holds


def test_history_goes_by_when_things_happened_not_by_when_we_heard() -> None:
    events = [
        a_booking(starts_at="2026-06-11T10:00:00+01:00", day=0, received=3),
        a_booking(kind=EventKind.RESCHEDULED, starts_at="2026-06-12T10:00:00+01:00", day=1, received=1),
        a_booking(kind=EventKind.RESCHEDULED, starts_at="2026-06-13T10:00:00+01:00", day=2, received=2),
    ]
    for order in permutations(events):
        last = replay(order)[-1]
        assert last.appointment["starts_at"] == "2026-06-13T10:00:00+01:00"


def test_of_two_events_of_the_same_moment_the_one_received_later_holds() -> None:
    first = an_update(day=1, key="first", received=1, patient={"language": "en"})
    second = an_update(day=1, key="second", received=2, patient={"language": "cy"})

    for order in ([first, second], [second, first]):
        assert replay(order)[-1].patient.language == "cy"


def test_a_booking_for_a_known_appointment_updates_only_the_fields_that_it_tells() -> None:
    moved = an_event(
        EventKind.RESCHEDULED,
        day=1,
        appointment={"ref": "a-1", "starts_at": "2026-06-18T09:00:00+01:00"},
        site="london",
    )

    known = replay([a_booking(), moved])[-1].appointment

    assert known["type"] == "initial"
    assert known["starts_at"] == "2026-06-18T09:00:00+01:00"
    assert known["site"] == "london"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (EventKind.BOOKED, "booked"),
        (EventKind.RESCHEDULED, "booked"),
        (EventKind.CANCELLED, "cancelled"),
        (EventKind.ATTENDED, "attended"),
        (EventKind.NO_SHOW, "no_show"),
    ],
)
def test_the_kind_of_news_says_how_an_appointment_stands(kind: EventKind, status: str) -> None:
    assert replay([news_of(kind)])[-1].appointment["status"] == status


def test_a_treatment_at_an_appointment_does_not_change_how_it_stands() -> None:
    treated = an_event(EventKind.TREATMENT_PERFORMED, day=10, appointment={"ref": "a-1"}, treatment={"code": "eswt"})

    assert replay([a_booking(), treated])[-1].appointment["status"] == "booked"


def test_an_appointment_remembers_when_it_was_first_booked() -> None:
    again = a_booking(day=2)

    known = replay([a_booking(day=0), again])[-1].appointment

    assert known["booked_at"] == "2026-06-01T09:00:00+00:00"


def test_each_appointment_is_known_by_its_own_reference() -> None:
    moments = replay([a_booking("a-1"), a_booking("a-2", day=1), news_of(EventKind.CANCELLED, "a-1", day=2)])

    assert moments[-1].appointments["a-1"]["status"] == "cancelled"
    assert moments[-1].appointments["a-2"]["status"] == "booked"
    assert moments[0].appointments.keys() == {"a-1"}, "a moment knows only what was known then"


def test_news_about_no_appointment_is_about_none() -> None:
    assert replay([a_booking(), an_update()])[-1].appointment == {}


def test_the_site_is_the_last_one_told() -> None:
    moments = replay([a_booking(site="bedford"), an_update(day=1), an_update(day=2, site="london")])

    assert [moment.site for moment in moments] == ["bedford", "bedford", "london"]


@pytest.mark.parametrize(
    ("kind", "standing"),
    [
        (EventKind.DECEASED, Standing.DECEASED),
        (EventKind.MERGED, Standing.MERGED),
        (EventKind.ERASED, Standing.ERASED),
        (EventKind.DISCHARGED, Standing.CURRENT),
    ],
)
def test_death_merging_and_erasure_are_final(kind: EventKind, standing: Standing) -> None:
    moments = replay([an_event(kind, day=1), an_update(day=2), a_booking(day=3)])

    assert [moment.patient.standing for moment in moments] == [standing] * 3


def test_of_two_endings_the_first_stands() -> None:
    moments = replay([an_event(EventKind.DECEASED, day=1), an_event(EventKind.ERASED, day=2)])

    assert moments[-1].patient.standing is Standing.DECEASED


def test_facts_of_the_patient_and_of_the_carer_are_kept_apart() -> None:
    patient = replay([an_update(patient={"email": "amina@example.org"}, contact={"email": "sam@example.org"})])[
        -1
    ].patient

    assert patient.facts == {"email": "amina@example.org"}
    assert patient.carer == {"email": "sam@example.org"}


@pytest.mark.parametrize(
    ("known", "told", "result"),
    [
        pytest.param({"a": 1}, {}, {"a": 1}, id="nothing told"),
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="something new"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 2}, id="a correction"),
        pytest.param({"a": 1}, {"a": None}, {"a": None}, id="no longer so"),
        pytest.param({"a": [1]}, {"a": [2]}, {"a": [2]}, id="lists are replaced"),
        pytest.param(
            {"consent": {"care": {"sms": True}}},
            {"consent": {"care": {"email": False}}},
            {"consent": {"care": {"sms": True, "email": False}}},
            id="objects are merged",
        ),
        pytest.param({"a": {"b": 1}}, {"a": 2}, {"a": 2}, id="an object that becomes something else"),
        pytest.param({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}, id="something that becomes an object"),
    ],
)
def test_what_is_told_is_laid_over_what_is_known(known: Facts, told: Facts, result: Facts) -> None:
    assert merged(known, told) == result


def test_nothing_personal_shows_in_a_printed_event() -> None:
    event: Event = an_update(patient={"first_name": "Amina"}, contact={"name": "Sam"})

    assert "Amina" not in repr(event)
    assert "Sam" not in repr(event)
