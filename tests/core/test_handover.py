"""The answers a provider can give, and what each means."""

from datetime import timedelta

import pytest

from drip.core.handover import (
    ACCOUNT_WAIT,
    Accepted,
    Fault,
    NotTaken,
    Outcome,
    Refused,
    Settled,
    Unknown,
    settle,
    wait_before,
)
from drip.core.lifecycle import State, may_move
from drip.core.reason import Reason
from tests.core.build import MONDAY_MORNING

ANSWERS = {
    "accepted, with their reference": (
        Accepted("SM1"),
        Settled(state=State.ACCEPTED, ref="SM1"),
    ),
    "this address, for good": (
        Refused(Fault.ADDRESS, "21211"),
        Settled(state=State.FAILED, reason=Reason.ADDRESS_REFUSED, turn=True, detail="21211"),
    ),
    "they know that the patient said stop": (
        Refused(Fault.OPTED_OUT),
        Settled(state=State.FAILED, reason=Reason.SUPPRESSED_BY_PATIENT, turn=True),
    ),
    "these words": (
        Refused(Fault.CONTENT, "spam"),
        Settled(state=State.INVALID, reason=Reason.CONTENT_REFUSED, detail="spam"),
    ),
    "our account: not a try": (
        Refused(Fault.ACCOUNT, "20003"),
        Settled(
            state=State.PLANNED,
            reason=Reason.ACCOUNT_REFUSED,
            due_at=MONDAY_MORNING + ACCOUNT_WAIT,
            counts_as_try=False,
            detail="20003",
        ),
    ),
    "not taken: a little later": (
        NotTaken(Reason.PROVIDER_DOWN),
        Settled(state=State.PLANNED, reason=Reason.PROVIDER_DOWN, due_at=MONDAY_MORNING + timedelta(seconds=15)),
    ),
    "not taken, with a time to come back": (
        NotTaken(Reason.RATE_LIMITED, timedelta(minutes=10), "429"),
        Settled(
            state=State.PLANNED,
            reason=Reason.RATE_LIMITED,
            due_at=MONDAY_MORNING + timedelta(minutes=10),
            detail="429",
        ),
    ),
    "not taken, with a time shorter than our own wait": (
        NotTaken(Reason.RATE_LIMITED, timedelta(seconds=1)),
        Settled(state=State.PLANNED, reason=Reason.RATE_LIMITED, due_at=MONDAY_MORNING + timedelta(seconds=15)),
    ),
    "no answer that can be trusted": (
        Unknown("timeout"),
        Settled(state=State.UNKNOWN, reason=Reason.UNRESOLVED, detail="timeout"),
    ),
}


@pytest.mark.parametrize(("outcome", "leaves"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_leaves_the_message_in_one_state(outcome: Outcome, leaves: Settled) -> None:
    assert settle(outcome, attempt=1, now=MONDAY_MORNING, jitter=0) == leaves


@pytest.mark.parametrize("outcome", [outcome for outcome, _ in ANSWERS.values()], ids=ANSWERS.keys())
def test_an_answer_moves_a_message_only_as_the_table_allows(outcome: Outcome) -> None:
    settled = settle(outcome, attempt=3, now=MONDAY_MORNING, jitter=0.5)

    assert may_move(State.IN_FLIGHT, settled.state)


@pytest.mark.parametrize(
    ("attempt", "shortest", "longest"),
    [(1, 15, 30), (2, 30, 60), (3, 60, 120), (7, 960, 1920), (8, 1800, 3600), (9, 1800, 3600), (10**6, 1800, 3600)],
)
def test_tries_are_spread_ever_wider_up_to_an_hour(attempt: int, shortest: int, longest: int) -> None:
    assert wait_before(attempt, 0) == timedelta(seconds=shortest)
    assert wait_before(attempt, 0.5) == timedelta(seconds=(shortest + longest) / 2)
    assert timedelta(seconds=shortest) < wait_before(attempt, 0.999) < timedelta(seconds=longest)
