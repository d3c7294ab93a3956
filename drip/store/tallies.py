"""What came of each day's messages, in numbers: counted from the messages themselves, again whenever they may have
changed, and never added to. Reports read these, so that they are quick however much was sent.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, cast, delete, func, insert, literal, or_, select

from drip.core.alerts import ALERT
from drip.core.funnel import OPTED_OUT, Count
from drip.core.handover import Evidence
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.store import bulk
from drip.store.database import Tx
from drip.store.desk import IS_SETTLED
from drip.store.schema import attempts, contacts, enrolments, messages
from drip.store.settling import SAID_TO_HAVE_GONE
from drip.store.staff_schema import tallies

HEARD, HEARD_AT_SITE = "heard", "heard_at_site"
"""What is counted beside messages: patients, by how often they heard, in all and from each site."""

_HEARD = (HEARD, HEARD_AT_SITE)

AHEAD = "ahead"
"""Of days to come: what is planned for them."""

_APART = (*_HEARD, AHEAD)
"""What has not come of a message."""

TAKEN = ("accepted", Evidence.WENT.value, SAID_TO_HAVE_GONE)
"""What came of an attempt that is billed."""

CLOSED_BY_PATIENTS = (Reason.SUPPRESSED_BY_PATIENT.value, Reason.COMPLAINED.value)

MANY = 5
"""Who heard more often is counted with those who heard so often."""

WEEK = timedelta(days=7)

_LOCK = 0x74616C6C
"""PostgreSQL: one counts at a time, until it commits. The number only has to be our own."""

_NAMES = ["day", "site", "sequence", "step", "channel", "provider", "what", "reason", "number", "parts"]


def count(tx: Tx, day: str, start: datetime, end: datetime) -> None:
    """Count what came of the messages of the day from `start` to `end`, under its name. Safe to repeat."""
    lock(tx)
    tx.connection.execute(delete(tallies).where(tallies.c.day == day, tallies.c.what.not_in(_APART)))
    for query in (_came_of(day, start, end), _opted_out(day, start, end)):
        tx.connection.execute(insert(tallies).from_select(_NAMES, query))


def count_heard(tx: Tx, day: str, end: datetime) -> None:
    """Count how often patients heard in the seven days that end so. Once those are over it does not change."""
    lock(tx)
    tx.connection.execute(delete(tallies).where(tallies.c.day == day, tallies.c.what.in_(_HEARD)))
    for what in _HEARD:
        tx.connection.execute(insert(tallies).from_select(_NAMES, _heard(what, day, end)))


def knows_heard(tx: Tx, days: Collection[str]) -> set[str]:
    """Of which of these days that has been counted."""
    query = select(tallies.c.day).distinct().where(bulk.among(tx, tallies.c.day, days), tallies.c.what == HEARD)
    return set(tx.connection.execute(query).scalars())


def lock(tx: Tx) -> None:
    """Whoever else counts waits until this transaction has ended."""
    if tx.is_postgres:
        tx.connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _came_of(day: str, start: datetime, end: datetime) -> Select[Any]:
    """Messages planned for that day of which something has come."""
    m = messages.c
    what = [site_of(), m.sequence, m.step, m.channel, func.coalesce(m.provider, ""), m.state, m.reason]
    query = select(literal(day), *what, func.count(), func.sum(_parts())).join(
        enrolments, enrolments.c.id == m.enrolment_id
    )
    return query.where(IS_SETTLED, m.planned_for >= start, m.planned_for < end).group_by(*what)


def site_of() -> ColumnElement[str]:
    """An enrolment's site; empty where none was told."""
    return func.coalesce(enrolments.c.site, "")


def _parts() -> ColumnElement[int]:
    """Of every text that was taken for a message. One where nobody wrote down how many it took."""
    each = func.coalesce(func.sum(case((attempts.c.parts > 0, attempts.c.parts), else_=1)), 0)
    taken = select(each).where(
        attempts.c.message_id == messages.c.id,
        attempts.c.channel == Channel.SMS.value,
        attempts.c.outcome.in_(TAKEN),
    )
    may_be_text = or_(messages.c.channel == Channel.SMS.value, messages.c.turned)
    return case((may_be_text, taken.scalar_subquery()), else_=0)


