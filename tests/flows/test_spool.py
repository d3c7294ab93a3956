"""A provider's answer survives a database that stays away."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drip.app import Limits
from drip.flows import record
from drip.flows.record import CannotRecord
from drip.flows.send import send_batch
from drip.flows.sweep import sweep
from drip.store import settling
from tests.world import ADVICE, World, a_visit, at

MOMENT = at("2026-06-11 13:00")


@pytest.fixture
def stuck(a_clinic: Callable[..., World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A message was handed over, and from then on the database cannot be written to until the lease is over."""
    clinic = a_clinic(spool=tmp_path / "spool", limits=Limits())
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")

    def away(*_: Any, **__: Any) -> None:
        raise OSError("the database is away")

    seconds = iter(range(0, 100_000, 40))
    with monkeypatch.context() as broken:
        broken.setattr(settling, "settle", away)
        broken.setattr(record, "RETRY_SETTLING", 0.0)
        broken.setattr(record, "running", lambda: float(next(seconds)) if clinic.sink.letters else 0.0)
        send_batch(clinic.app, MOMENT)
    return clinic


def test_the_answer_waits_on_disk_and_is_written_down_at_the_next_tick(stuck: World) -> None:
    assert stuck.states()["hello"] == "in_flight"
    stuck.tick("2026-06-11 13:05")
    assert stuck.states()["hello"] == "accepted"
    assert len(stuck.sink.letters) == 1
    assert list((stuck.app.spool or Path()).iterdir()) == []


def test_the_answer_settles_what_a_sweeper_had_called_unknown(stuck: World) -> None:
    with stuck.store.write() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE messages SET lease_until = '2020-01-01T00:00:00.000000Z' WHERE state = 'in_flight'"
        )
    assert sweep(stuck.app, MOMENT).doubted == 1
    stuck.tick("2026-06-11 13:05")
    assert stuck.states()["hello"] == "accepted"


def test_the_file_holds_nothing_personal(stuck: World) -> None:
    (file,) = (stuck.app.spool or Path()).iterdir()
    told = file.read_text()
    assert "accepted" in told
    assert "amina" not in told.lower()


def test_without_a_folder_the_message_is_left_in_flight_and_somebody_hears(
    a_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_clinic()
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    monkeypatch.setattr(record, "_is_written", lambda *_: False)
    with pytest.raises(CannotRecord):
        send_batch(clinic.app, MOMENT)
    assert clinic.states()["hello"] == "in_flight"


def test_a_file_that_cannot_be_read_is_kept_for_a_person_and_stops_nothing(stuck: World) -> None:
    folder = stuck.app.spool or Path()
    (folder / "answers-0.jsonl").write_text("torn {")
    stuck.tick("2026-06-11 13:05")
    assert stuck.states()["hello"] == "accepted"
    assert [file.name for file in folder.iterdir()] == ["answers-0.broken"]
