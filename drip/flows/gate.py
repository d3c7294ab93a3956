"""The last look, with the patients and addresses locked: what passes is on its way from this commit on."""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from drip.app import App
from drip.core.caps import Usage
from drip.core.gate import RECHECK, Candidate, Person, fold
from drip.core.interlock import interlocks, next_end
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.patient import is_test_number
from drip.core.reason import Reason
from drip.core.verdict import Pass, Stop, Turn, Wait
from drip.core.walltime import local_date
from drip.flows.gate_tasks import task_about, tell_staff
from drip.flows.gated import Gated, Passed
from drip.flows.journal import NO_JOURNAL, Journal
from drip.flows.letters import begin_attempt, write_letter
from drip.flows.prepare import UNWORDED, Ready
from drip.flows.reviews import Lapsed, ask_for_review
from drip.flows.road import Road, Roads, charge, first_roads, give_back
from drip.store import addresses, events, outgoing, patient_pauses, patients, questions, records, replies, versions
from drip.store.database import Tx
from drip.store.outgoing import Lease, Move

RUNAWAY_WINDOW = timedelta(hours=1)
RUNAWAY_LIMIT = 20
"""More hand-overs to one address within the window can only be a mistake of ours: networks block such senders."""

log = logging.getLogger("drip.gate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is true under the locks."""

    ours: set[str]
    revisions: Mapping[str, int]
    closed: Mapping[str, Reason]
    news: set[str]
    red_flags: set[str]
    counted: Mapping[str, Sequence[tuple[Channel, date]]]
    unanswered: Mapping[tuple[str, str], Sequence[datetime]]
    """Enrolment and step -> when its question was asked since the patient last wrote anything."""
    paused: Mapping[str, str]
    on_hold: Collection[str]
    """Patients to whom staff let nothing go for now."""
    roads: Roads
    recent: Counter[str]
    """How often each address was written to within the last hour, with what passes now."""


def pass_gate(
    app: App,
    lease: Lease,
    batch: Sequence[Ready],
    now: datetime,
    roads: Roads | None = None,
    journal: Journal = NO_JOURNAL,
) -> Gated:
    """Decide for each message whether it goes, and write that down, in one transaction.

    A stop, cancellation or move that was committed before wins; one that comes after is too late for these.
    `roads`: the provider of each channel; without, the first one. `journal`: where a worker notes what it has passed.
    """

    def write(tx: Tx) -> Gated:
        gated = _pass(app, tx, lease, batch, now, roads or first_roads(app))
        journal.passed(one.attempt.id for one in gated.passed)
        return gated

    return app.store.attempt(write)


def _pass(app: App, tx: Tx, lease: Lease, batch: Sequence[Ready], now: datetime, roads: Roads) -> Gated:
    # Gather
    facts = _look(tx, lease, batch, now, roads)
    # Decide
    gated = Gated()
    for person_batch in _by_patient(one for one in batch if one.claimed.id in facts.ours):
        gated.add(_judge_safely(app, person_batch, facts, now))
    # Apply
    started = outgoing.start_attempts(tx, lease.token, [one.attempt for one in gated.passed], lease, now)
    gated.passed = [one for one in gated.passed if one.attempt.id in started]
    outgoing.put_back(tx, lease.token, gated.moves)
    sizes = [(one.letter.channel, one.letter.words.parts) for one in gated.passed]
    claimed = [one.claimed.channel for one in batch]
    charge(tx, roads, claimed, sizes)
    give_back(tx, roads, claimed, (channel for channel, _ in sizes), now)
    _raise_tasks(app, tx, batch, gated, facts, now)
    return gated


def _look(tx: Tx, lease: Lease, batch: Sequence[Ready], now: datetime, roads: Roads) -> Facts:
    """Lock, then read: patients in the order of their ids, then addresses in the order of theirs."""
    patient_ids = sorted({one.claimed.patient_id for one in batch})
    revisions = patients.lock(tx, patient_ids)
    contacts = {contact: channel for one in batch for channel, contact in one.contacts.items()}
    known = {contact for one in batch for contact in one.person.contacts.values()}
    addresses.ensure(tx, {contact: contacts[contact] for contact in contacts.keys() - known})
    closed = addresses.lock(tx, contacts)
    counted: dict[str, list[tuple[Channel, date]]] = defaultdict(list)
    for patient_id, channel, day in outgoing.counted(tx, patient_ids, (now - timedelta(days=8)).date()):
        counted[patient_id].append((channel, day))
    return Facts(
        ours=outgoing.still_ours(tx, lease.token, (one.claimed.id for one in batch)),
        revisions=revisions,
        closed=closed,
        news=events.with_news(tx, patient_ids) | _with_replies(tx, batch),
        red_flags=records.with_open(tx, records.RED_FLAG, patient_ids),
        counted=counted,
        unanswered=questions.unanswered(tx, (one.claimed.enrolment_id for one in batch if one.step.may_fall_silent)),
        paused=versions.paused(tx),
        on_hold=patient_pauses.of(tx, patient_ids, now),
        roads=roads,
        recent=outgoing.recent(tx, contacts, now - RUNAWAY_WINDOW),
    )


def _with_replies(tx: Tx, batch: Sequence[Ready]) -> set[str]:
    """Patients at whose addresses somebody wrote something that was not read yet."""
    unread = replies.contacts_with_pending(tx, {contact for one in batch for contact in one.contacts.values()})
    return {one.claimed.patient_id for one in batch if not unread.isdisjoint(one.contacts.values())}


def _by_patient(batch: Iterable[Ready]) -> Iterable[list[Ready]]:
    of_patient: dict[str, list[Ready]] = defaultdict(list)
    for one in batch:
        of_patient[one.claimed.patient_id].append(one)
    return of_patient.values()


def _judge_safely(app: App, batch: Sequence[Ready], facts: Facts, now: datetime) -> Gated:
    """One patient's record that cannot be judged waits, and staff are asked; nobody else's messages wait with it."""
    try:
        return _judge(app, batch, facts, now)
    except Exception as problem:
        log.error("patient %s could not be judged: %s", batch[0].claimed.patient_id, type(problem).__name__)
        again = now + RECHECK
        moves = [_moved(one, State.PLANNED, Reason.NONE, again) for one in batch]
        return Gated(moves=moves, tasks=[task_about(batch[0], "broken_record", batch[0].claimed.patient_id)])


def _judge(app: App, batch: Sequence[Ready], facts: Facts, now: datetime) -> Gated:
    """One patient's messages, most important first."""
    first, gated = batch[0], Gated()
    if facts.revisions[first.claimed.patient_id] != first.person.revision:
        return Gated(moves=[_prepared_again(one, now) for one in batch])
    by_id = {one.claimed.id: one for one in batch}
    candidates = [_candidate(app, one, facts) for one in batch]
    for candidate, verdict in fold(candidates, _person(app, batch, facts, now), now):
        ready = by_id[candidate.id]
        contact = ready.contacts.get(candidate.channel, "")
        if isinstance(verdict, Pass) and facts.recent[contact] >= RUNAWAY_LIMIT:
            gated.moves.append(_moved(ready, State.PLANNED, Reason.RUNAWAY, now + RUNAWAY_WINDOW))
            gated.tasks.append(task_about(ready, "runaway", f"{contact}:{now:%Y-%m-%d}"))
        elif isinstance(verdict, Pass) and ready.words is UNWORDED:
            gated.moves.append(_prepared_again(ready, now))  # nothing holds it back any more
        elif isinstance(verdict, Pass):
            facts.recent[contact] += 1
            gated.passed.append(_passed(app, ready, facts.roads[candidate.channel], verdict, now))
        else:
            gated.moves.append(_move(ready, verdict, now))
    return gated


def _candidate(app: App, one: Ready, facts: Facts) -> Candidate:
    return one.candidate(
        is_paused=_is_paused(one, facts),
        is_approved=one.words_from.is_approved or not app.live,
        unanswered=facts.unanswered.get((one.claimed.enrolment_id, one.step.id), ()),
    )


def _prepared_again(one: Ready, now: datetime) -> Move:
    """What we knew when the words were made is no longer true: make them again, at once."""
    return _moved(one, State.PLANNED, Reason.FACTS_CHANGED, now)


def _is_paused(one: Ready, facts: Facts) -> bool:
    provider = versions.PROVIDER + facts.roads[one.claimed.channel].provider.name
    if one.person.source == patients.STAFF:
        return provider in facts.paused  # whoever pauses everything must still hear of a red flag
    return not facts.paused.keys().isdisjoint({versions.EVERYTHING, f"sequence:{one.claimed.sequence}", provider})


def _person(app: App, batch: Sequence[Ready], facts: Facts, now: datetime) -> Person:
    patient_id, patient = batch[0].claimed.patient_id, batch[0].person.patient
    usage = Usage()
    for channel, day in facts.counted.get(patient_id, ()):
        usage.add(channel, day)
    held = interlocks(patient, app.clinic.interlocks, now)
    return Person(
        patient=patient,
        consent_by_default=app.clinic.consent_by_default,
        closed={
            channel: facts.closed[contact]
            for one in batch
            for channel, contact in one.contacts.items()
            if contact in facts.closed
        },
        barred=frozenset(
            channel for one in batch for channel, to in one.addresses.items() if _is_barred(app, facts, channel, to)
        ),
        has_news=patient_id in facts.news,
        is_paused=patient_id in facts.on_hold,
        interlocks=held | ({records.RED_FLAG} if patient_id in facts.red_flags else frozenset()),
        interlock_ends_at=next_end(patient, app.clinic.interlocks, now) if held else None,
        usage=usage,
    )


def _is_barred(app: App, facts: Facts, channel: Channel, address: str) -> bool:
    """While not live, providers that reach people only reach the allow list; and never a number made for drama."""
    if not facts.roads[channel].provider.ability.reaches_people:
        return False
    return is_test_number(address) or not (app.live or address in app.allow_list)


def _passed(app: App, one: Ready, road: Road, verdict: Pass, now: datetime) -> Passed:
    letter = write_letter(app, one, now)
    today = local_date(now, one.hours.zone) if verdict.counted else None
    attempt = begin_attempt(one, letter, road.provider.name, today)
    return Passed(ready=one, attempt=attempt, letter=letter, road=road, alarm=verdict.alarm)


def _move(one: Ready, verdict: Stop | Wait | Turn, now: datetime) -> Move:
    match verdict:
        case Stop(state, reason):
            return _moved(one, state, reason, one.claimed.due_at)
        case Wait(until, reason):
            return _moved(one, State.PLANNED, reason, until)
        case Turn(channel):
            return Move(
                id=one.claimed.id, state=State.PLANNED, reason=Reason.TURNED, due_at=now, channel=channel, turned=True
            )


def _moved(one: Ready, state: State, reason: Reason, due_at: datetime) -> Move:
    claimed = one.claimed
    return Move(
        id=claimed.id, state=state, reason=reason, due_at=due_at, channel=claimed.channel, turned=claimed.turned
    )


def _raise_tasks(app: App, tx: Tx, batch: Sequence[Ready], gated: Gated, facts: Facts, now: datetime) -> None:
    """What a person must know of what was decided."""
    by_id = {one.claimed.id: one for one in batch}
    records.raise_tasks(tx, gated.tasks, now)
    tell_staff(app, tx, [(by_id[move.id], move) for move in gated.moves], facts.closed, now)
    ask_for_review(tx, _lapsed(by_id, gated), now)


def _lapsed(by_id: Mapping[str, Ready], gated: Gated) -> list[Lapsed]:
    """Held back past their review date; or, for safety, sent all the same in the last approved words."""
    held = [by_id[move.id].published for move in gated.moves if move.reason is Reason.REVIEW_DUE]
    went = [one.ready.published for one in gated.passed if one.alarm]
    lapsed = [Lapsed(version=version, is_safety=False) for version in held]
    return lapsed + [Lapsed(version=version, is_safety=True) for version in went]
