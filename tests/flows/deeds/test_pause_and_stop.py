"""Staff pause a patient, hear their stop, end a sequence; what was under way stops, and comes back as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from drip.content.sequence_file import load_sequence
from drip.core.by_staff import Obstacle, Refused
from drip.core.model import Channel
from drip.core.news import News, Receipt
from drip.core.reason import Reason
from drip.flows.deeds.end import end
from drip.flows.deeds.memory import Partly
from drip.flows.deeds.move import move
from drip.flows.deeds.pause import pause, resume
from drip.flows.deeds.scene import Done
from drip.flows.deeds.stop import stop
from drip.flows.deeds.undo import undo
from drip.flows.gate import pass_gate
from drip.flows.receive import take_news
from drip.store import addresses, enrolments, patient_pauses, patients
from drip.store.vault import CannotUnseal
from tests.flows.deeds.build import SAM, amina, broken, deeds, enrolment, in_hand, number, the
from tests.world import ADVICE, CLINIC, REMINDERS, World, a_booking, a_visit, an_event, at

SHIPPED = Path(__file__).parent.parent.parent.parent / "sequences"

EMAIL, TEXT = [Channel.EMAIL], [Channel.SMS]


@pytest.fixture
def advised(clinic: World) -> World:
    """Amina came on Wednesday at nine: hello at twelve, nudge tomorrow, later in a week."""
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 09:00"))
    clinic.tick("2026-06-03 09:30")
    return clinic


def test_nothing_goes_to_a_paused_patient_until_they_are_resumed(advised: World) -> None:
    patient = amina(advised)
    assert pause(advised.app, patient, None, SAM, at("2026-06-03 10:00")) is None
    advised.tick("2026-06-03 12:00")
    assert advised.states()["hello"] == "planned paused"
    assert resume(advised.app, patient, SAM, at("2026-06-03 14:00")) == 1
    assert resume(advised.app, patient, SAM, at("2026-06-03 14:00")) is None
    for minute in (0, 1):
        advised.tick(f"2026-06-03 14:{minute:02d}")
    assert len(advised.heard()) == 1
    assert deeds(advised) == ["patient_paused", "patient_resumed"]


def test_a_pause_ends_by_itself_on_its_day(advised: World) -> None:
    pause(advised.app, amina(advised), at("2026-06-04 00:00"), SAM, at("2026-06-03 10:00"))
    for time in ("03 12:00", "03 17:00"):
        advised.tick(f"2026-06-{time}")
    assert advised.heard() == []
    for hour in (8, 9, 10):
        advised.tick(f"2026-06-04 {hour:02d}:30")
    assert [first for _, first in advised.heard()] == ["About hello", "Amina, Harbour Clinic here: nudge"]


def test_a_pause_that_is_over_before_it_begins_is_none(advised: World) -> None:
    refused = pause(advised.app, amina(advised), at("2026-06-03 09:00"), SAM, at("2026-06-03 10:00"))
    assert refused == Refused(Obstacle.PAST)


def test_a_pause_holds_what_a_worker_has_in_hand_and_nobody_elses(advised: World) -> None:
    advised.tell(a_visit("2026-06-03 09:00", event_id="bo", patient={"ref": "p-2", "email": "bo@example.org"}))
    advised.tick("2026-06-03 09:40")
    lease, ready = in_hand(advised, "2026-06-03 12:00")
    with advised.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
    pause(advised.app, row.id, None, SAM, at("2026-06-03 12:00"))
    passed = pass_gate(advised.app, lease, ready, at("2026-06-03 12:00")).passed
    assert [one.ready.person.ref for one in passed] == ["p-2"]


def test_who_is_paused_and_says_stop_still_hears_that_it_is_done(clinic: World) -> None:
    clinic.publish(ADVICE, (SHIPPED / "reply-stop.yaml").read_text())
    clinic.tell(a_visit("2026-06-03 09:00"))
    clinic.tick("2026-06-03 09:30")
    pause(clinic.app, amina(clinic), None, SAM, at("2026-06-03 10:00"))
    clinic.reply("STOP", "2026-06-03 10:05")
    clinic.tick("2026-06-03 10:05")
    clinic.tick("2026-06-03 12:00")
    assert [to for to, _ in clinic.heard()] == ["+447700900123"]


def test_nothing_goes_where_staff_heard_a_stop(advised: World) -> None:
    lease, ready = in_hand(advised, "2026-06-03 12:00")
    assert isinstance(stop(advised.app, amina(advised), EMAIL, SAM, at("2026-06-03 12:00")), Done)
    assert pass_gate(advised.app, lease, ready, at("2026-06-03 12:00")).passed == []
    advised.tick("2026-06-04 10:00")
    assert advised.heard() == [("+447700900123", "Amina, Harbour Clinic here: nudge")]
    assert advised.states()["hello"] == "suppressed suppressed_by_patient"
    assert deeds(advised) == ["patient_stopped"]


def test_a_stop_of_everything_closes_both_and_is_not_done_twice(advised: World) -> None:
    both = [*EMAIL, *TEXT]
    assert isinstance(stop(advised.app, amina(advised), both, SAM, at("2026-06-03 10:00")), Done)
    again = stop(advised.app, amina(advised), both, SAM, at("2026-06-03 10:01"))
    assert again == Refused(Obstacle.STOPPED_ALREADY)
    for time in ("03 12:00", "04 10:00", "10 09:30"):
        advised.tick(f"2026-06-{time}")
    assert advised.heard() == []


def test_there_is_nothing_to_stop_without_an_address(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 09:00", patient={"phone": None}))
    clinic.tick("2026-06-03 09:30")
    assert stop(clinic.app, amina(clinic), TEXT, SAM, at("2026-06-03 10:00")) == Refused(Obstacle.NO_ADDRESS)


def test_a_stop_closes_the_new_address_that_was_told_and_not_read_yet(advised: World) -> None:
    new = {"email": "new@example.org", "phone": "+447700900555"}
    advised.tell(an_event("patient.updated", "2026-06-03 10:00", patient=new))
    assert isinstance(stop(advised.app, amina(advised), list(Channel), SAM, at("2026-06-03 10:00")), Done)
    assert all(advised.is_closed(address) for address in new.values())
    for time in ("03 12:00", "04 10:00", "10 09:30"):
        advised.tick(f"2026-06-{time}")
    assert advised.heard() == []


def test_what_cannot_be_planned_keeps_nobody_from_stopping(advised: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)
    assert isinstance(stop(advised.app, amina(advised), EMAIL, SAM, at("2026-06-03 10:00")), Done)
    assert advised.is_closed("amina@example.org")


def test_a_stop_on_a_sixteenth_birthday_closes_what_is_written_to_that_day_there(
    a_clinic: Callable[..., World],
) -> None:
    clinic = a_clinic(
        clinic=CLINIC.replace("Europe/London, country: GB, subdivision: ENG", "Pacific/Auckland, country: NZ")
    )
    clinic.publish(ADVICE)
    mother = {"email": "mother@example.org", "phone": "+447700900777", "relation": "mother"}
    clinic.tell(a_visit("2026-06-03 01:00", patient={"date_of_birth": "2010-06-04"}, contact=mother))
    clinic.tick("2026-06-03 02:00")
    morning_there = at("2026-06-03 22:30+00:00")
    done = number(stop(clinic.app, amina(clinic), list(Channel), SAM, morning_there))
    assert clinic.is_closed("amina@example.org")
    assert not clinic.is_closed("mother@example.org")
    assert undo(clinic.app, amina(clinic), done, SAM, morning_there) is None
    assert not clinic.is_closed("amina@example.org")


def test_whose_enrolments_cannot_be_unsealed_can_stop_all_the_same(
    advised: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = amina(advised)

    def sealed(*_: object) -> None:
        raise CannotUnseal

    monkeypatch.setattr(enrolments, "of_patients", sealed)
    assert isinstance(stop(advised.app, patient, EMAIL, SAM, at("2026-06-03 10:00")), Done)
    assert advised.is_closed("amina@example.org")


def test_who_is_in_no_sequence_can_stop(clinic: World) -> None:
    clinic.tell(a_visit("2026-06-03 09:00"))
    clinic.tick("2026-06-03 09:30")
    with clinic.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
    assert isinstance(stop(clinic.app, row.id, EMAIL, SAM, at("2026-06-03 10:00")), Done)


def test_a_stop_that_staff_misheard_is_undone(advised: World) -> None:
    done = number(stop(advised.app, amina(advised), EMAIL, SAM, at("2026-06-03 10:00")))
    assert undo(advised.app, amina(advised), done, SAM, at("2026-06-03 10:05")) is None
    advised.tick("2026-06-03 12:00")
    assert advised.heard() == [("amina@example.org", "About hello")]


def test_the_patients_own_stop_is_never_undone_by_staff(advised: World) -> None:
    done = number(stop(advised.app, amina(advised), EMAIL, SAM, at("2026-06-03 10:00")))
    advised.reply("STOP", "2026-06-03 10:02", address="amina@example.org")
    refused = undo(advised.app, amina(advised), done, SAM, at("2026-06-03 10:05"))
    assert refused == Refused(Obstacle.CHANGED_SINCE)
    assert advised.is_closed("amina@example.org")
    own = stop(advised.app, amina(advised), EMAIL, SAM, at("2026-06-03 10:06"))
    assert own == Refused(Obstacle.STOPPED_ALREADY)


def test_a_stop_of_both_is_undone_for_the_one_that_they_have_not_stopped_themselves(advised: World) -> None:
    done = number(stop(advised.app, amina(advised), list(Channel), SAM, at("2026-06-03 10:00")))
    advised.reply("STOP", "2026-06-03 10:02")
    assert undo(advised.app, amina(advised), done, SAM, at("2026-06-03 10:05")) == Partly((Channel.SMS,))
    assert advised.is_closed("+447700900123")
    assert not advised.is_closed("amina@example.org")
    assert deeds(advised) == ["patient_stopped", "undone"]


@pytest.mark.parametrize("why", [Reason.COMPLAINED, Reason.BOUNCED, Reason.ADDRESS_REFUSED])
def test_what_a_provider_told_of_the_address_since_outlives_the_undoing_of_a_stop(advised: World, why: Reason) -> None:
    done = number(stop(advised.app, amina(advised), EMAIL, SAM, at("2026-06-03 10:00")))
    told = Receipt(provider="sink", key="k", says=None, closes=why, address="amina@example.org")
    take_news(advised.app, News(receipts=(told,)), at("2026-06-03 10:02"))
    refused = undo(advised.app, amina(advised), done, SAM, at("2026-06-03 10:05"))
    assert refused == Refused(Obstacle.CHANGED_SINCE)
    assert advised.is_closed("amina@example.org")


def test_what_a_provider_tells_long_after_a_stop_changes_nothing_about_it(advised: World) -> None:
    stop(advised.app, amina(advised), EMAIL, SAM, at("2026-06-03 10:00"))
    told = Receipt(provider="sink", key="k", says=None, closes=Reason.BOUNCED, address="amina@example.org")
    take_news(advised.app, News(receipts=(told,)), at("2026-06-05 10:02"))
    with advised.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
        closed = addresses.closed(tx, row.contacts)
    assert closed == [(Channel.EMAIL, Reason.SUPPRESSED_BY_PATIENT, at("2026-06-03 10:00"))]


def test_what_had_bounced_before_a_stop_is_as_closed_after_its_undoing(advised: World) -> None:
    with advised.store.write() as tx:
        addresses.close_one(tx, Channel.EMAIL, "amina@example.org", Reason.BOUNCED, at("2026-06-02 10:00"))
    done = number(stop(advised.app, amina(advised), EMAIL, SAM, at("2026-06-03 10:00")))
    undo(advised.app, amina(advised), done, SAM, at("2026-06-03 10:05"))
    advised.tick("2026-06-03 12:00")
    assert advised.states()["hello"] == "suppressed bounced"


def test_a_sequence_that_staff_ended_sends_nothing_more_and_no_later_news_brings_it_back(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-01 09:30")
    assert isinstance(end(clinic.app, amina(clinic), enrolment(clinic, "reminders"), SAM, at("2026-06-01 10:00")), Done)
    assert clinic.states() == dict.fromkeys(("prepare", "tomorrow"), "cancelled ended_by_staff")
    clinic.tell(an_event("appointment.cancelled", "2026-06-02 12:00"))
    clinic.tick("2026-06-02 12:00")
    clinic.tell(a_booking("2026-06-25 10:00", told_at="2026-06-03 12:00", kind="rescheduled"))
    clinic.tick("2026-06-03 12:00")
    for day in range(14, 26):
        clinic.tick(f"2026-06-{day} 12:00")
    assert clinic.heard() == []
    assert end(clinic.app, amina(clinic), enrolment(clinic, "reminders"), SAM, at("2026-06-25 12:00")) == Refused(
        Obstacle.OVER
    )
    assert deeds(clinic) == ["sequence_ended"]


def test_an_ending_is_undone_and_every_message_stands_where_it_stood(advised: World) -> None:
    move(advised.app, the(advised, "nudge").id, at("2026-06-04 15:00"), SAM, at("2026-06-03 09:50"))
    before = [(one.id, one.state, one.due_at, one.reason) for one in advised.messages()]
    done = number(end(advised.app, amina(advised), enrolment(advised), SAM, at("2026-06-03 10:00")))
    advised.tick("2026-06-03 10:01")
    assert undo(advised.app, amina(advised), done, SAM, at("2026-06-03 10:05")) is None
    assert [(one.id, one.state, one.due_at, one.reason) for one in advised.messages()] == before
    for time in ("03 12:00", "04 10:00", "04 15:00", "10 09:30"):
        advised.tick(f"2026-06-{time}")
    assert len(advised.heard()) == 3


def test_what_was_cancelled_meanwhile_does_not_go_on_because_an_ending_was_undone(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-01 09:30")
    done = number(end(clinic.app, amina(clinic), enrolment(clinic, "reminders"), SAM, at("2026-06-01 10:00")))
    clinic.tell(an_event("appointment.cancelled", "2026-06-01 10:02"))
    undo(clinic.app, amina(clinic), done, SAM, at("2026-06-01 10:05"))
    assert {one.state for one in clinic.messages()} == {"cancelled"}
    clinic.tell(a_booking("2026-06-18 10:00", told_at="2026-06-02 12:00"))
    clinic.tick("2026-06-02 12:00")
    assert {one.state for one in clinic.messages()} == {"planned"}


def test_no_other_sequence_begins_because_staff_ended_one(clinic: World) -> None:
    listens = ADVICE.replace("sequence: advice", "sequence: listens").replace(
        "on: appointment.attended", "on: enrolment.ended"
    )
    clinic.publish(ADVICE, listens)
    clinic.tell(a_visit("2026-06-03 09:00"))
    clinic.tick("2026-06-03 09:30")
    end(clinic.app, amina(clinic), enrolment(clinic), SAM, at("2026-06-03 10:00"))
    clinic.tick("2026-06-03 10:01")
    assert {one.sequence for one in clinic.messages()} == {"advice"}


def test_another_patients_sequence_is_not_ended_here(advised: World) -> None:
    advised.tell(a_visit("2026-06-03 09:00", event_id="bo", patient={"ref": "p-2", "email": "bo@example.org"}))
    advised.tick("2026-06-03 09:40")
    with advised.store.read() as tx:
        (other,) = patients.find(tx, "p-2")
    mine = next(one.enrolment for one in advised.messages() if one.patient_id != other.id)
    assert end(advised.app, other.id, mine, SAM, at("2026-06-03 10:00")) == Refused(Obstacle.OVER)


def test_the_pauses_of_others_are_not_read(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 09:00"))
    clinic.tick("2026-06-03 09:30")
    pause(clinic.app, amina(clinic), at("2026-06-05 00:00"), SAM, at("2026-06-03 10:00"))
    with clinic.store.read() as tx:
        assert patient_pauses.of(tx, ["somebody-else"], at("2026-06-03 10:00")) == {}
        assert list(patient_pauses.of(tx, [amina(clinic)], at("2026-06-04 10:00"))) == [amina(clinic)]
        assert patient_pauses.of(tx, [amina(clinic)], at("2026-06-05 00:00")) == {}


def test_a_record_that_cannot_be_planned_is_not_half_ended(advised: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)
    refused = end(advised.app, amina(advised), enrolment(advised), SAM, at("2026-06-03 10:00"))
    assert refused == Refused(Obstacle.UNREADABLE)
    assert {one.state for one in advised.messages()} == {"planned"}
    assert deeds(advised) == []


def test_an_ending_that_something_else_took_the_place_of_is_not_undone(advised: World) -> None:
    done = number(end(advised.app, amina(advised), enrolment(advised), SAM, at("2026-06-03 10:00")))
    advised.tell(an_event("patient.deceased", "2026-06-03 10:01"))
    advised.tick("2026-06-03 10:02")
    refused = undo(advised.app, amina(advised), done, SAM, at("2026-06-03 10:05"))
    assert refused == Refused(Obstacle.CHANGED_SINCE)
    advised.tick("2026-06-03 12:00")
    assert advised.heard() == []


@pytest.mark.parametrize("kind", ["staff.ended", "staff.resumed"])
def test_no_sequence_can_listen_to_what_staff_do_to_another(kind: str) -> None:
    sequence, findings = load_sequence("test.yaml", ADVICE.replace("appointment.attended", kind).encode())
    assert sequence is None
    assert any(f"'{kind}' is not known here" in one.message for one in findings)
