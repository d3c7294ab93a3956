"""F60 to F74: what booking systems and patients say twice, late, in the wrong order or just as a message leaves."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import permutations, product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from drip.app import Limits
from drip.core.handover import Accepted, NotTaken, Outcome
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.news import News, Reply
from drip.core.reason import Reason
from drip.core.walltime import local_date
from drip.flows import gate, send
from drip.flows.enrol import apply_news
from drip.flows.gate import pass_gate
from drip.flows.gated import Gated
from drip.flows.news_spool import put_aside_news
from drip.flows.prepare import Ready, prepare
from drip.flows.receive import suppress
from drip.flows.send import send_batch
from drip.flows.stop import is_stopped, stop
from drip.flows.story import tell
from drip.flows.tick import tick
from drip.store import addresses, blind, inbox_schema, outgoing, patients, records, schema
from drip.store.ids import new_id
from drip.store.links import Link, make_token, read_token
from drip.store.outgoing import Lease
from tests.faults.deployment import Deployment, Victims, deployed
from tests.web.build import PUBLIC, Answer, on_loopback
from tests.world import ADVICE, REMINDERS, Sink, World, a_booking, a_visit, an_event, at

PHONE, EMAIL = "+447700900123", "amina@example.org"
REVIEW = "review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}\n"


def a_sequence(name: str, steps: str, **unusual: str) -> str:
    """A sequence that starts with a visit; `unusual` replaces its other lines."""
    lines = {"sequence": name, "title": name.title(), "purpose": "care", "kind": "education"}
    lines |= {"enrol": "{on: appointment.attended}", "anchor": "appointment"} | unusual
    return "".join(f"{key}: {value}\n" for key, value in lines.items()) + f"steps:\n{steps}\n{REVIEW}"


NUDGES = a_sequence(
    "nudges",
    "  - {id: first, after: 1h, sms: first, expires: 5d}\n  - {id: second, after: 5d, sms: second, expires: 5d}\n"
    "  - {id: letter, after: 5d, email: letter, expires: 5d}",
    window="any",
)

HOURS_BEFORE = a_sequence(
    "hours-before",
    "  - {id: soon, before: 2h, sms: soon}",
    purpose="service", kind="service", enrol="{on: [appointment.booked, appointment.rescheduled]}", window="any",
)  # fmt: skip


def a_lease(seconds: int = 120) -> Lease:
    """As a worker takes one."""
    return Lease(owner="w", token=new_id(), length=timedelta(seconds=seconds))


def claimed(clinic: World, now: str, limit: int = 50) -> tuple[Lease, list[Ready]]:
    """What is due, claimed and worded by a worker that has not been to the gate yet."""
    lease = a_lease()
    with clinic.store.write() as tx:
        taken = outgoing.claim(tx, lease, at(now), limit)
    ready, spoiled = prepare(clinic.app, taken, at(now))
    assert ready
    assert not spoiled
    return lease, ready


def tasks(clinic: World) -> list[str]:
    """The kinds of what waits for a person."""
    with clinic.store.read() as tx:
        return sorted(task.kind for task in records.open_tasks(tx))


def count(clinic: World, table: Any) -> int:
    """How many rows there are."""
    with clinic.store.read() as tx:
        return int(tx.connection.execute(select(func.count()).select_from(table)).scalar_one())


def waits_for_a_lock(clinic: World, seconds: float = 10) -> bool:
    """Whether, within that time, a transaction on this PostgreSQL database waits for another one."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                   "AND wait_event_type = 'Lock'")  # fmt: skip
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with clinic.store.read() as tx:
            if tx.connection.execute(waiting).scalar_one():
                return True
        time.sleep(0.02)
    return False


# F60: the same booking, over and over


@pytest.mark.parametrize("is_known", [False, True], ids=["of somebody new", "of somebody known"])
def test_f60_a_booking_told_by_a_hundred_at_once_enrols_once(a_clinic: Callable[..., World], is_known: bool) -> None:
    clinic = a_clinic()
    clinic.publish(REMINDERS)
    booking = a_booking("2026-06-18 10:00", event_id="hook-1", patient={"ref": "p-60", "first_name": "Zoë"})
    if is_known:  # else whoever makes the patient's row holds up the others
        clinic.tell(an_event("patient.updated", "2026-06-01 08:00", patient={"ref": "p-60"}))
    together = threading.Barrier(100)

    def tell_it(number: int) -> Any:
        together.wait(60)
        if number % 50 == 49:  # two workers tick meanwhile
            return tick(clinic.app, at("2026-06-01 09:05"))
        return clinic.tell(booking)

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(tell_it, range(100)))
    taken = Counter((one.accepted, one.duplicates) for one in answers if hasattr(one, "duplicates"))
    assert taken == {(1, 0): 1, (0, 1): 97}
    clinic.tick("2026-06-01 09:06")
    tables = (schema.patients, inbox_schema.events, schema.enrolments)
    assert [count(clinic, table) for table in tables] == [1, 1 + is_known, 1]
    assert clinic.states() == {"prepare": "planned", "tomorrow": "planned"}


