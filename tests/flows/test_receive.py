"""Receipts: what a provider says later moves messages on, closes addresses and asks staff; never the other way."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from drip.core.handover import Accepted, Fault, Outcome, Unknown
from drip.core.letter import Letter
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import News, Receipt
from drip.core.reason import Reason
from drip.flows.receive import apply_receipts, suppress, take_news
from drip.store import addresses, blind, records, versions
from drip.store.inbox_schema import receipts
from drip.store.schema import attempts
from tests.world import ADVICE, Sink, World, a_visit, at

EITHER = """
sequence: either
title: By email, else by text
purpose: care
kind: education
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: hello, after: 3h, email: hello, sms: hello, send: email_then_sms, expires: 2d}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""
SAFETY = ADVICE.replace("purpose: care", "purpose: safety")
BOUNCED = {"fault": Fault.ADDRESS, "closes": Reason.BOUNCED}
BUSY = {"fault": Fault.ADDRESS}
FEW, MANY = 40, 400


def went(clinic: World, sequence: str = ADVICE, **patient: Any) -> Letter:
    """Amina's first message, which was handed over at one o'clock on Thursday."""
    clinic.publish(sequence)
    clinic.tell(a_visit("2026-06-11 10:00", patient=patient))
    clinic.tick("2026-06-11 13:00")
    return clinic.sink.letters[0]


def says(clinic: World, state: State | None, when: str, letter: Letter, **unusual: Any) -> str:
    """The provider says something of a letter. Answers where its message is a tick later."""
    clinic.receipt(state, f"2026-06-{when}", attempt_id=letter.attempt_id, **unusual)
    clinic.tick(f"2026-06-{when}")
    return clinic.states()["hello"]


def tasks(clinic: World) -> list[str]:
    """What staff are asked."""
    with clinic.store.read() as tx:
        return sorted(task.kind for task in records.open_tasks(tx))


def inbox(clinic: World) -> Counter[str]:
    """How many receipts are in which state."""
    with clinic.store.read() as tx:
        rows = tx.connection.execute(select(receipts.c.state, func.count()).group_by(receipts.c.state))
        return Counter({row[0]: row[1] for row in rows})


def test_receipts_move_a_message_on_step_by_step(clinic: World) -> None:
    letter = went(clinic)
    assert says(clinic, State.SENT, "11 13:01", letter) == "sent"
    assert says(clinic, State.DELIVERED, "11 13:02", letter) == "delivered"
    assert inbox(clinic) == {"applied": 2}
    assert tasks(clinic) == []


def test_a_message_that_cannot_arrive_turns_to_the_other_channel_by_receipt(clinic: World) -> None:
    letter = went(clinic, EITHER)
    says(clinic, State.UNDELIVERED, "11 14:00", letter, **BUSY)
    assert [one.channel for one in clinic.sink.letters] == [Channel.EMAIL, Channel.SMS]
    assert clinic.states()["hello"] == "accepted"
    assert tasks(clinic) == [], "it still reaches the patient"


def test_it_turns_once_and_then_staff_are_asked(clinic: World) -> None:
    letter = went(clinic, EITHER)
    says(clinic, State.UNDELIVERED, "11 14:00", letter, **BUSY)
    state = says(clinic, State.UNDELIVERED, "11 14:10", clinic.sink.letters[1], **BUSY)
    assert state == "undelivered not_delivered"
    assert len(clinic.sink.letters) == 2
    assert tasks(clinic) == ["not_delivered"]


def test_it_does_not_turn_once_it_has_expired(clinic: World) -> None:
    letter = went(clinic, EITHER)
    assert says(clinic, State.UNDELIVERED, "13 13:00", letter, **BUSY) == "undelivered not_delivered"
    assert len(clinic.sink.letters) == 1
    assert tasks(clinic) == ["not_delivered"]


@pytest.mark.parametrize("fault", [Fault.CONTENT, None], ids=["its words", "nobody says what"])
def test_what_is_not_about_the_address_does_not_turn(clinic: World, fault: Fault | None) -> None:
    letter = went(clinic, EITHER)
    assert says(clinic, State.UNDELIVERED, "11 14:00", letter, fault=fault).startswith("undelivered")
    assert len(clinic.sink.letters) == 1


