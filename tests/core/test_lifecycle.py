"""The states of a message, and the moves between them."""

from itertools import permutations, product

import pytest

from drip.core.lifecycle import (
    COUNTED,
    MOVES,
    RESENDABLE,
    REVIVABLE,
    TERMINAL,
    UNSENT,
    WENT,
    State,
    checked,
    may_move,
    receipt_moves,
)

PAGE = """
planned     | claimed cancelled superseded skipped suppressed expired
claimed     | in_flight planned skipped suppressed expired invalid cancelled
in_flight   | accepted sent delivered undelivered failed planned unknown
unknown     | accepted sent delivered undelivered failed planned held
held        | accepted planned sent delivered undelivered expired
accepted    | sent delivered undelivered
sent        | delivered undelivered
undelivered | delivered
delivered   | undelivered
cancelled   | planned
skipped     | planned
superseded  | planned
planned     | accepted sent delivered
claimed     | accepted sent delivered
"""
"""The design's table, retyped."""

FURTHER = """
claimed    | superseded
in_flight  | invalid
cancelled  | skipped accepted sent delivered
superseded | skipped accepted sent delivered
skipped    | cancelled accepted sent delivered
undelivered | planned
failed      | planned
suppressed  | planned
"""
"""A claimed row that a new version drops; words that the provider refuses; what comes back too late; what
was called off and is found to have gone all the same, which must never be revived; what turns to the patient's other
channel because a receipt says that this one is closed; what a person sends again."""


RANK = {State.ACCEPTED: 1, State.SENT: 2, State.DELIVERED: 3, State.UNDELIVERED: 3}


def table(text: str) -> set[tuple[State, State]]:
    rows = [line.split("|") for line in text.strip().splitlines()]
    return {(State(was.strip()), State(to)) for was, becomes in rows for to in becomes.split()}


def test_the_moves_are_those_of_the_design() -> None:
    moves = {(was, to) for was in State for to in MOVES[was]}

    assert moves == table(PAGE) | table(FURTHER)


def test_a_move_is_allowed_only_by_the_table() -> None:
    allowed = {(was, to) for was, to in product(State, State) if may_move(was, to)}

    assert allowed == table(PAGE) | table(FURTHER)


@pytest.mark.parametrize("state", [State.EXPIRED, State.INVALID])
def test_what_ended_for_good_never_moves(state: State) -> None:
    assert not MOVES[state]


def test_nothing_leaves_a_terminal_state_but_by_a_carriers_correction_the_planner_or_a_person() -> None:
    leaving = {was for was in TERMINAL if MOVES[was]}

    assert leaving == REVIVABLE | RESENDABLE | {State.DELIVERED}


def test_only_what_went_or_may_have_gone_counts_towards_a_cap() -> None:
    assert {state for state in State if state not in COUNTED} == TERMINAL - WENT | UNSENT


def test_every_message_can_reach_an_end() -> None:
    for start in State:
        seen, new = {start}, {start}
        while new:
            new = {to for was in new for to in MOVES[was]} - seen
            seen |= new
        assert seen & TERMINAL, start


@pytest.mark.parametrize("start", [State.IN_FLIGHT, State.UNKNOWN, State.HELD, State.ACCEPTED])
@pytest.mark.parametrize("final", [State.DELIVERED, State.UNDELIVERED])
def test_receipts_in_any_order_and_number_end_at_the_furthest_status(start: State, final: State) -> None:
    told = [State.ACCEPTED, State.SENT, final, State.SENT, final]
    for order in permutations(told):
        at = start
        for says in order:
            before = RANK.get(at, 0)
            at = says if receipt_moves(at, says) else at
            assert RANK.get(at, 0) >= before, order
        assert at is final, order


@pytest.mark.parametrize("order", list(permutations(RANK)), ids=" ".join)
def test_of_delivered_and_undelivered_the_later_word_holds(order: tuple[State, ...]) -> None:
    at = State.IN_FLIGHT
    for says in order:
        at = says if receipt_moves(at, says) else at

    assert at is [says for says in order if RANK[says] == 3][-1]


@pytest.mark.parametrize("says", list(RANK))
@pytest.mark.parametrize("state", sorted(TERMINAL - WENT - REVIVABLE))
def test_no_receipt_brings_back_what_has_ended(state: State, says: State) -> None:
    assert not receipt_moves(state, says)


@pytest.mark.parametrize("state", sorted(UNSENT))
def test_a_late_receipt_for_an_earlier_attempt_still_counts(state: State) -> None:
    assert receipt_moves(state, State.DELIVERED)
    assert not receipt_moves(state, State.UNDELIVERED), "a failure of an earlier attempt does not end the next one"


@pytest.mark.parametrize("state", sorted(RANK))
def test_a_repeated_receipt_changes_nothing(state: State) -> None:
    assert not receipt_moves(state, state)


def test_a_move_that_the_table_does_not_know_is_a_mistake_of_ours() -> None:
    assert checked(State.PLANNED, State.CLAIMED) is State.CLAIMED
    assert checked(State.DELIVERED, State.DELIVERED) is State.DELIVERED
    with pytest.raises(ValueError, match="from delivered to planned"):
        checked(State.DELIVERED, State.PLANNED)
