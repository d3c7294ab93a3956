"""Receipts in any order: a status never falls, and what cannot arrive one way goes the other."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from drip.core.handover import Fault
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.core.receipt import Said, Standing, Told, hear

NOON = datetime(2026, 6, 11, 12, 0, tzinfo=UTC)


def said(says: State, minute: int = 0, **unusual: object) -> Said:
    """A receipt of a minute past noon; say what is different."""
    return Said(says=says, at=NOON + timedelta(minutes=minute), **unusual)  # type: ignore[arg-type]


def test_a_receipt_moves_a_message_on() -> None:
    assert hear(Standing(state=State.ACCEPTED), [said(State.DELIVERED)]) == Told(state=State.DELIVERED)


@pytest.mark.parametrize("order", list(permutations([0, 1, 2, 3])), ids=str)
def test_the_order_of_arrival_does_not_matter(order: tuple[int, ...]) -> None:
    receipts = [
        said(State.ACCEPTED, 1),
        said(State.SENT, 2),
        said(State.DELIVERED, 3),
        said(State.UNDELIVERED, 4, closes=Reason.BOUNCED),
    ]
    told = hear(Standing(state=State.ACCEPTED), [receipts[number] for number in order])
    assert told == Told(state=State.UNDELIVERED, reason=Reason.BOUNCED)


@pytest.mark.parametrize("order", list(permutations([State.SENT, State.DELIVERED])), ids=str)
def test_a_status_never_falls_whichever_call_comes_first(order: tuple[State, ...]) -> None:
    state = State.ACCEPTED
    for says in order:
        told = hear(Standing(state=state), [said(says)])
        state = told.state if told else state
    assert state is State.DELIVERED


def test_the_same_again_changes_nothing() -> None:
    assert hear(Standing(state=State.DELIVERED), [said(State.DELIVERED), said(State.SENT)]) is None


def test_nothing_said_is_nothing_changed() -> None:
    assert hear(Standing(state=State.ACCEPTED), []) is None


@pytest.mark.parametrize("fault", [Fault.ADDRESS, Fault.OPTED_OUT])
def test_what_cannot_arrive_at_this_address_turns_to_the_other_channel(fault: Fault) -> None:
    told = hear(Standing(state=State.SENT, may_turn=True), [said(State.UNDELIVERED, fault=fault)])
    assert told == Told(state=State.PLANNED, reason=Reason.TURNED, turns=True)


def test_words_that_are_refused_do_not_turn() -> None:
    told = hear(Standing(state=State.SENT, may_turn=True), [said(State.UNDELIVERED, fault=Fault.CONTENT)])
    assert told == Told(state=State.UNDELIVERED, reason=Reason.CONTENT_REFUSED)


@pytest.mark.parametrize("state", [State.SENT, State.IN_FLIGHT, State.UNKNOWN, State.ACCEPTED])
def test_a_failure_of_an_earlier_attempt_says_nothing_about_a_later_one(state: State) -> None:
    late = said(State.UNDELIVERED, fault=Fault.ADDRESS, is_of_last_attempt=False)
    assert hear(Standing(state=state, may_turn=True), [late]) is None


@pytest.mark.parametrize("says", [State.ACCEPTED, State.SENT])
def test_an_early_word_that_comes_late_does_not_swallow_a_message_that_has_turned(says: State) -> None:
    of_the_text = said(says, said=State.UNDELIVERED)
    assert hear(Standing(state=State.PLANNED), [of_the_text]) is None
    assert hear(Standing(state=State.PLANNED), [said(says, is_of_other_channel=True)]) is None


def test_a_text_that_arrives_after_all_ends_the_email_it_had_turned_to() -> None:
    arrived = said(State.DELIVERED, said=State.UNDELIVERED, is_of_other_channel=True)
    assert hear(Standing(state=State.PLANNED), [arrived]) == Told(state=State.DELIVERED)


def test_a_failure_on_the_channel_it_turned_from_changes_nothing() -> None:
    assert hear(Standing(state=State.SENT), [said(State.UNDELIVERED, is_of_other_channel=True)]) is None


@pytest.mark.parametrize("state", [State.CANCELLED, State.SKIPPED, State.SUPERSEDED])
def test_that_it_went_is_believed_of_a_message_that_was_called_off(state: State) -> None:
    assert hear(Standing(state=state), [said(State.DELIVERED)]) == Told(state=State.DELIVERED)


def test_a_carrier_that_corrects_itself_is_believed() -> None:
    turned_back = [said(State.UNDELIVERED, 1, fault=Fault.ADDRESS), said(State.DELIVERED, 2)]
    assert hear(Standing(state=State.SENT, may_turn=True), turned_back) == Told(state=State.DELIVERED)


@pytest.mark.parametrize(
    ("unusual", "reason"),
    [
        ({}, Reason.NOT_DELIVERED),
        ({"fault": Fault.ADDRESS}, Reason.NOT_DELIVERED),
        ({"fault": Fault.ADDRESS, "closes": Reason.BOUNCED}, Reason.BOUNCED),
        ({"fault": Fault.OPTED_OUT}, Reason.SUPPRESSED_BY_PATIENT),
        ({"fault": Fault.ACCOUNT}, Reason.ACCOUNT_REFUSED),
    ],
    ids=["nobody says why", "unreachable", "bounced", "said stop", "our account"],
)
def test_why_it_was_not_delivered_is_said(unusual: dict[str, object], reason: Reason) -> None:
    told = hear(Standing(state=State.ACCEPTED), [said(State.UNDELIVERED, 1, **unusual)])
    assert told == Told(state=State.UNDELIVERED, reason=reason)


@pytest.mark.parametrize("state", [State.UNKNOWN, State.HELD, State.IN_FLIGHT, State.PLANNED, State.CLAIMED])
def test_late_evidence_counts_wherever_the_message_is_by_then(state: State) -> None:
    assert hear(Standing(state=state), [said(State.DELIVERED)]) == Told(state=State.DELIVERED)


@pytest.mark.parametrize(
    ("said_at", "happened_at", "becomes"),
    [
        (5, 3, None),
        (3, 5, State.DELIVERED),
        (5, 5, State.DELIVERED),
        (None, 3, State.DELIVERED),
        (5, None, State.DELIVERED),
    ],
    ids=["older", "newer", "of the same second", "nobody said when", "it does not say when"],
)
def test_between_delivered_and_not_the_word_of_the_later_moment_holds(
    said_at: int | None, happened_at: int | None, becomes: State | None
) -> None:
    def minute(of: int | None) -> datetime | None:
        return None if of is None else NOON + timedelta(minutes=of)

    word = said(State.DELIVERED, 9, said=State.UNDELIVERED, said_at=minute(said_at), happened_at=minute(happened_at))
    told = hear(Standing(state=State.UNDELIVERED), [word])
    assert (told and told.state) is becomes


REFUSED: dict[str, Any] = {"fault": Fault.ACCOUNT}


@pytest.mark.parametrize("state", [State.IN_FLIGHT, State.UNKNOWN, State.HELD, State.ACCEPTED, State.SENT])
def test_what_was_refused_because_of_our_account_was_not_tried(state: State) -> None:
    told = hear(Standing(state=state, may_turn=True, may_go_again=True), [said(State.UNDELIVERED, **REFUSED)])
    assert told == Told(state=State.PLANNED, reason=Reason.ACCOUNT_REFUSED, is_untried=True)


def test_it_ends_when_it_would_come_too_late() -> None:
    told = hear(Standing(state=State.SENT), [said(State.UNDELIVERED, **REFUSED)])
    assert told == Told(state=State.UNDELIVERED, reason=Reason.ACCOUNT_REFUSED)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.DELIVERED, [said(State.UNDELIVERED, **REFUSED)]),
        (State.SENT, [said(State.DELIVERED), said(State.UNDELIVERED, 1, **REFUSED)]),
        (State.SENT, [said(State.UNDELIVERED, said=State.DELIVERED, **REFUSED)]),
    ],
    ids=["by its state", "just before", "by what was said of this attempt"],
)
def test_what_was_said_to_have_arrived_is_not_sent_a_second_time(state: State, words: list[Said]) -> None:
    told = hear(Standing(state=state, may_go_again=True), words)
    assert told == Told(state=State.UNDELIVERED, reason=Reason.ACCOUNT_REFUSED)
