"""What a worker notes on its own disk: it proves that a dead one never called, and never more than that."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update

from drip import clock
from drip.core.lifecycle import State
from drip.flows.gate import pass_gate
from drip.flows.gated import Passed
from drip.flows.journal import Journal, take_up_journals
from drip.flows.prepare import prepare
from drip.flows.send import send_due
from drip.store import outgoing, records
from drip.store.outgoing import Lease
from drip.store.schema import attempts, messages
from tests.world import ADVICE, Sink, World, a_visit, at

NOW = at("2026-06-11 13:00")

if not clock.boot():
    pytest.skip("this system does not tell one start from another", allow_module_level=True)


@dataclass
class Death:
    """A worker that passed three messages through the gate, called for the first of them, and then ..."""

    clinic: World
    journal: Journal
    passed: list[Passed]
    folder: Path

    def dies(self) -> None:
        """Its system lets go of its files."""
        self.journal.close(is_done=False)

    @property
    def path(self) -> Path:
        (path,) = self.folder.glob("calls-*.log")
        return path

    def states(self) -> Counter[str]:
        return Counter(f"{one.state} {one.reason}".strip() for one in self.clinic.messages() if one.step == "hello")

    def take_up(self) -> int:
        return take_up_journals(self.clinic.app, NOW)


@pytest.fixture
def worker(a_clinic: Callable[..., World], tmp_path: Path) -> Death:
    """Between the gate and its calls."""
    clinic = a_clinic(sink=Sink(is_remote=True), spool=tmp_path)
    clinic.publish(ADVICE)
    for n in range(3):
        patient = {"ref": f"p-{n}", "email": f"p{n}@example.org", "phone": None}
        clinic.tell(a_visit("2026-06-11 10:00", event_id=f"e-{n}", patient=patient))
    clinic.tick("2026-06-11 10:31")
    app, notes = clinic.app, Journal(tmp_path)
    lease = Lease(owner="dying", token="t", length=app.limits.lease)
    with app.store.write() as tx:
        claimed = outgoing.claim(tx, lease, NOW, 10)
    ready, _ = prepare(app, claimed, NOW)
    passed = pass_gate(app, lease, ready, NOW, journal=notes).passed
    assert len(passed) == 3
    notes.calling(passed[0].attempt.id)
    return Death(clinic=clinic, journal=notes, passed=passed, folder=tmp_path)


def test_what_a_dead_worker_never_called_goes_again_and_what_it_called_stays_in_doubt(worker: Death) -> None:
    worker.dies()
    assert worker.take_up() == 2
    assert worker.states() == {"in_flight": 1, "planned not_called": 2}
    assert {one.attempts for one in worker.clinic.messages() if one.state == "planned"} == {0}, "no try was used up"
    assert list(worker.folder.iterdir()) == []
    assert worker.take_up() == 0


def test_a_worker_that_lives_is_left_alone_however_still_it_stands(worker: Death) -> None:
    assert worker.take_up() == 0
    assert worker.states() == {"in_flight": 3}
    worker.dies()
    assert worker.take_up() == 2


def test_a_journal_of_before_the_machine_was_started_proves_nothing(worker: Death) -> None:
    worker.dies()
    worker.path.write_text(worker.path.read_text().replace(clock.boot(), "another-start"))
    assert worker.take_up() == 0
    assert worker.states() == {"in_flight": 3}


def test_a_torn_journal_proves_nothing(worker: Death) -> None:
    worker.dies()
    worker.path.write_text(worker.path.read_text()[:-5])
    assert worker.take_up() == 0
    assert worker.states() == {"in_flight": 3}


def test_what_a_person_is_asked_about_already_is_not_asked_any_more(worker: Death) -> None:
    worker.dies()
    with worker.clinic.store.write() as tx:
        in_flight = update(messages).where(messages.c.state == "in_flight")
        tx.connection.execute(in_flight.values(state="held", lease_until=None))
        names = [f"held:{one.attempt.message_id}" for one in worker.passed]
        records.raise_tasks(tx, [records.NewTask(key=name, kind="held") for name in names], NOW)
    assert worker.take_up() == 2
    with worker.clinic.store.read() as tx:
        assert records.count_open(tx) == {"held": 1}


def test_evidence_that_one_went_is_worth_more(worker: Death) -> None:
    second = worker.passed[1].attempt.id
    worker.clinic.receipt(State.DELIVERED, "2026-06-11 13:00", attempt_id=second)
    worker.clinic.tick("2026-06-11 13:00")
    worker.dies()
    assert worker.take_up() == 1
    assert worker.states()["delivered"] == 1


def test_a_disk_that_is_full_ends_the_notes_and_not_the_sending(worker: Death, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int, told: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("drip.flows.journal.os.write", full)
    worker.journal.calling(worker.passed[1].attempt.id)
    assert list(worker.folder.iterdir()) == [], "with a gap it would prove what is not so"
    worker.journal.passed(["more"])
    worker.dies()
    assert worker.take_up() == 0
    sent = send_due(worker.clinic.app, at("2026-06-18 10:00"))
    assert sent.counts["accepted"] == 3


def test_after_an_ordinary_round_nothing_is_left(a_clinic: Callable[..., World], tmp_path: Path) -> None:
    seen: list[str] = []
    clinic = a_clinic(sink=Sink(is_remote=True), spool=tmp_path)
    clinic.sink.answer = None
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    hand_over = clinic.sink.hand_over

    def look(letter: object) -> object:
        seen.extend(path.read_text() for path in tmp_path.glob("calls-*.log"))
        return hand_over(letter)  # type: ignore[arg-type]

    clinic.sink.hand_over = look  # type: ignore[method-assign, assignment]
    clinic.tick("2026-06-11 13:00")
    with clinic.store.read() as tx:
        (attempt,) = tx.connection.execute(select(attempts.c.id)).scalars()
    assert seen == [f"{clock.boot()}\npassed {attempt}\ncalling {attempt}\n"]
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_may_read_it(worker: Death) -> None:
    assert os.stat(worker.path).st_mode & 0o777 == 0o600