# F61: in whatever order

FIVE = (
    ("booked", "2026-06-18 10:00"),
    ("rescheduled", "2026-06-22 09:00"),
    ("cancelled", None),
    ("booked", "2026-06-24 11:00"),
    ("rescheduled", "2026-06-25 15:00"),
)


def five_events(who: str, told: tuple[tuple[str, str | None], ...]) -> list[dict[str, Any]]:
    """One patient's five events, in the order in which they happened, an hour apart."""
    patient = {"ref": who, "phone": None, "email": f"{who}@example.org"}
    events = []
    for hour, (kind, starts_at) in enumerate(told):
        told_at = f"2026-06-01 1{hour}:00"
        about: dict[str, Any] = {"event_id": f"{who}-{hour}", "patient": patient, "appointment": {"ref": f"a-{who}"}}
        if starts_at:
            events.append(a_booking(starts_at, told_at=told_at, kind=kind, **about))
        else:
            events.append(an_event("appointment.cancelled", told_at, **about))
    return events


@pytest.mark.parametrize(
    ("told", "due"),
    [
        (FIVE, {"prepare": "2026-06-22 10:00", "by-mail": "2026-06-24 09:00"}),
        ((*FIVE[:2], *FIVE[3:], FIVE[2]), {}),
    ],
    ids=["booked again, then moved", "cancelled last"],
)
def test_f61_five_events_in_any_order_come_to_what_their_true_order_comes_to(
    clinic: World, told: tuple[tuple[str, str | None], ...], due: dict[str, str]
) -> None:
    clinic.publish(REMINDERS.replace("{id: tomorrow, before: 1d, at: \"09:00\", sms: tomorrow}",
                                     "{id: by-mail, before: 1d, at: \"09:00\", email: by-mail}"))  # fmt: skip
    orders = list(permutations(range(5)))
    stories = {f"p-{number}": five_events(f"p-{number}", told) for number in range(len(orders))}
    for place in range(5):
        clinic.tell(*(stories[f"p-{n}"][order[place]] for n, order in enumerate(orders)), now="2026-06-02 08:00")
        clinic.tick(f"2026-06-02 08:0{place}")
    plans: dict[str, set[Any]] = {who: set() for who in stories}
    for one in clinic.messages(state="planned"):
        plans[one.patient].add((one.step, one.due_at))
    wanted = {(step, at(when)) for step, when in due.items()}
    assert {who: plan for who, plan in plans.items() if plan != wanted} == {}
    for day in ("15 10", "17 09", "19 10", "21 09", "22 10", "23 09", "24 09"):
        clinic.tick(f"2026-06-{day}:00")
    heard = Counter(clinic.heard())
    assert heard == {(f"{who}@example.org", f"About {step}"): 1 for who in stories for step in due}


# F62: a move beside a claim


