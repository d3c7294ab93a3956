"""The states of a message and the one table of moves between them."""

from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where a message is. Every row ends in one terminal state, with a reason."""

    PLANNED = "planned"
    """Waiting for its time. The planner or a deferral put it here; a claim takes it."""
    CLAIMED = "claimed"
    """One worker has it, for the length of a lease. Nothing has left the house."""
    IN_FLIGHT = "in_flight"
    """The gate let it pass and an attempt is written: from here on it may have gone."""
    UNKNOWN = "unknown"
    """The call ended without an answer that can be trusted. Evidence moves it on."""
    HELD = "held"
    """No evidence could be had: a person decides."""
    ACCEPTED = "accepted"
    """The provider took it and gave a reference."""
    SENT = "sent"
    """The provider passed it to the network."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    """The provider refused it for good."""
    CANCELLED = "cancelled"
    """The booking changed or the sequence ended."""
    SUPERSEDED = "superseded"
    """A newer plan or version took its place."""
    SUPPRESSED = "suppressed"
    """The address is closed to us."""
    SKIPPED = "skipped"
    """We chose not to send it."""
    EXPIRED = "expired"
    """It could not go in time to still be useful."""
    INVALID = "invalid"
    """Its words could not be made, or were refused as words."""


_S = State

_EVIDENCE = frozenset({_S.ACCEPTED, _S.SENT, _S.DELIVERED, _S.UNDELIVERED})

MOVES: dict[State, frozenset[State]] = {
    _S.PLANNED: frozenset(
        {_S.CLAIMED, _S.CANCELLED, _S.SUPERSEDED, _S.SKIPPED, _S.SUPPRESSED, _S.EXPIRED}
        | {_S.ACCEPTED, _S.SENT, _S.DELIVERED}  # a late receipt for an earlier attempt
    ),
    _S.CLAIMED: frozenset(
        {_S.IN_FLIGHT, _S.PLANNED, _S.SKIPPED, _S.SUPPRESSED, _S.EXPIRED, _S.INVALID, _S.CANCELLED, _S.SUPERSEDED}
        | {_S.ACCEPTED, _S.SENT, _S.DELIVERED}
    ),
    # A receipt can overtake the answer to our own call.
    _S.IN_FLIGHT: frozenset({_S.FAILED, _S.PLANNED, _S.UNKNOWN, _S.INVALID, *_EVIDENCE}),
    _S.UNKNOWN: frozenset({_S.FAILED, _S.PLANNED, _S.HELD, *_EVIDENCE}),
    _S.HELD: frozenset({_S.PLANNED, _S.EXPIRED, *_EVIDENCE}),
    _S.ACCEPTED: frozenset({_S.SENT, _S.DELIVERED, _S.UNDELIVERED}),
    _S.SENT: frozenset({_S.DELIVERED, _S.UNDELIVERED}),
    # Carriers correct themselves.
    _S.DELIVERED: frozenset({_S.UNDELIVERED}),
    # Planned: it turns to its other channel, once; or it was our account that was refused, and it was never tried.
    _S.UNDELIVERED: frozenset({_S.DELIVERED, _S.PLANNED}),
    # That it went all the same is known late: it must not be revived and go again.
    _S.CANCELLED: frozenset({_S.PLANNED, _S.SKIPPED, _S.ACCEPTED, _S.SENT, _S.DELIVERED}),
    _S.SKIPPED: frozenset({_S.PLANNED, _S.CANCELLED, _S.ACCEPTED, _S.SENT, _S.DELIVERED}),
    _S.SUPERSEDED: frozenset({_S.PLANNED, _S.SKIPPED, _S.ACCEPTED, _S.SENT, _S.DELIVERED}),
    _S.SUPPRESSED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.FAILED: frozenset(),
    _S.INVALID: frozenset(),
}

REVIVABLE = frozenset({_S.CANCELLED, _S.SKIPPED, _S.SUPERSEDED})
"""Ended by a decision, not by a send: the planner may bring these back, or whoever takes their own decision back."""

UNSENT = frozenset({_S.PLANNED, _S.CLAIMED})
"""Still ours to change."""

WENT = frozenset({_S.ACCEPTED, _S.SENT, _S.DELIVERED, _S.UNDELIVERED})
"""The provider has it."""

COUNTED = WENT | {_S.IN_FLIGHT, _S.UNKNOWN, _S.HELD}
"""What a cap counts: everything that went or may have gone."""

TERMINAL = frozenset({_S.DELIVERED, _S.UNDELIVERED, _S.FAILED, _S.SUPPRESSED, _S.EXPIRED, _S.INVALID} | REVIVABLE)
"""Nothing more is expected to happen (`accepted` joins these where a provider gives no receipts)."""

_RECEIPT_RANK = {_S.ACCEPTED: 1, _S.SENT: 2, _S.DELIVERED: 3, _S.UNDELIVERED: 3}


def may_move(was: State, becomes: State) -> bool:
    """Whether the table allows this move."""
    return becomes in MOVES[was]


def checked(was: State, becomes: State) -> State:
    """`becomes`, if the table allows it or nothing changes. ValueError names the move: it is a mistake of ours."""
    if was is not becomes and not may_move(was, becomes):
        raise ValueError(f"a message never moves from {was.value} to {becomes.value}")
    return becomes


def is_old_news(says: State, said: State | None, at: datetime | None = None, said_at: datetime | None = None) -> bool:
    """Whether a receipt says less than one about the same attempt has said already, or as much of an earlier moment.

    Times are the provider's own; where either is not known, what is told later counts as the later word.
    """
    if said is None:
        return False
    rank, before = _RECEIPT_RANK[says], _RECEIPT_RANK.get(said, 0)
    return rank < before or (rank == before and at is not None and said_at is not None and at < said_at)


def receipt_moves(was: State, says: State) -> bool:
    """Whether a receipt that says `says` moves a message on; a status never falls, a repeat changes nothing."""
    return may_move(was, says) and _RECEIPT_RANK[says] >= _RECEIPT_RANK.get(was, 0)
