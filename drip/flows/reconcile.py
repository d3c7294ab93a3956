"""Unknown -> evidence -> accepted, planned again, or held for a person. Never resolved by hope."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from drip.app import App
from drip.clock import running
from drip.core.evidence import Lost, judge
from drip.core.handover import Evidence
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.providers.provider import Provider
from drip.store import enrolments, receipts, records, sent_words, settling
from drip.store.database import Tx
from drip.store.settling import SENT_AGAIN, Doubt, Settlement

AT_ONCE = 100
MOST_ROUNDS = 3
"""After so many hand-overs that left no trace, a person decides."""

ASK_TWICE = 2
"""No trace of an attempt counts as 'it did not go' only when seen twice, the second time well after the first."""

AWAY = 2
LONGEST_ROUND = 5.0
"""Seconds for which providers are asked in one round; what was not asked comes first in the next."""

WAIT_FOR_A_LIST = timedelta(hours=1)
"""How long a provider that cannot be asked now may keep a message in doubt before a person hears of it."""

WAIT_FOR_RECEIPTS = timedelta(hours=24)
"""How long a provider that has no list goes on trying to tell us what it did."""

ASK_AGAIN = timedelta(hours=1)
"""How often the provider is still asked about a message that a person is to decide about."""

OLDEST = timedelta(days=3)
"""Nobody's records are asked about a held message that is older."""


@dataclass(slots=True)
class Reconciled:
    """What evidence said."""

    went: int = 0
    did_not_go: int = 0
    held: int = 0

    def add(self, other: "Reconciled") -> None:
        """Count another round."""
        self.went += other.went
        self.did_not_go += other.did_not_go
        self.held += other.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found out about one doubt; no evidence yet where there is none."""

    doubt: Doubt
    evidence: Evidence | None
    ref: str | None = None
    saw_nothing: bool = False
    """The provider was asked, and knows of nothing: once more, later, and it did not go."""
    is_critical: bool = False


@dataclass(slots=True, kw_only=True)
class _Inquiry:
    """One round of asking. A provider that does not answer twice is not asked again in it."""

    app: App
    now: datetime
    words: Mapping[str, Any] = field(repr=False)
    silences: Counter[str] = field(default_factory=Counter)
    """How often each provider had no answer: once may be about one number, twice is about all of them."""
    began: float = field(default_factory=running)
    found: set[str] = field(default_factory=set)
    """References that this round has matched: each belongs to one attempt only."""

    def may_ask(self, provider: str) -> bool:
        """Not a provider that is away, nor for so long that everything else has to wait."""
        return not self.is_away(provider) and running() - self.began < LONGEST_ROUND

    def is_away(self, provider: str) -> bool:
        """It has not answered twice in this round."""
        return self.silences[provider] >= AWAY

    def has_waited(self, doubt: Doubt) -> bool:
        """Long enough for a list that cannot be asked."""
        return self.now - doubt.started_at >= WAIT_FOR_A_LIST


def reconcile(app: App, now: datetime) -> Reconciled:
    """Look for evidence about attempts whose answer never came, once they have had time to settle."""
    # Gather
    with app.store.read() as tx:
        doubts = [one for one in settling.doubts(tx, AT_ONCE) if _may_ask(app, one, now)]
        doubts += [one for one in _held(app, tx, now) if _may_ask_again(app, one, now)]
        words = _words(tx, doubts)
        critical = _critical(app, tx, doubts)
    # Decide: with no transaction open, since providers are asked
    inquiry = _Inquiry(app=app, now=now, words=words)
    looked_at = (_look_into(inquiry, one, is_critical=one.message_id in critical) for one in doubts)
    findings = [one for one in looked_at if one is not None]
    # Apply
    return app.store.attempt(lambda tx: _write(tx, findings, now)) if findings else Reconciled()


def _may_ask(app: App, doubt: Doubt, now: datetime) -> bool:
    """After the settling time; the second question only after twice that, and as long after the first."""
    settle = app.limits.settle
    has_settled = not doubt.asked or doubt.asked_at is None or now - doubt.asked_at >= settle
    return has_settled and now - doubt.started_at >= settle * (doubt.asked + 1)


def _held(app: App, tx: Tx, now: datetime) -> list[Doubt]:
    """Those whose provider can still be asked: the others, however many wait, are in nobody's way."""
    asked = {provider.name for provider in app.each_provider if provider.ability.keeps_a_list}
    return settling.doubts(tx, AT_ONCE, State.HELD, providers=asked, since=now - OLDEST)