def _opted_out(day: str, start: datetime, end: datetime) -> Select[Any]:
    """Addresses closed on that day by whoever is reached there, each with the last message that went there before."""
    earlier = attempts.alias()
    last = (
        select(earlier.c.id)
        .where(earlier.c.contact_id == contacts.c.id, earlier.c.started_at <= contacts.c.changed_at)
        .order_by(earlier.c.started_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    m = messages.c
    what = [
        site_of(),
        m.sequence,
        m.step,
        attempts.c.channel,
        attempts.c.provider,
        literal(OPTED_OUT),
        contacts.c.closed,
    ]
    query = (
        select(literal(day), *what, func.count(), literal(0))
        .select_from(contacts)
        .join(attempts, attempts.c.id == last)
        .join(messages, m.id == attempts.c.message_id)
        .join(enrolments, enrolments.c.id == m.enrolment_id)
    )
    query = query.where(contacts.c.closed.is_not(None), contacts.c.closed.in_(CLOSED_BY_PATIENTS))
    at = contacts.c.changed_at
    return query.where(at >= start, at < end).group_by(*(one for one in what if one is not what[5]))


def _heard(what: str, day: str, end: datetime) -> Select[Any]:
    """How many patients heard once, twice, ... in the seven days that this one ends: in all, or from each site."""
    at, site = messages.c.accepted_at, (site_of() if what == HEARD_AT_SITE else literal("")).label("site")
    often = case((func.count() > MANY, MANY), else_=func.count())
    each = select(site, cast(often, String).label("often")).join(enrolments, enrolments.c.id == messages.c.enrolment_id)
    each = each.where(at.is_not(None), at >= end - WEEK, at < end, messages.c.sequence != ALERT).group_by(
        site, messages.c.patient_id
    )
    people, nothing = each.subquery(), literal("")
    told = [people.c.site, nothing, nothing, nothing, nothing, literal(what), people.c.often]
    return select(literal(day), *told, func.count(), literal(0)).group_by(people.c.site, people.c.often)


def between(tx: Tx, first: str, last: str, sites: Collection[str] = ()) -> list[Count]:
    """What came of messages from the first day to the last; of these sites, where any are named."""
    t = tallies.c
    what = [t.sequence, t.step, t.channel, t.provider, t.what, t.reason]
    query = select(*what, func.sum(t.number).label("number"), func.sum(t.parts).label("parts")).group_by(*what)
    query = _of(tx, query.where(t.day >= first, t.day <= last, t.what.not_in(_APART)), sites)
    return [Count(**row._mapping) for row in tx.connection.execute(query)]


def heard(tx: Tx, day: str, sites: Collection[str] = ()) -> dict[int, int]:
    """How many patients heard so often in the seven days that end with this one.

    For whoever sees some sites only: from each of these, so that who hears from two of them is counted at both.
    """
    t = tallies.c
    what = HEARD_AT_SITE if sites else HEARD
    query = select(t.reason, func.sum(t.number)).where(t.day == day, t.what == what).group_by(t.reason)
    return {int(often): number for often, number in tx.connection.execute(_of(tx, query, sites))}


def by_day(tx: Tx, first: str, last: str, sites: Collection[str] = ()) -> dict[str, list[Count]]:
    """What came of each day's messages to patients, whichever they were."""
    t = tallies.c
    query = select(t.day, t.what, t.reason, func.sum(t.number).label("number"), func.sum(t.parts).label("parts"))
    query = query.where(t.sequence != ALERT)
    query = query.where(t.day >= first, t.day <= last, t.what.not_in(_APART)).group_by(t.day, t.what, t.reason)
    found: dict[str, list[Count]] = {}
    for row in tx.connection.execute(_of(tx, query, sites)):
        told = {name: getattr(row, name) for name in ("what", "reason", "number", "parts")}
        found.setdefault(row.day, []).append(Count(sequence="", step="", channel="", provider="", **told))
    return found


def _of(tx: Tx, query: Any, sites: Collection[str]) -> Any:
    return query.where(bulk.among(tx, tallies.c.site, sites)) if sites else query


def first_day(tx: Tx) -> datetime | None:
    """The first moment that any message was planned for, of which something has come."""
    return tx.connection.execute(select(func.min(messages.c.planned_for)).where(IS_SETTLED)).scalar()
