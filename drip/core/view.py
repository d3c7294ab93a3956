"""An event as it was known at its time, and as what came in since has made it known: diagnoses are often coded late."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from drip.core.event import Event, Moment
from drip.core.model import EventKind

CODED_LATE = timedelta(days=14)
"""Diagnoses are often coded after the visit: for this long a later `patient.updated` can still start a sequence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An event, with what was known at its time or somewhat later; fresh when that has not been looked at yet."""

    as_known: Moment
    fresh: bool


def views_of(moment: Moment, moments: Sequence[Moment]) -> Iterator[View]:
    """An event as known at its time, then as known after each update that may have coded it late."""
    event = moment.event
    yield View(as_known=moment, fresh=event.fresh)
    fresh = event.fresh
    for later in (later for later in moments if _is_soon_after(later.event, event)):
        fresh |= later.event.fresh
        if later.event.kind is EventKind.PATIENT_UPDATED:
            yield View(as_known=replace(later, event=event), fresh=fresh)


def has_news_near(event: Event, moments: Sequence[Moment]) -> bool:
    """Whether anything new can have changed what this event means; most of a long history is settled."""
    return event.fresh or any(
        other.event.fresh and abs(other.event.occurred_at - event.occurred_at) <= CODED_LATE for other in moments
    )


def has_late_news(event: Event, moments: Sequence[Moment]) -> bool:
    """Whether something that happened shortly before this event only came in now."""
    return any(
        other.event.fresh and timedelta() < event.occurred_at - other.event.occurred_at <= CODED_LATE
        for other in moments
    )


def _is_soon_after(later: Event, event: Event) -> bool:
    in_order = (event.occurred_at, event.received) < (later.occurred_at, later.received)
    return in_order and later.occurred_at - event.occurred_at <= CODED_LATE


def is_first_met_now(views: Sequence[View]) -> bool:
    """An event is decided when it comes in, and once more when an update changes what was looked at."""
    return bool(views) and all(view.fresh for view in views)