def _may_ask_again(app: App, doubt: Doubt, now: datetime) -> bool:
    provider = _provider(app, doubt)
    is_time = now - (doubt.asked_at or doubt.started_at) >= ASK_AGAIN and now - doubt.started_at <= OLDEST
    return is_time and provider is not None and provider.ability.keeps_a_list


def _words(tx: Tx, doubts: Sequence[Doubt]) -> dict[str, Any]:
    """What was sent and where to, by attempt: a provider's list is searched for it."""
    keys = enrolments.data_key_rows(tx, {one.patient_id for one in doubts})
    return sent_words.words_of(tx, {one.attempt_id: keys[one.patient_id] for one in doubts})


def _critical(app: App, tx: Tx, doubts: Sequence[Doubt]) -> set[str]:
    versions = app.versions.get(tx, {one.version for one in doubts})
    steps = {one.message_id: versions[one.version].sequence.step(one.step) for one in doubts}
    return {message for message, step in steps.items() if step is not None and step.critical}


def _look_into(inquiry: _Inquiry, doubt: Doubt, *, is_critical: bool) -> Finding | None:
    """What is found out about one doubt; None when there is no time to ask.

    Of a provider that is away nobody else is asked about: what has waited long enough goes to a person all the same,
    and not a few at each tick.
    """
    if inquiry.may_ask(doubt.provider):
        return _find_out(inquiry, doubt, is_critical=is_critical)
    if doubt.state is State.UNKNOWN and inquiry.is_away(doubt.provider) and inquiry.has_waited(doubt):
        return Finding(doubt=doubt, evidence=Evidence.CANNOT_TELL, is_critical=is_critical)
    return None


def _find_out(inquiry: _Inquiry, doubt: Doubt, *, is_critical: bool) -> Finding:
    evidence, ref = _evidence(inquiry, doubt)
    saw_nothing = evidence is Evidence.DID_NOT_GO
    if saw_nothing and doubt.asked + 1 < ASK_TWICE:
        evidence = None
    elif evidence is Evidence.DID_NOT_GO and doubt.rounds + 1 >= MOST_ROUNDS:
        evidence = Evidence.CANNOT_TELL
    if doubt.state is State.HELD and evidence is not Evidence.WENT:
        evidence = None  # a person decides, unless it turns out to have gone
    return Finding(doubt=doubt, evidence=evidence, ref=ref, saw_nothing=saw_nothing, is_critical=is_critical)


def _evidence(inquiry: _Inquiry, doubt: Doubt) -> tuple[Evidence | None, str | None]:
    """None: nothing can be said yet."""
    provider = _provider(inquiry.app, doubt)
    if provider is None:
        return Evidence.CANNOT_TELL, None
    if provider.ability.keeps_a_list:
        return _by_list(inquiry, provider, doubt)
    if provider.ability.gives_receipts:
        return _by_receipts(inquiry, doubt), None
    # The same mail again is the same mail: whoever receives it drops the second.
    return (Evidence.DID_NOT_GO if provider.ability.drops_repeats else Evidence.CANNOT_TELL), None


def _provider(app: App, doubt: Doubt) -> Provider | None:
    """The provider that was called, if it is still configured."""
    return next((one for one in app.providers[doubt.channel] if one.name == doubt.provider), None)


def _by_list(inquiry: _Inquiry, provider: Provider, doubt: Doubt) -> tuple[Evidence | None, str | None]:
    said = inquiry.words.get(doubt.attempt_id) or {}
    lost = Lost(
        attempt_id=doubt.attempt_id,
        started_at=doubt.started_at,
        to=said.get("to") or "",
        text=said.get("text") or "",
    )
    traces = provider.find(lost)
    if traces is None:
        inquiry.silences[provider.name] += 1
        return (Evidence.CANNOT_TELL if inquiry.has_waited(doubt) else None), None
    with inquiry.app.store.read() as tx:
        taken = receipts.taken_refs(tx, [provider.name], [trace.ref for trace in traces]) if traces else set()
    evidence, ref = judge(lost, traces, {ref for _, ref in taken} | inquiry.found)
    if ref:
        inquiry.found.add(ref)
    return evidence, ref


