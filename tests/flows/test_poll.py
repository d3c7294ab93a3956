"""A booking system is read page by page: events and cursor together, never one without the other."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from drip.app import App
from drip.bookings.parsed import Outcome, Rejected
from drip.bookings.source import Page, SourceAway, Wanted
from drip.cli.source_check import look_at_sources
from drip.flows.poll import EVERY, MOST_TRIES, heart_of, note_wanted, poll, poll_all
from drip.flows.trouble import AWAY
from drip.store import events, fetches, records, sources
from drip.store.sources import Standing
from tests.world import World, a_visit, at

NOW = at("2026-06-11 12:00")


@dataclass
class Told:
    """A booking system that tells what a test has written down for it."""

    name: str = "told"
    tells_attendance: bool = True
    pages: Sequence[Page | Exception] = ()
    answers: Mapping[str, Sequence[Outcome] | Exception] = field(default_factory=dict)
    asked_from: list[Mapping[str, str]] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    before_page: Callable[[], None] = lambda: None

    def poll(self, cursors: Mapping[str, str], now: datetime) -> Iterator[Page]:
        self.asked_from.append(dict(cursors))
        for page in self.pages:
            self.before_page()
            if isinstance(page, Exception):
                raise page
            yield page

    def fetch(self, wanted: Wanted, now: datetime) -> Sequence[Outcome]:
        self.asked_for.append(wanted.ref)
        answer = self.answers[wanted.ref]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def check(self) -> None:
        for page in self.pages:
            if isinstance(page, Exception):
                raise page

    def close(self) -> None:
        """Nothing to let go of."""


def some(clinic: World, *numbers: int) -> list[Outcome]:
    """Events of as many visits."""
    return list(clinic.read(*(a_visit("2026-06-11 10:00", event_id=f"e-{n}") for n in numbers)))


def standing(app: App, name: str = "told") -> Standing:
    with app.store.read() as tx:
        return sources.look(tx)[name]


def stored(clinic: World) -> int:
    with clinic.store.read() as tx:
        return events.count_pending(tx)[0]


def tasks(clinic: World) -> list[str]:
    with clinic.store.read() as tx:
        return [task.kind for task in records.open_tasks(tx)]


def is_beating(clinic: World, name: str = "told") -> bool:
    with clinic.store.read() as tx:
        return heart_of(name) in records.beats(tx)


def test_every_page_is_stored_with_the_cursor_that_passes_it(clinic: World) -> None:
    told = Told(
        pages=[
            Page(outcomes=some(clinic, 1, 2), cursors={"visits": "a"}),
            Page(outcomes=some(clinic, 2, 3), cursors={"visits": "b"}, through=NOW - timedelta(minutes=3)),
        ]
    )
    polled = poll(clinic.app, told, NOW)
    assert (polled.accepted, polled.duplicates, polled.is_whole) == (3, 1, True)
    assert stored(clinic) == 3
    assert standing(clinic.app).through == NOW - timedelta(minutes=3)
    poll(clinic.app, replace(told, pages=[]), NOW)
    assert told.asked_from == [{}, {"visits": "b"}]
    assert is_beating(clinic)


def test_what_came_before_it_went_away_is_kept_and_it_is_left_alone_for_a_while(clinic: World) -> None:
    away = SourceAway("timeout")
    told = Told(pages=[Page(outcomes=some(clinic, 1), cursors={"visits": "a"}), away])
    poll(clinic.app, told, NOW)
    assert stored(clinic) == 1
    assert (standing(clinic.app).why, standing(clinic.app).away_since) == ("timeout", NOW)
    assert not is_beating(clinic)
    poll(clinic.app, told, NOW + EVERY / 2)
    assert len(told.asked_from) == 1
    poll(clinic.app, told, NOW + EVERY)
    assert told.asked_from[1] == {"visits": "a"}
    told.pages = []
    poll(clinic.app, told, NOW + 3 * EVERY)
    assert standing(clinic.app).away_since is None
    assert is_beating(clinic)


def test_a_time_that_it_named_itself_is_waited_for(clinic: World) -> None:
    told = Told(pages=[SourceAway("rate_limited", until=NOW + timedelta(hours=2))])
    poll(clinic.app, told, NOW)
    poll(clinic.app, told, NOW + timedelta(minutes=119))
    assert len(told.asked_from) == 1
    poll(clinic.app, told, NOW + timedelta(minutes=120))
    assert len(told.asked_from) == 2


def test_one_that_stays_away_is_asked_more_seldom_and_at_last_staff_hear_of_it(clinic: World) -> None:
    told, moment = Told(pages=[SourceAway("refused")]), NOW
    while moment < NOW + timedelta(hours=4):
        poll(clinic.app, told, moment)
        moment += EVERY
    assert 15 < len(told.asked_from) < 40
    assert standing(clinic.app).away_since == NOW
    clinic.app = replace(
        clinic.app, sources={"told": told}, clinic=replace(clinic.app.clinic, alert_emails=("lead@example.org",))
    )
    clinic.tick((NOW + AWAY + EVERY).isoformat())
    (alert,) = clinic.sink.letters
    assert "told has not answered since 11:00 UTC" in alert.words.text


def test_two_workers_do_not_read_the_same_system_at_once(clinic: World) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        assert go_on.wait(10)

    told = Told(pages=[Page(outcomes=some(clinic, 1), cursors={"visits": "a"})], before_page=wait)
    first = threading.Thread(target=poll, args=(clinic.app, told, NOW))
    first.start()
    assert inside.wait(10)
    other = Told(pages=[])
    poll(clinic.app, other, NOW)
    go_on.set()
    first.join(10)
    assert other.asked_from == []
    poll(clinic.app, other, NOW)
    assert other.asked_from == [{"visits": "a"}]


def test_told_to_stop_it_stops_between_pages_and_goes_on_there(clinic: World) -> None:
    told = Told(pages=[Page(outcomes=some(clinic, n), cursors={"visits": str(n)}) for n in (1, 2, 3)])
    polled = poll(clinic.app, told, NOW, enough=lambda: True)
    assert (polled.accepted, polled.is_whole) == (1, False)
    poll(clinic.app, told, NOW)
    assert told.asked_from[1] == {"visits": "1"}


def test_a_mistake_of_ours_gives_the_turn_back(clinic: World) -> None:
    told = Told(pages=[ZeroDivisionError()])
    with pytest.raises(ZeroDivisionError):
        poll(clinic.app, told, NOW)
    poll(clinic.app, replace(told, pages=[]), NOW)
    assert len(told.asked_from) == 2


def test_what_cannot_be_taken_in_becomes_a_task_once_and_the_rest_is_taken_in(clinic: World) -> None:
    broken = Rejected(0, "appointment.starts_at", "must be a time with an offset.")
    told = Told(pages=[Page(outcomes=[broken, *some(clinic, 1)], cursors={"visits": "a"})])
    for _ in range(2):
        assert poll(clinic.app, told, NOW).rejected == 1
    assert tasks(clinic) == ["booking_rejected"]
    assert stored(clinic) == 1


def test_one_that_fails_does_not_keep_the_others_waiting(clinic: World) -> None:
    broken, away = Told(name="broken", pages=[ZeroDivisionError()]), Told(name="away", pages=[SourceAway("timeout")])
    well = Told(name="well", pages=[Page(outcomes=some(clinic, 1))])
    clinic.app = replace(clinic.app, sources={"broken": broken, "away": away, "well": well})
    assert poll_all(clinic.app, NOW).accepted == 1
    assert is_beating(clinic, "well")


# What a call only named


def named(ref: str, key: str = "") -> Wanted:
    return Wanted(key=key or f"call-{ref}", kind="visit", ref=ref)


def test_what_a_call_named_is_asked_for_once_and_stored(clinic: World) -> None:
    told = Told(answers={"v1": some(clinic, 1)})
    for _ in range(3):
        note_wanted(clinic.app, "told", [named("v1")], NOW)
    assert poll(clinic.app, told, NOW).fetched == 1
    note_wanted(clinic.app, "told", [named("v1")], NOW)
    poll(clinic.app, told, NOW)
    assert told.asked_for == ["v1"]
    assert stored(clinic) == 1


def test_what_cannot_be_had_now_is_asked_for_again_with_all_that_stood_behind_it(clinic: World) -> None:
    told = Told(answers={"v1": SourceAway("timeout"), "v2": some(clinic, 2)})
    note_wanted(clinic.app, "told", [named("v1"), named("v2")], NOW)
    poll(clinic.app, told, NOW)
    told.answers = {"v1": some(clinic, 1), "v2": some(clinic, 2)}
    poll(clinic.app, told, NOW + EVERY)
    assert stored(clinic) == 2
    with clinic.store.read() as tx:
        assert fetches.waiting(tx) == {}


def test_what_we_cannot_read_keeps_nothing_else_out_and_at_last_a_person_is_asked(clinic: World) -> None:
    told = Told(answers={"v1": ZeroDivisionError(), "v2": some(clinic, 2)})
    note_wanted(clinic.app, "told", [named("v1"), named("v2")], NOW)
    poll(clinic.app, told, NOW)
    assert stored(clinic) == 1
    for turn in range(1, MOST_TRIES):
        assert tasks(clinic) == []
        poll(clinic.app, told, NOW + turn * timedelta(hours=1))
    assert tasks(clinic) == ["booking_rejected"]
    poll(clinic.app, told, NOW + timedelta(days=2))
    assert told.asked_for.count("v1") == MOST_TRIES


def test_nothing_that_a_call_named_can_be_read_in_the_database(clinic: World) -> None:
    note_wanted(clinic.app, "told", [named("CANARY-REF", "CANARY-KEY")], NOW)
    with clinic.store.read() as tx:
        (row,) = tx.connection.exec_driver_sql("SELECT * FROM fetches").all()
    assert "CANARY" not in repr(row)


# What the doctor says


def says(clinic: World, told: Told, now: datetime) -> tuple[bool, str]:
    app = replace(clinic.app, sources={"told": told})
    (finding,) = look_at_sources(app, now)
    assert finding.name == "booking: told"
    return finding.ok, finding.says


def test_the_doctor_tells_how_far_behind_each_is(clinic: World) -> None:
    told = Told()
    assert says(clinic, told, NOW) == (False, "answers; was never read: is the worker running?")
    poll(clinic.app, told, NOW)
    assert says(clinic, told, NOW + timedelta(minutes=2)) == (
        True,
        "answers; heard up to 2026-06-11 11:00 UTC, 2 min behind",
    )
    ok, told_us = says(clinic, told, NOW + timedelta(minutes=30))
    assert (ok, told_us[-14:]) == (False, " 30 min behind")
    note_wanted(clinic.app, "told", [named("v1")], NOW)
    assert says(clinic, told, NOW)[1].endswith("1 named and not asked for yet")


def test_the_doctor_tells_when_it_does_not_answer(clinic: World) -> None:
    told = Told(pages=[SourceAway("timeout")])
    poll(clinic.app, Told(), NOW)
    poll(clinic.app, told, NOW + EVERY)
    ok, told_us = says(clinic, told, NOW + EVERY)
    assert not ok
    assert told_us.startswith("does not answer (timeout); heard up to 2026-06-11 11:00 UTC, away since 11:01")
