"""Into the event inbox: each event once, and the booking system's own words beside it for a while."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from drip.bookings.generic import read_events
from drip.bookings.parsed import MOST_RAW, Outcome, Parsed
from drip.flows import sweep
from drip.flows.take_in import put_in_each, take_in
from drip.store import enrolments, events, inbox_schema
from drip.store.vault import CannotUnseal
from tests.world import World, a_booking, a_visit, at

TOLD = (
    '{"event_id": "diary-1",  "kind": "patient.updated", "occurred_at": "2026-06-01T09:00:00Z",\n'
    '  "patient": {"ref": "p-1", "last_name": "Sh\\u00e2h", "first_name": "Zoë"}}'
)


def read(clinic: World, told: str) -> list[Parsed]:
    """Events, all of them readable."""
    outcomes: list[Outcome] = read_events(told.encode(), clinic.app.clinic, "generic")
    return [one for one in outcomes if isinstance(one, Parsed)]


def words(clinic: World) -> dict[str, bytes | None]:
    """What is kept of each event's words, by the event's id."""
    with clinic.store.read() as tx:
        rows = tx.connection.execute(select(inbox_schema.events.c.id, inbox_schema.events.c.patient_id)).all()
        keys = enrolments.data_key_rows(tx, {row.patient_id for row in rows})
        return {row.id: events.raw_of(tx, row.id, keys[row.patient_id]) for row in rows}


def test_the_words_are_kept_letter_by_letter(clinic: World) -> None:
    take_in(clinic.app, read(clinic, f"[{TOLD}]"), at("2026-06-01 10:00"))
    assert list(words(clinic).values()) == [TOLD.encode()]


def test_each_event_of_a_list_keeps_its_own_words(clinic: World) -> None:
    second = TOLD.replace("diary-1", "diary-2")
    parsed = read(clinic, f"[{TOLD}, {second}]")
    assert [one.raw for one in parsed] == [TOLD.encode(), second.encode()]


def test_a_row_of_a_table_keeps_what_it_said(clinic: World) -> None:
    (row,) = read(clinic, "event_id,kind,occurred_at,patient.ref\ne-1,patient.updated,2026-06-01T09:00:00Z,p-1\n")
    assert b'"event_id":"e-1"' in row.raw


def test_nobody_reads_the_words_without_the_patients_key(clinic: World) -> None:
    take_in(clinic.app, read(clinic, TOLD), at("2026-06-01 10:00"))
    with clinic.store.read() as tx:
        row = tx.connection.execute(select(inbox_schema.events)).one()
        (key,) = enrolments.data_key_rows(tx, {row.patient_id}).values()
        assert b"Zo" not in row.raw
        with pytest.raises(CannotUnseal):
            key.unseal("events.body", row.id, row.raw)


def test_no_more_than_so_many_bytes_of_words_are_kept(clinic: World) -> None:
    (one,) = read(clinic, TOLD.replace("{", "{" + " " * 100_000, 1))
    assert len(one.raw) == MOST_RAW


def test_the_words_do_not_show_in_what_was_read(clinic: World) -> None:
    assert "Zo" not in repr(read(clinic, TOLD))


def test_words_are_forgotten_after_thirty_days_and_what_was_understood_stays(clinic: World) -> None:
    take_in(clinic.app, read(clinic, TOLD), at("2026-06-01 10:00"))
    take_in(clinic.app, read(clinic, TOLD.replace("diary-1", "diary-2")), at("2026-06-20 10:00"))
    clinic.tick("2026-07-01 09:59")
    assert None not in words(clinic).values()
    clinic.tick("2026-07-01 11:00")
    assert sorted(one is None for one in words(clinic).values()) == [False, True]
    with clinic.store.read() as tx:
        assert all(row.body for row in tx.connection.execute(select(inbox_schema.events)))


def test_all_old_words_are_forgotten_however_many_there_are(clinic: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "FORGET_AT_ONCE", 2)
    told = [TOLD.replace("diary-1", f"diary-{n}") for n in range(5)]
    take_in(clinic.app, read(clinic, "\n".join(one.replace("\n", " ") for one in told)), at("2026-06-01 10:00"))
    assert sweep.forget_words(clinic.app, at("2026-07-02 10:00")) == 5
    assert sweep.forget_words(clinic.app, at("2026-07-02 10:00")) == 0


def test_each_event_is_told_apart_as_new_or_known(clinic: World) -> None:
    known, new = read(clinic, TOLD), read(clinic, TOLD.replace("diary-1", "diary-2"))
    now = at("2026-06-01 10:00")
    take_in(clinic.app, known, now)
    with clinic.store.write() as tx:
        assert put_in_each(tx, [*new, *known, *new], now) == [True, False, False]


def test_an_event_without_words_is_taken_in_all_the_same(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    silent = [replace(one, raw=b"") for one in read(clinic, TOLD)]
    assert take_in(clinic.app, silent, at("2026-06-01 10:00")).accepted == 1
    assert clinic.tell(a_visit("2026-06-11 10:00"), a_booking("2026-06-12 10:00")).accepted == 2
    assert list(words(clinic).values()).count(None) == 1