def _by_receipts(inquiry: _Inquiry, doubt: Doubt) -> Evidence | None:
    """Silence is no proof: a receipt may be lost, or late because our own web was away. Nothing goes again for it.

    Once later attempts have been heard of, and this one not, nothing more is to be expected soon: a person decides.
    """
    waited = inquiry.now - doubt.started_at
    if waited >= WAIT_FOR_RECEIPTS:
        return Evidence.CANNOT_TELL
    if waited < 2 * inquiry.app.limits.settle:
        return None
    with inquiry.app.store.read() as tx:
        later = receipts.later_ones_came(tx, doubt.provider, doubt.started_at)
    return Evidence.CANNOT_TELL if later else None


def _write(tx: Tx, findings: Sequence[Finding], now: datetime) -> Reconciled:
    # What came in meanwhile is evidence, and better: it is applied before anything is decided without it.
    unread = receipts.unread(tx, (one.doubt.attempt_id for one in findings))
    findings = [one for one in findings if one.doubt.attempt_id not in unread]
    for saw_nothing in (False, True):
        asked = [one.doubt.attempt_id for one in findings if one.evidence is None and one.saw_nothing is saw_nothing]
        settling.note_asked(tx, asked, now, saw_nothing=saw_nothing)
    settled = _settle(tx, [(one, _settlement(one, now)) for one in findings if one.evidence is not None])
    _tell_staff(tx, settled, now)
    left = Counter(what.state for _, what in settled)
    return Reconciled(went=left[State.ACCEPTED], did_not_go=left[State.PLANNED], held=left[State.HELD])


def _settle(tx: Tx, told: Sequence[tuple[Finding, Settlement]]) -> list[tuple[Finding, Settlement]]:
    """Answers those that were still in doubt: of the others nobody is told, or asked, anything."""
    late: set[str] = set()
    for state in (State.UNKNOWN, State.HELD):
        those = [what for one, what in told if one.doubt.state is state]
        late |= {what.attempt_id for what in settling.settle(tx, those, was=(state,))}
    return [(one, what) for one, what in told if what.attempt_id not in late]


def _settlement(finding: Finding, now: datetime) -> Settlement:
    doubt, evidence = finding.doubt, finding.evidence
    state, reason, outcome = _verdict(finding)
    return Settlement(
        attempt_id=doubt.attempt_id,
        message_id=doubt.message_id,
        outcome=outcome,
        detail="",
        provider_ref=finding.ref,
        state=state,
        reason=reason,
        due_at=now if state is State.PLANNED else doubt.due_at,
        attempts=doubt.number,
        channel=doubt.channel,
        turned=doubt.turned,
        counted_on=None if state is State.PLANNED else doubt.counted_on,
        accepted_at=now if evidence is Evidence.WENT else None,
    )


def _verdict(finding: Finding) -> tuple[State, Reason, str]:
    match finding.evidence:
        case Evidence.WENT:
            return State.ACCEPTED, Reason.NONE, Evidence.WENT.value
        case Evidence.DID_NOT_GO:
            return State.PLANNED, Reason.NONE, Evidence.DID_NOT_GO.value
        case _ if finding.is_critical and not finding.doubt.repeats:
            # Twice is the lesser harm for these words; once, and staff hear of it.
            return State.PLANNED, Reason.UNRESOLVED, SENT_AGAIN
        case _:
            return State.HELD, Reason.UNRESOLVED, Evidence.CANNOT_TELL.value


def _tell_staff(tx: Tx, settled: Iterable[tuple[Finding, Settlement]], now: datetime) -> None:
    held = [(one.doubt, "held") for one, what in settled if what.state is State.HELD]
    again = [(one.doubt, "sent_again") for one, what in settled if what.outcome == SENT_AGAIN]
    keys = enrolments.data_key_rows(tx, {doubt.patient_id for doubt, _ in held + again})
    tasks = [
        records.NewTask(
            key=f"{kind}:{doubt.message_id}", kind=kind, patient_id=doubt.patient_id, data_key=keys[doubt.patient_id]
        )
        for doubt, kind in held + again
    ]
    records.raise_again(tx, tasks, now)
    went = [one.doubt.message_id for one, what in settled if what.state is State.ACCEPTED]
    records.finish_tasks(tx, (f"held:{message}" for message in went), now)