def test_an_old_word_about_the_email_does_not_stop_the_text_that_took_its_place(clinic: World) -> None:
    letter = went(clinic, EITHER)
    clinic.receipt(State.UNDELIVERED, "2026-06-11 22:30", attempt_id=letter.attempt_id, **BOUNCED)
    clinic.tick("2026-06-11 22:30")
    assert clinic.states()["hello"] == "planned window", "a text may not go at night"
    says(clinic, State.SENT, "11 22:40", letter)
    clinic.tick("2026-06-12 08:00")
    assert [one.channel for one in clinic.sink.letters] == [Channel.EMAIL, Channel.SMS]


def test_a_bounce_closes_the_address_at_once_and_for_everyone(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tell(a_visit("2026-06-11 10:30", event_id="second", patient={"ref": "p-2", "first_name": "Bilal"}))
    clinic.tick("2026-06-11 13:00")
    letter = clinic.sink.letters[0]
    clinic.receipt(State.UNDELIVERED, "2026-06-11 13:20", attempt_id=letter.attempt_id, **BOUNCED)
    assert clinic.is_closed("amina@example.org"), "before any tick"
    clinic.tick("2026-06-11 13:30")
    states = {one.patient: f"{one.state} {one.reason}" for one in clinic.messages() if one.step == "hello"}
    assert states == {"p-1": "undelivered bounced", "p-2": "suppressed bounced"}


def test_an_address_that_we_never_wrote_to_is_closed_as_well(clinic: World) -> None:
    told = {"address": "amina@example.org", "closes": Reason.COMPLAINED}
    clinic.receipt(None, "2026-06-11 09:00", attempt_id=None, **told)
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 13:00")
    assert clinic.states()["hello"] == "suppressed complained"
    assert clinic.sink.letters == []


def test_an_address_is_closed_however_the_provider_spells_it(clinic: World) -> None:
    letter = went(clinic)
    told = {"address": "Amina@EXAMPLE.org", "closes": Reason.SUPPRESSED_BY_PATIENT}
    clinic.receipt(None, "2026-06-11 13:20", attempt_id=None, **told)
    assert clinic.is_closed("amina@example.org")
    assert clinic.states()["hello"] == "accepted"
    assert letter.to == "amina@example.org"


@pytest.mark.parametrize(
    ("first", "then", "stands"),
    [
        (Reason.BOUNCED, Reason.COMPLAINED, Reason.COMPLAINED),
        (Reason.ADDRESS_REFUSED, Reason.COMPLAINED, Reason.COMPLAINED),
        (Reason.COMPLAINED, Reason.BOUNCED, Reason.COMPLAINED),
        (Reason.SUPPRESSED_BY_PATIENT, Reason.COMPLAINED, Reason.SUPPRESSED_BY_PATIENT),
        (Reason.COMPLAINED, Reason.SUPPRESSED_BY_PATIENT, Reason.COMPLAINED),
        (Reason.BOUNCED, Reason.SUPPRESSED_BY_PATIENT, Reason.SUPPRESSED_BY_PATIENT),
    ],
    ids=lambda reason: reason.value,
)
@pytest.mark.parametrize("by", ["a provider", "staff"])
def test_what_a_patient_said_outlives_what_only_went_wrong(
    clinic: World, by: str, first: Reason, then: Reason, stands: Reason
) -> None:
    for minute, why in enumerate((first, then)):
        if by == "staff":
            suppress(clinic.app, "amina@example.org", why, at(f"2026-06-11 09:0{minute}"))
        else:
            told = {"address": "amina@example.org", "closes": why}
            clinic.receipt(None, f"2026-06-11 09:0{minute}", attempt_id=None, **told)
    with clinic.store.read() as tx:
        contact = blind.blind_address(tx.vault, Channel.EMAIL, "amina@example.org")
        assert [why for _, why, _ in addresses.closed(tx, {Channel.EMAIL: contact})] == [stands]


def test_an_old_unsubscribe_played_again_after_a_start_closes_nothing(clinic: World) -> None:
    letter = went(clinic)
    told: dict[str, Any] = {"attempt_id": letter.attempt_id, "key": "once", "closes": Reason.SUPPRESSED_BY_PATIENT}
    clinic.receipt(None, "2026-06-11 14:00", **told)
    assert clinic.is_closed("amina@example.org")
    assert clinic.reply("START", "2026-06-11 15:00", address="amina@example.org", answers=letter.message_id)
    clinic.receipt(None, "2026-06-11 16:00", **told)
    assert not clinic.is_closed("amina@example.org")


def test_no_receipt_ever_opens_an_address(clinic: World) -> None:
    letter = went(clinic)
    clinic.reply("STOP", "2026-06-11 13:10", address="amina@example.org")
    says(clinic, State.DELIVERED, "11 13:20", letter)
    assert clinic.is_closed("amina@example.org")


def test_a_refused_account_pauses_the_provider(clinic: World) -> None:
    letter = went(clinic)
    says(clinic, State.UNDELIVERED, "11 14:00", letter, fault=Fault.ACCOUNT, code="30034")
    with clinic.store.read() as tx:
        assert versions.paused(tx) == {"provider:sink": "the provider refused our account: 30034"}
    assert [(one.state, one.reason, one.attempts) for one in clinic.messages() if one.step == "hello"] == [
        ("planned", "account_refused", 0)
    ]
    assert tasks(clinic) == []
    clinic.tick("2026-06-12 10:00")
    assert clinic.states()["nudge"] == "planned paused"
    assert len(clinic.sink.letters) == 1


def test_what_a_refused_account_kept_from_going_goes_once_the_account_is_in_order(clinic: World) -> None:
    letter = went(clinic)
    says(clinic, State.UNDELIVERED, "11 14:00", letter, fault=Fault.ACCOUNT, code="30034")
    with clinic.store.write() as tx:
        versions.resume_providers(tx)
    clinic.tick("2026-06-11 14:14")
    assert len(clinic.sink.letters) == 1
    clinic.tick("2026-06-11 14:15")
    again = clinic.sink.letters[1]
    assert (again.message_id, again.to) == (letter.message_id, letter.to)
    assert [(one.state, one.attempts) for one in clinic.messages() if one.step == "hello"] == [("accepted", 1)]
    assert says(clinic, State.UNDELIVERED, "11 14:20", letter, fault=Fault.ADDRESS) == "accepted", "of the first try"


def test_what_has_expired_by_then_ends_with_its_reason_and_a_task(clinic: World) -> None:
    letter = went(clinic, EITHER)
    state = says(clinic, State.UNDELIVERED, "13 13:00", letter, fault=Fault.ACCOUNT, code="30034")
    assert state == "undelivered account_refused"
    assert tasks(clinic) == ["not_delivered"]


def test_a_receipt_about_nothing_of_ours_stays_for_whoever_wonders(clinic: World) -> None:
    went(clinic)
    clinic.receipt(State.UNDELIVERED, "2026-06-11 14:00", attempt_id="nobody-knows-this", **BUSY)
    clinic.receipt(State.DELIVERED, "2026-06-11 14:00", attempt_id=None, provider_ref="nor-this")
    clinic.tick("2026-06-11 14:00")
    clinic.tick("2026-06-11 14:01")
    assert inbox(clinic) == {"unmatched": 2}
    assert clinic.states()["hello"] == "accepted"
    assert tasks(clinic) == []


def test_a_receipt_that_knows_only_the_providers_reference_finds_its_message(clinic: World) -> None:
    letter = went(clinic)
    clinic.receipt(State.DELIVERED, "2026-06-11 14:00", attempt_id=None, provider_ref=f"ref-{letter.attempt_id}")
    clinic.tick("2026-06-11 14:00")
    assert clinic.states()["hello"] == "delivered"


def overtaken(clinic: World, state: State, **told: Any) -> Letter:
    """Before we have written down what the provider calls Amina's email, another worker hears of it by that name."""

    def answer(letter: Letter) -> Outcome:
        clinic.receipt(state, "2026-06-11 13:00", attempt_id=None, provider_ref=f"ref-{letter.attempt_id}", **told)
        apply_receipts(clinic.app, at("2026-06-11 13:00"))
        return Accepted(f"ref-{letter.attempt_id}")

    clinic.tick("2026-06-11 12:30")  # what is looked at once an hour was looked at
    clinic.sink.answer = answer
    letter = went(clinic)
    assert inbox(clinic) == {"unmatched": 1}
    assert clinic.states()["hello"] == "accepted"
    return letter


def test_a_receipt_that_overtakes_our_own_note_of_the_reference_counts_at_the_next_tick(clinic: World) -> None:
    overtaken(clinic, State.DELIVERED)
    clinic.tick("2026-06-11 13:01")
    assert clinic.states()["hello"] == "delivered"
    assert inbox(clinic) == {"applied": 1}


def test_one_that_says_the_address_is_closed_closes_it_then(clinic: World) -> None:
    overtaken(clinic, State.UNDELIVERED, **BOUNCED)
    assert not clinic.is_closed("amina@example.org")
    clinic.tick("2026-06-11 13:01")
    assert clinic.states()["hello"] == "undelivered bounced"
    assert clinic.is_closed("amina@example.org")


def test_one_that_named_the_address_itself_does_not_close_it_again_after_a_start(clinic: World) -> None:
    told = {"address": "amina@example.org", "closes": Reason.SUPPRESSED_BY_PATIENT}
    letter = overtaken(clinic, State.UNDELIVERED, **told)
    assert clinic.is_closed("amina@example.org")
    clinic.reply("START", "2026-06-11 13:00:30", address="amina@example.org", answers=letter.message_id)
    assert not clinic.is_closed("amina@example.org")
    clinic.tick("2026-06-11 13:01")
    assert clinic.states()["hello"] == "undelivered suppressed_by_patient"
    assert not clinic.is_closed("amina@example.org")


def test_a_receipt_whose_reference_becomes_known_hours_later_is_heard_within_the_hour(clinic: World) -> None:
    clinic.sink.answer = lambda _: Unknown()
    letter = went(clinic)
    clinic.receipt(State.DELIVERED, "2026-06-11 13:01", attempt_id=None, provider_ref="late")
    clinic.tick("2026-06-11 13:01")
    clinic.tick("2026-06-11 18:00")
    with clinic.store.write() as tx:
        tx.connection.execute(update(attempts).where(attempts.c.id == letter.attempt_id).values(provider_ref="late"))
    clinic.tick("2026-06-11 18:30")
    assert inbox(clinic) == {"unmatched": 1}, "what is old is looked at once an hour"
    clinic.tick("2026-06-11 19:01")
    clinic.tick("2026-06-11 19:02")
    assert clinic.states()["hello"] == "delivered"


@pytest.mark.parametrize(("sequence", "kind"), [(ADVICE, "not_delivered"), (SAFETY, "safety_not_reached")])
def test_what_was_not_delivered_is_somebodys_to_mend(clinic: World, sequence: str, kind: str) -> None:
    letter = went(clinic, sequence)
    says(clinic, State.UNDELIVERED, "11 14:00", letter)
    says(clinic, State.UNDELIVERED, "11 14:01", letter)
    assert tasks(clinic) == [kind]


def test_without_a_receipt_for_three_days_it_counts_as_not_delivered(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(gives_receipts=True))
    letter = went(clinic)
    clinic.tick("2026-06-14 13:00")
    assert clinic.states()["hello"] == "accepted"
    clinic.tick("2026-06-14 13:01")
    assert clinic.states()["hello"] == "undelivered no_receipt"
    assert says(clinic, State.DELIVERED, "14 15:00", letter) == "delivered", "late evidence still counts"


def test_what_was_passed_on_and_never_confirmed_counts_as_not_delivered_as_well(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(gives_receipts=True))
    letter = went(clinic)
    assert says(clinic, State.SENT, "11 20:00", letter) == "sent"
    clinic.tick("2026-06-14 13:00")
    assert clinic.states()["hello"] == "sent"
    clinic.tick("2026-06-14 13:01")
    assert clinic.states()["hello"] == "undelivered no_receipt"
    assert tasks(clinic) == ["not_delivered"]
    assert says(clinic, State.SENT, "14 14:00", letter, key="again").startswith("undelivered"), (
        "it is no more than that"
    )
    clinic.tick("2026-06-18 14:00")
    assert [one.step for one in clinic.messages(state="undelivered")] == ["hello"]
    assert says(clinic, State.UNDELIVERED, "18 15:00", letter) == "undelivered no_receipt"
    assert tasks(clinic).count("not_delivered") == 1, "asked once"
    assert says(clinic, State.DELIVERED, "18 15:01", letter) == "delivered", "late evidence still counts"


@pytest.mark.parametrize("state", [State.ACCEPTED, State.SENT])
def test_where_no_receipts_are_given_what_was_passed_on_stays_so(clinic: World, state: State) -> None:
    says(clinic, state, "11 20:00", went(clinic))
    clinic.tick("2026-06-16 13:00")
    assert clinic.states()["hello"] == state.value


def test_where_no_receipts_are_given_what_was_accepted_stays_so(clinic: World) -> None:
    went(clinic)
    clinic.tick("2026-06-16 13:00")
    assert clinic.states()["hello"] == "accepted"


def test_four_hundred_receipts_take_as_many_statements_as_forty(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(*(_visit(number) for number in range(FEW + MANY + 1)))
    clinic.tick("2026-06-11 13:00")
    letters = clinic.sink.letters
    _heard(clinic, letters[:1])  # what is read once is read here
    assert _heard(clinic, letters[1 : 1 + FEW]) == _heard(clinic, letters[1 + FEW :])
    states = Counter(one.state for one in clinic.messages() if one.step == "hello")
    assert states == {"delivered": (FEW + MANY) // 2 + 1, "undelivered": (FEW + MANY) // 2}


def _visit(number: int) -> dict[str, Any]:
    patient = {"ref": f"p-{number}", "email": f"p{number}@example.org", "phone": f"+4477009{number:05d}"}
    return a_visit("2026-06-11 10:00", event_id=f"visit-{number}", patient=patient, appointment={"ref": f"a-{number}"})


def _heard(clinic: World, letters: list[Letter]) -> tuple[int, int]:
    """How many statements store and apply a word about each of these, half of them bad news."""
    told = tuple(
        Receipt(
            provider="sink",
            key=letter.attempt_id,
            says=State.UNDELIVERED if number % 2 else State.DELIVERED,
            attempt_id=letter.attempt_id,
            closes=Reason.BOUNCED if number % 2 else None,
            address=letter.to,
            at=at("2026-06-11 13:30") + timedelta(seconds=number),
        )
        for number, letter in enumerate(letters)
    )
    with _statements(clinic) as storing:
        take_news(clinic.app, News(receipts=told), at("2026-06-11 14:00"))
    with _statements(clinic) as applying:
        assert apply_receipts(clinic.app, at("2026-06-11 14:00")) == len(letters)
    return len(storing), len(applying)


@contextmanager
def _statements(clinic: World) -> Iterator[list[str]]:
    """Every statement that goes to the database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(clinic.store.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(clinic.store.engine, "before_cursor_execute", note)


def test_the_last_word_is_kept_with_the_attempt_in_whatever_order_they_come(clinic: World) -> None:
    letter = went(clinic)
    says(clinic, State.DELIVERED, "11 13:02", letter)
    says(clinic, State.SENT, "11 13:03", letter)
    with clinic.store.read() as tx:
        query = select(attempts.c.receipt).where(attempts.c.id == letter.attempt_id)
        assert tx.connection.execute(query).scalar() == "delivered"


@pytest.mark.parametrize(
    ("first", "then"), [(State.UNDELIVERED, State.DELIVERED), (State.DELIVERED, State.UNDELIVERED)]
)
def test_an_older_word_that_arrives_later_takes_nothing_back(clinic: World, first: State, then: State) -> None:
    letter = went(clinic)
    says(clinic, first, "11 13:10", letter, at=at("2026-06-11 13:05"))
    assert says(clinic, then, "11 13:20", letter, at=at("2026-06-11 13:04")).startswith(first.value)
    assert says(clinic, first, "11 13:30", letter).startswith(first.value), "again, without its time"
    assert says(clinic, then, "11 13:40", letter, at=at("2026-06-11 13:04:59")).startswith(first.value)
    assert says(clinic, then, "11 13:50", letter, at=at("2026-06-11 13:06")).startswith(then.value), "corrected"


def test_of_two_words_told_together_the_later_moment_holds_from_then_on(clinic: World) -> None:
    letter = went(clinic)
    for state, minute in ((State.UNDELIVERED, 9), (State.DELIVERED, 3)):
        happened_at = at(f"2026-06-11 13:0{minute}")
        clinic.receipt(state, "2026-06-11 13:20", attempt_id=letter.attempt_id, at=happened_at)
    clinic.tick("2026-06-11 13:20")
    assert clinic.states()["hello"] == "undelivered not_delivered"
    assert says(clinic, State.DELIVERED, "11 13:30", letter, at=at("2026-06-11 13:08")).startswith("undelivered")