def test_f62_a_visit_moved_beside_a_claim_is_announced_once_at_the_old_time_or_at_the_new(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_postgres_clinic(limits=Limits(batch=8))
    clinic.publish(HOURS_BEFORE)
    people = {f"p-{n}": f"+4477009{n:05d}" for n in range(100)}
    moves = []
    for who, phone in people.items():
        of_whom: dict[str, Any] = {"patient": {"ref": who, "phone": phone, "email": None}}
        of_whom["appointment"] = {"ref": f"a-{who}"}
        clinic.tell(a_booking("2026-06-18 17:00", event_id=f"{who}-1", **of_whom))
        moves.append(a_booking("2026-06-18 19:00", event_id=f"{who}-2", told_at="2026-06-18 14:59", kind="rescheduled",
                               **of_whom))  # fmt: skip
    clinic.tick("2026-06-01 09:05")
    dice, now, overtaken = random.Random(62), at("2026-06-18 15:00"), list[int]()

    def gate_after_a_while(app: Any, lease: Lease, batch: Any, *more: Any) -> Gated:
        time.sleep(dice.uniform(0.0, 0.05))
        gated = pass_gate(app, lease, batch, *more)
        overtaken.append(len(batch) - len(gated.passed))
        return gated

    monkeypatch.setattr(send, "pass_gate", gate_after_a_while)
    moved = threading.Event()

    def work() -> None:
        while send_batch(clinic.app, now) or not moved.is_set():
            time.sleep(0.002)

    dice.shuffle(moves)
    with ThreadPoolExecutor(3) as pool:
        workers = [pool.submit(work) for _ in range(2)]
        try:
            for one in moves:
                clinic.tell(one)
                apply_news(clinic.app, now)
        finally:
            moved.set()
        for worker in workers:
            worker.result()
    at_the_old_time = {letter.to for letter in clinic.sink.letters}
    monkeypatch.undo()
    clinic.tick("2026-06-18 17:00")
    assert Counter(letter.to for letter in clinic.sink.letters) == dict.fromkeys(people.values(), 1)
    assert 0 < len(at_the_old_time) < len(people), "nothing was raced"
    assert sum(overtaken) > 0, "no move came between a claim and its gate"


# F63: a cancellation while the message is on the line


class SlowSink(Sink):
    """A provider that takes its time: it answers once it is told to."""

    def __init__(self, outcome: Callable[[Letter], Outcome]) -> None:
        super().__init__(answer=self._wait, is_remote=True)
        self.called, self.may_answer, self._outcome = threading.Event(), threading.Event(), outcome

    def _wait(self, letter: Letter) -> Outcome:
        self.called.set()
        assert self.may_answer.wait(30)
        return self._outcome(letter)


@pytest.mark.parametrize("is_taken", [True, False], ids=["and it goes", "and it comes back"])
def test_f63_a_visit_cancelled_while_its_message_is_on_the_line(a_clinic: Callable[..., World], is_taken: bool) -> None:
    sink = SlowSink(lambda letter: Accepted(letter.attempt_id) if is_taken else NotTaken(Reason.PROVIDER_DOWN))
    clinic = a_clinic(sink=sink)
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-01 09:05")
    with ThreadPoolExecutor(1) as pool:
        ticking = pool.submit(clinic.tick, "2026-06-15 10:00")
        assert sink.called.wait(30)
        clinic.tell(an_event("appointment.cancelled", "2026-06-15 10:00:01"))
        assert apply_news(clinic.app, at("2026-06-15 10:00:02")).cancelled == 1
        assert clinic.states() == {"prepare": "in_flight", "tomorrow": "cancelled appointment_cancelled"}
        sink.may_answer.set()
        ticking.result(30)
    for later in ("2026-06-15 11:00", "2026-06-17 09:00"):
        clinic.tick(later)
    assert len(sink.letters) == 1
    assert clinic.states()["prepare"] == ("accepted" if is_taken else "cancelled appointment_cancelled")
    with clinic.store.read() as tx:
        story = tell(clinic.app, tx, patients.find(tx, "p-1")[0]).lines
    said = [line.sentence for line in story]
    assert any("was cancelled" in sentence for sentence in said)
    assert any("“Prepare” of “Before your visit” was handed to sink" in sentence for sentence in said) is is_taken


# F64, F65: a STOP just before the gate, and just after it; the worker is a process of its own that stands still there


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    """Forks workers that can be stopped on their way."""
    made = Victims()
    yield made
    made.close()


@contextmanager
def a_worker_that_stands_still(
    database_url: str, victims: Victims, spool: Path, place: str
) -> Iterator[tuple[Deployment, Callable[[], None]]]:
    """A clinic whose only worker has stopped at a place, and what lets it go on to the end of its tick."""
    with deployed(database_url, victims, spool, patients=1, deadline=10.0) as deployment:
        deployment.world.publish(NUDGES, a_sequence("told", "  - {id: never, after: 300d, sms: never}"))
        deployment.tick()
        deployment.until("2026-06-11 11:00")
        pid = deployment.stop_at(place)

        def go_on() -> None:
            assert deployment.end(pid, signal.SIGCONT) == {"signal": 0, "code": 0}

        yield deployment, go_on


def rest_of_it(deployment: Deployment) -> None:
    """Undisturbed workers until the last step is over."""
    for when in ("2026-06-11 11:20", "2026-06-16 10:00", "2026-06-17 10:00"):
        deployment.later(11)
        deployment.until(when)
        deployment.tick()


def test_f64_a_stop_between_claim_and_gate_keeps_the_message_from_going(
    database_url: str, victims: Victims, tmp_path: Path
) -> None:
    with a_worker_that_stands_still(database_url, victims, tmp_path, "gate.before") as (deployment, go_on):
        assert deployment.world.states()["first"] == "claimed"
        assert deployment.world.reply("STOP", "2026-06-11 11:00:01", address="+447700900000")
        go_on()
        rest_of_it(deployment)
        assert deployment.sandbox.ledger.of_address("+447700900000") == []
        assert deployment.world.states()["first"] == "suppressed suppressed_by_patient"
        assert deployment.world.states()["second"] == "suppressed suppressed_by_patient"
        assert deployment.world.states()["letter"] == "delivered", "emails go by their own consent"
        assert count(deployment.world, schema.attempts) == 1


def test_f65_a_stop_between_gate_and_call_may_come_too_late_for_that_message_and_for_no_other(
    database_url: str, victims: Victims, tmp_path: Path
) -> None:
    with a_worker_that_stands_still(database_url, victims, tmp_path, "send.before_call") as (deployment, go_on):
        assert deployment.world.states()["first"] == "in_flight"
        assert deployment.world.reply("STOP", "2026-06-11 11:00:01", address="+447700900000")
        go_on()
        rest_of_it(deployment)
        (went,) = deployment.sandbox.ledger.of_address("+447700900000")
        with deployment.world.store.read() as tx:
            tried = tx.connection.execute(select(schema.attempts).where(schema.attempts.c.channel == "sms")).one()
        assert (tried.id, tried.outcome, tried.provider_ref) == (went.attempt, "accepted", went.ref)
        assert deployment.world.states()["first"] == "delivered"
        assert deployment.world.states()["second"] == "suppressed suppressed_by_patient"


# The two races, with two transactions that are open at the same time


@contextmanager
def held_in_the_gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The first gate stands still with its locks held and its mind made up, until it may go on."""
    inside, go_on = threading.Event(), threading.Event()
    real = outgoing.start_attempts

    def wait_first(*given: Any, **named: Any) -> Any:
        if not inside.is_set():
            inside.set()
            assert go_on.wait(30)
        return real(*given, **named)

    monkeypatch.setattr(outgoing, "start_attempts", wait_first)
    try:
        yield inside, go_on
    finally:
        go_on.set()


def a_link(clinic: World) -> Link:
    """To Amina's texts, as it stands in her messages."""
    contact = blind.blind_address(clinic.store.vault, Channel.SMS, PHONE)
    with clinic.store.read() as tx:
        return Link(patient_id=patients.find(tx, "p-1")[0].id, contact_id=contact, channel=Channel.SMS)


STOPS: dict[str, Callable[[World], object]] = {
    "by text": lambda clinic: clinic.reply("STOP", "2026-06-12 10:00"),
    "by the link": lambda clinic: stop(clinic.app, a_link(clinic), at("2026-06-12 10:00")),
    "by staff": lambda clinic: suppress(clinic.app, PHONE, Reason.SUPPRESSED_BY_PATIENT, at("2026-06-12 10:00")),
}

TWO_NUDGES = a_sequence(
    "two", "  - {id: nudge, after: 1d, at: \"10:00\", sms: nudge}\n  - {id: more, after: 5d, at: \"10:00\", sms: more}"
)  # fmt: skip


def a_text_at_the_gate(clinic: World) -> tuple[Lease, list[Ready]]:
    """Amina came on Thursday; her text of Friday at ten is claimed."""
    clinic.publish(TWO_NUDGES)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    return claimed(clinic, "2026-06-12 10:00")


@pytest.mark.parametrize("say_stop", STOPS.values(), ids=STOPS)
def test_a_stop_that_comes_while_the_gate_decides_waits_and_is_too_late_for_this_message_alone(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch, say_stop: Callable[[World], object]
) -> None:
    clinic = a_postgres_clinic()
    lease, ready = a_text_at_the_gate(clinic)
    with ThreadPoolExecutor(2) as pool, held_in_the_gate(monkeypatch) as (inside, go_on):
        gated = pool.submit(pass_gate, clinic.app, lease, ready, at("2026-06-12 10:00"))
        assert inside.wait(30)
        stopping = pool.submit(say_stop, clinic)
        assert waits_for_a_lock(clinic)
        assert not stopping.done()
        go_on.set()
        assert len(gated.result(30).passed) == 1
        stopping.result(30)
    assert clinic.is_closed(PHONE)
    assert count(clinic, schema.attempts) == 1, "what may have gone is written down"
    clinic.tick("2026-06-16 10:00")
    assert clinic.states()["more"] == "suppressed suppressed_by_patient"
    assert clinic.sink.letters == []


def test_a_stop_that_is_being_committed_is_waited_for_by_the_gate(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    lease, ready = a_text_at_the_gate(clinic)
    with ThreadPoolExecutor(1) as pool:
        with clinic.store.write() as tx:
            addresses.close_one(tx, Channel.SMS, PHONE, Reason.SUPPRESSED_BY_PATIENT, at("2026-06-12 10:00"))
            gated = pool.submit(pass_gate, clinic.app, lease, ready, at("2026-06-12 10:00"))
            assert waits_for_a_lock(clinic)
            assert not gated.done()
        assert gated.result(30).passed == []
    assert clinic.states()["nudge"] == "suppressed suppressed_by_patient"
    assert count(clinic, schema.attempts) == 0


def test_a_death_that_is_told_while_the_gate_decides_waits_for_it_and_one_told_before_wins(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_postgres_clinic()
    lease, ready = a_text_at_the_gate(clinic)
    with ThreadPoolExecutor(2) as pool, held_in_the_gate(monkeypatch) as (inside, go_on):
        gated = pool.submit(pass_gate, clinic.app, lease, ready, at("2026-06-12 10:00"))
        assert inside.wait(30)
        telling = pool.submit(clinic.tell, an_event("patient.deceased", "2026-06-12 10:00"))
        assert waits_for_a_lock(clinic)
        assert not telling.done()
        go_on.set()
        assert len(gated.result(30).passed) == 1
        telling.result(30)
    clinic.tick("2026-06-12 10:01")
    assert clinic.states() == {"nudge": "in_flight", "more": "cancelled deceased"}


def test_of_two_gates_at_once_the_second_waits_and_a_cap_of_one_lets_one_through(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_postgres_clinic()
    clinic.publish(TWO_NUDGES, TWO_NUDGES.replace("sequence: two", "sequence: other"))
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    first, second = (claimed(clinic, "2026-06-12 10:00", limit=1) for _ in range(2))
    with ThreadPoolExecutor(2) as pool, held_in_the_gate(monkeypatch) as (inside, go_on):
        one = pool.submit(pass_gate, clinic.app, *first, at("2026-06-12 10:00"))
        assert inside.wait(30)
        other = pool.submit(pass_gate, clinic.app, *second, at("2026-06-12 10:00"))
        assert waits_for_a_lock(clinic), "the second gate must not even look while the first decides"
        assert not other.done()
        go_on.set()
        passed = [len(gated.result(30).passed) for gated in (one, other)]
    assert passed == [1, 0]
    assert sorted(f"{one.state} {one.reason}" for one in clinic.messages() if one.step == "nudge") == [
        "in_flight ", "planned capped",
    ]  # fmt: skip


# F66: an old START


def test_f66_an_old_start_that_is_heard_after_the_stop_changes_nothing(
    a_clinic: Callable[..., World], tmp_path: Path
) -> None:
    """The database was away when START came, at ten past nine; the STOP of twenty past was stored at once."""
    clinic = a_clinic(spool=tmp_path)
    clinic.publish(NUDGES)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    start = Reply(provider="sink", key="SM-start", channel=Channel.SMS, address=PHONE, text="START")
    put_aside_news(clinic.app, News(replies=(start,)), at("2026-06-11 10:50"))
    clinic.reply("STOP", "2026-06-11 10:55", key="SM-stop")
    clinic.tick("2026-06-11 11:00")
    assert clinic.is_closed(PHONE)
    for minute in range(1, 4):  # and it is played again, by somebody who recorded it
        assert not clinic.reply("START", f"2026-06-11 11:0{minute}", key="SM-start")
    clinic.tick("2026-06-16 10:00")
    assert [letter.channel for letter in clinic.sink.letters] == [Channel.EMAIL]
    assert clinic.reply("START", "2026-06-17 09:00", key="SM-new"), "a new one, by the patient, counts"


def test_f66_an_old_start_between_two_stops_that_is_heard_last_changes_nothing(
    a_clinic: Callable[..., World], tmp_path: Path
) -> None:
    clinic = a_clinic(spool=tmp_path)
    clinic.reply("STOP", "2026-06-11 10:40")
    start = Reply(provider="sink", key="SM-start", channel=Channel.SMS, address=PHONE, text="START")
    put_aside_news(clinic.app, News(replies=(start,)), at("2026-06-11 10:50"))
    clinic.reply("STOP", "2026-06-11 10:55")
    clinic.tick("2026-06-11 11:00")
    assert clinic.is_closed(PHONE)


def test_f66_a_stop_that_was_put_aside_is_heeded_before_anything_goes(
    a_clinic: Callable[..., World], tmp_path: Path
) -> None:
    clinic = a_clinic(spool=tmp_path)
    clinic.publish(NUDGES)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    told = Reply(provider="sink", key="SM-stop", channel=Channel.SMS, address=PHONE, text="Stop!")
    put_aside_news(clinic.app, News(replies=(told,)), at("2026-06-11 10:59"))
    clinic.tick("2026-06-11 11:00")
    assert clinic.sink.letters == []
    assert clinic.states()["first"] == "suppressed suppressed_by_patient"


# F67: a phone that two share


def test_f67_a_stop_from_a_shared_phone_stops_texts_for_both_and_emails_go_on_by_consent(clinic: World) -> None:
    clinic.publish(NUDGES)
    bilal = {"ref": "p-2", "first_name": "Bilal", "email": "bilal@example.org", "consent": {"care": {"email": False}}}
    clinic.tell(a_visit("2026-06-11 10:00"), a_visit("2026-06-11 10:00", event_id="b", patient=bilal))
    clinic.tick("2026-06-11 10:31")
    assert clinic.reply("stop", "2026-06-11 10:45", address=PHONE)
    for when in ("2026-06-11 11:00", "2026-06-16 10:00"):
        clinic.tick(when)
    became = {(one.patient, one.step): f"{one.state} {one.reason}".strip() for one in clinic.messages()}
    assert became == {
        ("p-1", "first"): "suppressed suppressed_by_patient",
        ("p-1", "second"): "suppressed suppressed_by_patient",
        ("p-1", "letter"): "accepted",
        ("p-2", "first"): "suppressed suppressed_by_patient",
        ("p-2", "second"): "suppressed suppressed_by_patient",
        ("p-2", "letter"): "skipped no_consent",
    }
    assert clinic.heard() == [(EMAIL, "About letter")]
    assert tasks(clinic) == ["shared_stop"]


# F68: however it is said

SAID = {
    "STOP": True, " stop ": True, "Stop.": True, "STOP!!!": True, "🛑 stop 🙏": True, "ALTO": True,
    "please stop texting": True, "Stop texting me please": True, "STOP STOP": True,
    "\N{FULLWIDTH LATIN CAPITAL LETTER S}top": True,
    "unsubscribe": True, "No more texts, thanks": True, "stopiwch": True, "Nie piszcie do mnie": True,
    "I will stop by at noon": False, "don't stop": False, "Can you stop the exercises on Tuesday?": False,
    "stopped hurting": False, "When does it stop?": False, "🛑": False,
}  # fmt: skip


@pytest.mark.parametrize(("said", "closes"), SAID.items())
def test_f68_a_stop_is_a_stop_however_it_is_said_and_a_sentence_is_for_a_person(
    clinic: World, said: str, closes: bool
) -> None:
    assert clinic.reply(said, "2026-06-11 10:00", address="+447700900168") is closes
    clinic.tick("2026-06-11 10:01")
    assert tasks(clinic) == ([] if closes else ["reply"])


# F69, F70: the link in a message


def a_letter_with_a_link(clinic: World) -> Letter:
    """Amina's first email, as it went out."""
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    clinic.tick("2026-06-11 13:00")
    (letter,) = clinic.sink.letters
    assert letter.stop_url
    return letter


def test_f69_a_scanner_that_follows_the_link_does_nothing_and_a_mail_programs_button_acts_at_once(
    a_clinic: Callable[..., World],
) -> None:
    clinic = a_clinic(public_url=PUBLIC)
    url = a_letter_with_a_link(clinic).stop_url or ""
    path = url.removeprefix(PUBLIC)
    with on_loopback(clinic.app) as site:
        for method in ("GET", "HEAD"):
            for query in ("", "?action=stop", "?List-Unsubscribe=One-Click"):
                for agent in ("BarracudaCentral", "Mozilla/5.0 (Windows NT; Microsoft Outlook)"):
                    assert site.ask(method, path + query, headers={"User-Agent": agent}).status == 200
        assert "<script" not in site.ask("GET", path).text, "nothing that a scanner could run"
        assert not clinic.is_closed(EMAIL)
        assert site.post_form(path, "List-Unsubscribe=One-Click").status == 200
    assert clinic.is_closed(EMAIL)
    assert not clinic.is_closed(PHONE)
    clinic.tick("2026-06-18 09:30")
    assert clinic.states()["later"] == "suppressed suppressed_by_patient"


def test_f70_a_link_with_any_letter_changed_gets_the_same_answer_and_does_nothing(
    a_clinic: Callable[..., World],
) -> None:
    clinic = a_clinic(public_url=PUBLIC)
    url = a_letter_with_a_link(clinic).stop_url or ""
    link = read_token(clinic.store.vault, url.rpartition("/")[2])
    assert link
    made = (make_token(clinic.store.vault, link.patient_id, link.contact_id, link.channel) for _ in range(1000))
    token = next(one for one in made if "-" in one and "_" in one)
    forged = [token[:place] + letter + token[place + 1 :] for place in range(len(token)) for letter in "Ab-"]
    forged = [one for one in forged if one != token]
    forged += [token[:-4], token + "AAAA", token[44:] + token[:44], token.swapcase(), "A" * len(token)]
    forged += [token.replace("-", "+"), token.replace("_", "/")]  # the same bytes in the other alphabet
    with on_loopback(clinic.app) as site:
        answers: set[tuple[int, str]] = set()
        for one in forged:
            answer: Answer = site.post_form(f"/p/{one}", "List-Unsubscribe=One-Click")
            answers.add((answer.status, answer.text))
    assert len(answers) == 1
    assert answers.pop()[0] == 200
    assert count(clinic, schema.contacts) == 2
    assert not clinic.is_closed(EMAIL)


def test_f70_another_patients_link_stops_that_patient_alone_and_two_links_make_no_third(
    a_clinic: Callable[..., World],
) -> None:
    clinic = a_clinic(public_url=PUBLIC)
    bilal = {"ref": "p-2", "email": "bilal@example.org", "phone": "+447700900170"}
    clinic.tell(a_visit("2026-06-11 10:00", event_id="b", patient=bilal))
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 13:00")
    links = {letter.to: (letter.stop_url or "").rpartition("/")[2] for letter in clinic.sink.letters}
    amina, other = links[EMAIL], links["bilal@example.org"]
    with on_loopback(clinic.app) as site:
        for place in range(4, 88, 4):
            site.post_form(f"/p/{amina[:place]}{other[place:]}", "action=stop")
        assert not clinic.is_closed(EMAIL)
        assert not clinic.is_closed("bilal@example.org")
        site.post_form(f"/p/{other}", "action=stop")
    assert clinic.is_closed("bilal@example.org")
    assert not clinic.is_closed(EMAIL)
    link = read_token(clinic.store.vault, amina)
    assert link
    assert not is_stopped(clinic.app, link)


# F71: an address edited while the message waits


def test_f71_an_address_edited_after_the_words_were_made_is_the_one_that_is_used_with_new_words(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    lease, ready = claimed(clinic, "2026-06-11 13:00")
    told = {"email": "aminah.new@example.org", "first_name": "Aminah"}
    clinic.tell(an_event("patient.updated", "2026-06-11 12:59", patient=told))
    apply_news(clinic.app, at("2026-06-11 13:00"))
    assert pass_gate(clinic.app, lease, ready, at("2026-06-11 13:00")).passed == []
    clinic.tick("2026-06-11 13:00")
    (letter,) = clinic.sink.letters
    assert letter.to == "aminah.new@example.org"
    assert "Hello Aminah." in letter.words.text


def test_f71_a_number_edited_to_one_that_said_stop_is_not_used_and_the_old_ones_stop_does_not_follow(
    clinic: World,
) -> None:
    clinic.publish(NUDGES)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    clinic.reply("STOP", "2026-06-11 10:40", address="+447700900171")
    clinic.reply("STOP", "2026-06-11 10:40", address=PHONE)
    clinic.tell(an_event("patient.updated", "2026-06-11 10:50", patient={"phone": "+447700900171"}))
    clinic.tick("2026-06-11 11:00")
    assert clinic.states()["first"] == "suppressed suppressed_by_patient"
    clinic.tell(an_event("patient.updated", "2026-06-11 12:00", patient={"phone": "+447700900172"}))
    clinic.tick("2026-06-16 10:00")
    assert [letter.to for letter in clinic.sink.letters if letter.channel is Channel.SMS] == ["+447700900172"]


# F72: merged, deceased


def test_f72_a_patient_recorded_twice_hears_once_after_the_records_were_merged(clinic: World) -> None:
    clinic.publish(REMINDERS)
    for who in ("p-1", "p-1-again"):
        clinic.tell(a_booking("2026-06-18 10:00", event_id=who, patient={"ref": who}, appointment={"ref": f"a-{who}"}))
    clinic.tick("2026-06-01 09:05")
    lease, ready = claimed(clinic, "2026-06-15 10:00")
    assert len(ready) == 2
    clinic.tell(an_event("patient.merged", "2026-06-15 09:59", patient={"ref": "p-1-again"}))
    passed = pass_gate(clinic.app, lease, ready, at("2026-06-15 10:00")).passed
    assert [one.ready.person.ref for one in passed] == ["p-1"]
    for when in ("2026-06-15 10:05", "2026-06-17 09:00"):
        clinic.tick(when)
    ended = {(one.step, one.state, one.reason) for one in clinic.messages() if one.patient == "p-1-again"}
    assert ended == {(step, "cancelled", "merged_patient") for step in ("prepare", "tomorrow")}
    assert clinic.heard() == [(PHONE, "Amina, Harbour Clinic here: tomorrow")]


@pytest.mark.parametrize("when", ["before the gate", "in one file with a booking", "before everything"])
def test_f72_nothing_goes_to_somebody_who_has_died_whatever_is_told_besides(clinic: World, when: str) -> None:
    clinic.publish(REMINDERS, NUDGES)
    death = an_event("patient.deceased", "2026-06-15 09:50")
    booking = a_booking("2026-06-18 10:00", told_at="2026-06-15 09:55")
    if when == "before everything":
        clinic.tell(death)
        clinic.tick("2026-06-15 09:51")
    clinic.tell(a_visit("2026-06-15 08:59", told_at="2026-06-15 09:00"))
    clinic.tick("2026-06-15 09:56")
    if when == "before the gate":
        lease, ready = claimed(clinic, "2026-06-15 09:59")
        clinic.tell(death)
        assert pass_gate(clinic.app, lease, ready, at("2026-06-15 09:59")).passed == []
        clinic.tell(booking)
    else:
        clinic.tell(booking, death) if when == "in one file with a booking" else clinic.tell(booking)
    for later in ("2026-06-15 10:00", "2026-06-15 10:01", "2026-06-17 09:00", "2026-06-20 10:00"):
        clinic.tick(later)
    assert clinic.sink.letters == []
    assert {(one.state, one.reason) for one in clinic.messages()} <= {("cancelled", "deceased")}


# F73: three sequences at once

DAILY = '  - {{id: {0}-text, after: 1d, at: "{1}", every: 1d, times: 12, sms: {0}-text, expires: 3d}}\n'
DAILY += '  - {{id: {0}-mail, after: 1d, at: "{1}", every: 1d, times: 12, email: {0}-mail, expires: 3d}}'
THREE = [
    a_sequence("service", DAILY.format("service", "12:00"), purpose="service", kind="service"),
    a_sequence("care", DAILY.format("care", "10:00")),
    a_sequence("feedback", DAILY.format("feedback", "09:00"), purpose="feedback", kind="checkin"),
]


def test_f73_three_sequences_at_once_keep_to_the_caps_for_two_weeks_and_the_important_goes_first(
    clinic: World,
) -> None:
    clinic.publish(*THREE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    sent: list[tuple[Any, Any, str]] = []
    waiting: dict[Any, set[str]] = {}
    clinic.tick("2026-06-11 10:31")
    for day_number, hour in product(range(15), (8, 9, 10, 12, 17)):
        now = at("2026-06-12 00:00") + timedelta(days=day_number, hours=hour)
        due = {(one.channel, one.purpose) for one in clinic.messages(state="planned") if one.due_at <= now}
        before = len(clinic.sink.letters)
        tick(clinic.app, now)
        day = local_date(now, clinic.app.clinic.zone)
        steps = {one.id: one.purpose for one in clinic.messages()} if len(clinic.sink.letters) > before else {}
        for letter in clinic.sink.letters[before:]:
            sent.append((day, letter.channel, steps[letter.message_id]))
            waiting[day, letter.channel] = {purpose for channel, purpose in due if channel == letter.channel}
    caps = clinic.app.clinic.sites[0].caps
    for channel in Channel:
        days = [day for day, by, _ in sent if by is channel]
        assert max(Counter(days).values()) <= caps.per_day(channel)
        assert all(sum(day - timedelta(days=7) < one <= day for one in days) <= caps.per_week(channel) for day in days)
        assert len(days) >= 2 * caps.per_week(channel), "there was room, and it was used"
    for day, channel, purpose in sent:
        ranks = ["service", "care", "feedback"]
        assert all(ranks.index(purpose) <= ranks.index(other) for other in waiting[day, channel])
    ends = Counter((one.state, one.reason) for one in clinic.messages())
    reasons = {("accepted", ""), ("expired", "capped"), ("skipped", "merged")}  # merged: two that fall on one Monday
    assert set(ends) <= reasons, "each went or says why it did not"
    assert sum(ends.values()) == 3 * 2 * 12


# F74: too much to one number

ALARM = a_sequence("alarm", "  - {id: now, after: 1h, sms: now, expires: 5h}", purpose="safety", kind="safety",
                   window="any")  # fmt: skip


def neighbours(clinic: World, number: int, *, start: int = 0, visit: str = "2026-06-11 10:00") -> None:
    """So many patients who all gave the same phone number, as a booking system's mistake would have it."""
    for n in range(start, start + number):
        told = {"ref": f"p-{n}", "email": None, "phone": "+447700900174"}
        clinic.tell(a_visit(visit, event_id=f"v-{n}", patient=told, appointment={"ref": f"a-{n}"}))


def by_reason(clinic: World) -> Counter[tuple[str, str]]:
    """How many messages are in each state for each reason."""
    return Counter((one.state, one.reason) for one in clinic.messages())


@pytest.mark.parametrize("batch", [500, 7], ids=["in one batch", "in many batches"])
def test_f74_a_number_that_is_written_to_far_too_often_is_left_alone_for_an_hour(
    a_clinic: Callable[..., World], batch: int
) -> None:
    clinic = a_clinic(limits=Limits(batch=batch))
    clinic.publish(ALARM)
    neighbours(clinic, 23)
    clinic.tick("2026-06-11 10:31")
    clinic.tell(a_visit("2026-06-11 10:00", event_id="alone", patient={"ref": "alone"}, appointment={"ref": "alone"}))
    clinic.tick("2026-06-11 11:00")
    assert by_reason(clinic) == {("accepted", ""): 21, ("planned", "runaway"): 3}
    assert Counter(to for to, _ in clinic.heard()) == {"+447700900174": 20, PHONE: 1}, "others are not held up"
    assert tasks(clinic) == ["runaway"], "one for the number, however many messages wait"
    neighbours(clinic, 2, start=23, visit="2026-06-11 10:05")
    for minute in (5, 20, 40, 59):
        clinic.tick(f"2026-06-11 11:{minute:02d}")
    assert len(clinic.sink.letters) == 21, "nothing more goes until the hour is over"
    clinic.tick("2026-06-11 12:00")
    clinic.tick("2026-06-11 12:06")
    assert by_reason(clinic) == {("accepted", ""): 26}


def test_f74_different_words_to_one_number_count_together(clinic: World) -> None:
    clinic.publish(ALARM, ALARM.replace("sequence: alarm", "sequence: warning"))
    neighbours(clinic, 12)
    clinic.tick("2026-06-11 10:31")
    clinic.tick("2026-06-11 11:00")
    assert by_reason(clinic) == {("accepted", ""): gate.RUNAWAY_LIMIT, ("planned", "runaway"): 4}
