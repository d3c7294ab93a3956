"""Booking systems' calls: believed only when signed, stored whole before the answer, each event once."""

import asyncio
import http.client
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError

from drip.bookings.generic import read_events
from drip.bookings.generic_webhook import connect
from drip.bookings.parsed import Outcome, Rejected
from drip.bookings.source import Call, Connection, Heard, Wanted
from drip.clock import now as real_now
from drip.flows import hear
from drip.flows.hear import Said, take_calls
from drip.flows.take_in import TakenIn
from drip.store import fetches, inbox_schema, records, schema
from drip.store.database import Store, make_engine
from drip.web import intake
from drip.web.intake import Intake
from tests.databases import sqlite_url
from tests.signing import signed
from tests.web.build import Answer, Site, on_loopback
from tests.world import World, a_booking, a_visit, a_world

KEY, OLD, NORTH = "k" * 32, "o" * 32, "n" * 32
GENERIC = "/booking/generic"


@dataclass
class Diary:
    """A booking system that believes whoever says that they signed it, and says what the test tells it to."""

    heard: Heard = field(default_factory=Heard)
    calls: list[Call] = field(default_factory=list)
    name: str = "diary"
    tells_attendance: bool = False
    largest_call: int = 50_000

    def hear(self, call: Call, now: datetime) -> Heard | None:
        """What it was told to say, to the right word; a mistake, to the word for that."""
        self.calls.append(call)
        if call.headers.get("x-signed") == "badly":
            raise ValueError("+447700900123")
        return self.heard if call.headers.get("x-signed") == "yes" else None

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class Silent:
    """A booking system that never calls."""

    name: str = "silent"
    tells_attendance: bool = True

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def diary() -> Diary:
    """The other booking system."""
    return Diary()


@pytest.fixture
def world(a_clinic: Callable[..., World], diary: Diary) -> World:
    """A small clinic with three booking systems, on each kind of database."""
    return connected(a_clinic(), diary)


@pytest.fixture
def door(diary: Diary) -> Iterator[World]:
    """The same on SQLite alone: for calls that are turned away before any database is asked."""
    world = connected(a_world(sqlite_url()), diary)
    yield world
    world.app.close()


def connected(world: World, diary: Diary) -> World:
    """With its booking systems."""
    told = {"DRIP_BOOKING_WEBHOOK_SECRETS": f"{KEY}, {OLD},north:{NORTH}"}
    generic = connect(Connection(clinic=world.app.clinic, told=told))
    assert generic
    return replace(world, app=replace(world.app, sources={"generic": generic, "diary": diary, "silent": Silent()}))


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    """Its web."""
    with on_loopback(world.app) as site:
        yield site


@pytest.fixture
def door_site(door: World) -> Iterator[Site]:
    """The web of the other."""
    with on_loopback(door.app) as site:
        yield site


def post(site: Site, told: object, key: str = KEY, **headers: str) -> Answer:
    """A call that is signed now."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return site.ask("POST", GENERIC, body, {"Drip-Signature": signed(body, key, real_now()), **headers})


def stored(world: World) -> int:
    """How many events there are."""
    with world.store.read() as tx:
        return tx.connection.execute(select(func.count()).select_from(inbox_schema.events)).scalar_one()


def tasks(world: World) -> list[str]:
    """What staff are asked to look at."""
    with world.store.read() as tx:
        return [f"{one.kind}: {records.detail_of(tx, one, None)}" for one in records.open_tasks(tx)]


BOOKING = a_booking("2026-06-18 10:00")
VISIT = a_visit("2026-06-18 10:00")


# The generic webhook


def test_one_event_or_a_list_is_stored_before_the_answer(site: Site, world: World) -> None:
    answer = post(site, BOOKING)
    assert (answer.status, json.loads(answer.text)) == (202, {"accepted": 1, "duplicates": 0})
    assert stored(world) == 1
    again = post(site, [BOOKING, VISIT, VISIT])
    assert (again.status, json.loads(again.text)) == (202, {"accepted": 1, "duplicates": 2})
    assert stored(world) == 2


def test_what_was_posted_is_enrolled_at_the_next_tick(site: Site, world: World) -> None:
    post(site, BOOKING)
    assert world.tick("2026-06-01 10:00").events == 1


def test_an_empty_list_is_no_event(site: Site) -> None:
    answer = post(site, [])
    assert (answer.status, json.loads(answer.text)) == (202, {"accepted": 0, "duplicates": 0})


def test_if_anything_is_wrong_every_fault_is_told_and_nothing_is_stored(site: Site, world: World) -> None:
    wrong = {**BOOKING, "kind": "appointment.dreamt", "patient": {"ref": "", "shoe": 42}}
    answer = post(site, [VISIT, wrong])
    assert answer.status == 422
    errors = json.loads(answer.text)["errors"]
    assert [list(one) for one in errors] == [["index", "path", "message"]] * 3
    assert {(one["index"], one["path"]) for one in errors} == {(1, "kind"), (1, "patient.ref"), (1, "patient.shoe")}
    assert (stored(world), tasks(world)) == (0, [])


def test_a_hundred_faults_are_told_however_many_there_are(door_site: Site) -> None:
    answer = post(door_site, [{}] * 500)
    assert (answer.status, len(json.loads(answer.text)["errors"])) == (422, 100)


BAD = {
    "nothing": b"",
    "not JSON": b"Dear clinic",
    "cut off": json.dumps(BOOKING).encode()[:-5],
    "a list cut off": json.dumps([BOOKING, VISIT]).encode()[:-5],
    "a number": b"7",
    "null": b"null",
    "deep": b"[" * 100_000,
    "a table": b"event_id,kind,occurred_at,patient.ref\n1,patient.updated,2026-03-02T08:15:00Z,p-1\n",
    "lines": json.dumps(BOOKING).encode() + b"\n" + json.dumps(VISIT).encode(),
    "not UTF-8": json.dumps(BOOKING).encode().replace(b"Amina", b"Zo\xeb"),
    "NUL": json.dumps(BOOKING).encode().replace(b"Amina", b"\\u0000"),
    "one event too many": json.dumps([BOOKING] * 1_001).encode(),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_told_and_nothing_is_stored(body: bytes, door_site: Site, door: World) -> None:
    answer = post(door_site, body)
    assert answer.status == 422
    assert json.loads(answer.text)["errors"]
    assert stored(door) == 0


def test_the_answer_never_repeats_what_was_sent_about_a_person(door_site: Site) -> None:
    answer = post(door_site, {**BOOKING, "patient": {"ref": "p-1", "date_of_birth": "Canary", "conditions": "Canary"}})
    assert answer.status == 422
    assert "Canary" not in answer.text


UNSIGNED: dict[str, Callable[[bytes], dict[str, str]]] = {
    "no signature": lambda body: {},
    "another key": lambda body: {"Drip-Signature": signed(body, "x" * 32, real_now())},
    "another body": lambda body: {"Drip-Signature": signed(body + b" ", KEY, real_now())},
    "words": lambda body: {"Drip-Signature": "t=now,v1=yes"},
    "not ASCII": lambda body: {"Drip-Signature": "\xff\xfe"},
    "twice": lambda body: {"Drip-Signature": "t=1,v1=2", "drip-signature": signed(body, KEY, real_now())},
    "another header": lambda body: {"X-Signature": signed(body, KEY, real_now())},
}


@pytest.mark.parametrize("headers", UNSIGNED.values(), ids=UNSIGNED)
def test_what_is_not_signed_is_not_read(
    headers: Callable[[bytes], dict[str, str]], door_site: Site, door: World
) -> None:
    body = json.dumps(BOOKING).encode()
    answer = door_site.ask("POST", GENERIC, body, headers(body))
    assert (answer.status, answer.text) == (401, '{"detail":"not signed as it should be"}')
    assert stored(door) == 0


@pytest.mark.parametrize(("away", "status"), [(-310, 401), (-290, 202), (290, 202), (310, 401)])
def test_a_call_is_believed_for_five_minutes(away: int, status: int, site: Site) -> None:
    body = json.dumps(BOOKING).encode()
    then = datetime.fromtimestamp(real_now().timestamp() + away, real_now().tzinfo)
    assert site.ask("POST", GENERIC, body, {"Drip-Signature": signed(body, KEY, then)}).status == status


def test_the_secret_before_is_still_believed(site: Site) -> None:
    assert post(site, BOOKING, OLD).status == 202


def test_two_systems_with_secrets_of_their_own_keep_their_numbers_apart(site: Site, world: World) -> None:
    assert post(site, BOOKING).status == 202
    assert json.loads(post(site, BOOKING, NORTH).text) == {"accepted": 1, "duplicates": 0}
    with world.store.read() as tx:
        sources = tx.connection.execute(select(schema.patients.c.source)).scalars()
        assert sorted(sources) == ["generic", "north"]


@pytest.mark.parametrize("pieces", [False, True], ids=["announced", "in pieces"])
def test_more_than_a_megabyte_is_refused_unread(door_site: Site, pieces: bool) -> None:
    body = bytes(1_000_001)
    told = iter([body[:600_000], body[600_000:]]) if pieces else body
    assert door_site.ask("POST", GENERIC, told, {"Drip-Signature": signed(body, KEY, real_now())}).status == 413


def test_a_thousand_events_are_taken_in_one_call(site: Site, world: World) -> None:
    events = [{**BOOKING, "event_id": f"e-{n}", "patient": {"ref": f"p-{n}"}} for n in range(1_000)]
    assert json.loads(post(site, events).text) == {"accepted": 1_000, "duplicates": 0}
    assert stored(world) == 1_000


def test_the_example_on_the_page_works(door_site: Site, door: World) -> None:
    page = (Path(__file__).parents[2] / "docs" / "bookings" / "generic.md").read_text()
    (example,) = re.findall(r"^```python\n(.*?)^```", page, re.S | re.M)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - our own page
    answer = names["post"]([BOOKING, VISIT], KEY, f"http://127.0.0.1:{door_site.port}{GENERIC}")
    assert json.loads(answer) == {"accepted": 2, "duplicates": 0}
    assert stored(door) == 2


# Other systems


@pytest.mark.parametrize("path", ["/booking/nobody", "/booking/silent", "/booking/", "/booking/diary/more", "/booking"])
def test_a_booking_system_that_does_not_call_us_is_not_there(path: str, door_site: Site) -> None:
    assert door_site.ask("POST", path, b"{}", {"X-Signed": "yes"}).status == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("name", ["generic", "diary", "nobody"])
def test_only_post_is_heard(door_site: Site, diary: Diary, method: str, name: str) -> None:
    assert door_site.ask(method, f"/booking/{name}").status == 405
    assert diary.calls == []


def test_without_a_secret_the_generic_webhook_is_not_there(world: World) -> None:
    with on_loopback(replace(world.app, sources={})) as site:
        assert post(site, BOOKING).status == 404


def outcomes_of(world: World, *events: Mapping[str, Any]) -> Sequence[Outcome]:
    """As an adapter would read them."""
    return read_events(json.dumps(events).encode(), world.app.clinic, "diary")


def call(site: Site, body: bytes = b"x", word: str = "yes") -> Answer:
    """The other system calls."""
    return site.ask("POST", "/booking/diary", body, {"X-Signed": word})


def test_what_another_system_says_is_stored_before_the_answer(site: Site, world: World, diary: Diary) -> None:
    diary.heard = Heard(outcomes=outcomes_of(world, BOOKING))
    answer = call(site)
    assert (answer.status, json.loads(answer.text)) == (202, {"accepted": 1, "duplicates": 0})
    assert stored(world) == 1


def test_a_source_is_given_lower_case_headers_and_the_bytes_as_they_came(door_site: Site, diary: Diary) -> None:
    body = bytes(range(256)) * 100
    door_site.ask("POST", "/booking/diary", body, {"X-Signed": "no", "x-signed": "yes", "X-More": "Äé"})
    assert (diary.calls[0].headers["x-signed"], diary.calls[0].body) == ("no, yes", body)


@pytest.mark.parametrize("word", ["", "no", "badly"], ids=["unsigned", "forged", "a source that fails on it"])
def test_a_forged_call_is_refused_and_nothing_is_stored(door_site: Site, door: World, diary: Diary, word: str) -> None:
    diary.heard = Heard(outcomes=outcomes_of(door, BOOKING))
    answer = call(door_site, word=word)
    assert (answer.status, "44770" in answer.text, stored(door)) == (401, False, 0)


def test_a_large_call_is_read_beside_the_others_and_a_larger_one_not_at_all(door_site: Site, diary: Diary) -> None:
    assert call(door_site, bytes(50_000)).status == 202
    assert call(door_site, bytes(50_001)).status == 413
    assert len(diary.calls) == 1


def test_what_cannot_be_taken_in_becomes_a_task_once_and_the_system_goes_on(
    site: Site, world: World, diary: Diary
) -> None:
    wrong = Rejected(1, "appointment.starts_at", "is missing; appointment.booked must say it.")
    diary.heard = Heard(outcomes=[*outcomes_of(world, BOOKING), wrong])
    assert [call(site, body).status for body in (b"x", b"x")] == [202, 202]
    expected = "booking_rejected: diary: appointment.starts_at is missing; appointment.booked must say it."
    assert (stored(world), tasks(world)) == (1, [expected])
    assert call(site, b"another").status == 202
    assert len(tasks(world)) == 2


def test_what_a_call_only_names_is_asked_for_later(site: Site, world: World, diary: Diary) -> None:
    diary.heard = Heard(wanted=[Wanted(key="hook-1", kind="booking", ref="b-1")])
    assert [call(site).status for _ in range(2)] == [202, 202]
    with world.store.read() as tx:
        assert [one.named.ref for one in fetches.due(tx, "diary", real_now(), 10)] == ["b-1"]


def test_a_call_that_does_not_concern_us_is_answered(site: Site, world: World) -> None:
    assert call(site).status == 202
    assert (stored(world), tasks(world)) == (0, [])


def test_the_log_of_refusals_is_short_and_tells_nothing(door_site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for _ in range(20):
            call(door_site, b"Amina", "badly")
            door_site.ask("POST", GENERIC + "?who=Amina", b"Amina", {"Drip-Signature": "Amina"})
    refusals = [line for line in caplog.messages if "refused" in line]
    assert len(refusals) == 2
    assert not any(word in caplog.text for word in ("Amina", "44770", "?who"))


# Many at once


def at_once(site: Site, bodies: Sequence[bytes], key: str = KEY) -> list[dict[str, int]]:
    """All of these are posted at the same moment, each on a connection of its own."""
    door = threading.Barrier(len(bodies))

    def one(body: bytes) -> dict[str, int]:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        connection.connect()
        door.wait()
        connection.request("POST", GENERIC, body, {"Drip-Signature": signed(body, key, real_now())})
        answer = connection.getresponse()
        assert answer.status == 202, answer.status
        told: dict[str, int] = json.loads(answer.read())
        connection.close()
        return told

    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(one, bodies))


def test_a_hundred_copies_at_once_are_one_event(site: Site, world: World) -> None:
    answers = at_once(site, [json.dumps(BOOKING).encode()] * 100)
    assert (sum(one["accepted"] for one in answers), sum(one["duplicates"] for one in answers)) == (1, 99)
    assert stored(world) == 1


def test_a_hundred_copies_at_two_servers_are_one_event(site: Site, world: World) -> None:
    body = json.dumps(BOOKING).encode()
    with on_loopback(world.app) as other, ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda one: at_once(one, [body] * 50), [site, other]))
    assert sum(one["accepted"] for some in answers for one in some) == 1
    assert stored(world) == 1


def test_calls_that_come_together_are_stored_together(
    site: Site, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    put_in = hear._put_in

    def counted(tx: Any, calls: Sequence[Said], now: datetime) -> list[TakenIn]:
        sizes.append(len(calls))
        time.sleep(0.05)
        return put_in(tx, calls, now)

    monkeypatch.setattr(hear, "_put_in", counted)
    bodies = [json.dumps({**BOOKING, "event_id": f"e-{n}", "patient": {"ref": f"p-{n}"}}).encode() for n in range(60)]
    answers = at_once(site, bodies)
    assert [one["accepted"] for one in answers] == [1] * 60
    assert stored(world) == sum(sizes) == 60
    assert len(sizes) < 15


def test_an_event_that_the_database_refuses_fails_nobody_elses(
    site: Site, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in = hear._put_in

    def refusing(tx: Any, calls: Sequence[Said], now: datetime) -> list[TakenIn]:
        answers = put_in(tx, calls, now)
        if any(one.event.key == "bad" for said in calls for one in said.parsed):
            raise IntegrityError("insert", {}, Exception("no"))
        return answers

    monkeypatch.setattr(hear, "_put_in", refusing)
    calls = [
        Said(source="generic", parsed=[one for one in outcomes_of(world, {**BOOKING, "event_id": name})])  # type: ignore[misc]
        for name in ("a", "bad", "b")
    ]
    assert take_calls(world.app, calls, real_now()) == [TakenIn(1, 0), None, TakenIn(1, 0)]
    assert stored(world) == 2
    answer = post(site, {**BOOKING, "event_id": "bad"})
    assert (answer.status, answer.headers["retry-after"]) == (503, "10")


def test_while_the_database_is_away_nothing_is_stored_and_the_system_says_it_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    away = replace(world.app, store=Store(nowhere, world.store.vault, real_now))
    with on_loopback(away) as site:
        answer = post(site, [BOOKING, VISIT])
    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert "Amina" not in answer.text + caplog.text
    with on_loopback(world.app) as site:
        assert json.loads(post(site, [BOOKING, VISIT]).text) == {"accepted": 2, "duplicates": 0}


def test_an_outage_halfway_leaves_nothing_of_a_call(
    site: Site, world: World, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> None:
        raise OperationalError("insert", {}, Exception("gone"))

    monkeypatch.setattr(fetches, "add", gone)
    diary.heard = Heard(
        outcomes=[*outcomes_of(world, BOOKING), Rejected(1, "", "is wrong.")],
        wanted=[Wanted(key="hook-1", kind="booking", ref="b-1")],
    )
    assert call(site).status == 503
    assert (stored(world), tasks(world)) == (0, [])
    monkeypatch.undo()
    assert call(site).status == 202
    assert (stored(world), len(tasks(world))) == (1, 1)


def test_a_caller_that_hangs_up_has_said_it_whole_or_not_at_all(site: Site, world: World) -> None:
    body = json.dumps([BOOKING, VISIT]).encode()
    head = f"POST {GENERIC} HTTP/1.1\r\nHost: x\r\nDrip-Signature: {signed(body, KEY, real_now())}\r\n"
    whole = head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    for sent in (whole[:-10], whole):
        with socket.create_connection(("127.0.0.1", site.port)) as connection:
            connection.sendall(sent)
    deadline = time.monotonic() + 10
    while not stored(world) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stored(world) == 2


def test_what_came_in_before_the_server_stops_is_stored_and_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, put_in = threading.Event(), hear._put_in

    def slowly(tx: Any, calls: Sequence[Said], now: datetime) -> list[TakenIn]:
        began.set()
        time.sleep(1)
        return put_in(tx, calls, now)

    monkeypatch.setattr(hear, "_put_in", slowly)
    with ThreadPoolExecutor(1) as threads:
        with on_loopback(world.app) as site:
            answer = threads.submit(post, site, BOOKING)
            assert began.wait(10)
        assert answer.result(10).status == 202
    assert stored(world) == 1


# The queue itself


@dataclass
class Writer:
    """Keeps calls when it is let; remembers how they were put together."""

    may: threading.Event = field(default_factory=threading.Event)
    batches: list[list[str]] = field(default_factory=list)

    def keep(self, calls: Sequence[Said]) -> list[TakenIn | None]:
        """In place of the database."""
        assert self.may.wait(10)
        self.batches.append([one.source for one in calls])
        return [TakenIn(len(one.rejected), 0) for one in calls]


def said(name: str, size: int = 1) -> Said:
    """A call with so much in it."""
    return Said(source=name, rejected=[Rejected(0, "", "")] * size)


def test_a_full_queue_asks_to_come_again_and_then_empties(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_WAITING", 10)
    monkeypatch.setattr(intake, "MOST_AT_ONCE", 4)
    writer = Writer()

    async def story() -> None:
        queue = Intake(writer.keep)
        waiting = [asyncio.ensure_future(queue.take(said(name, 3))) for name in "abc"]
        await asyncio.sleep(0)
        assert await queue.take(said("d", 3)) is None
        last = asyncio.ensure_future(queue.take(said("e")))
        await asyncio.sleep(0)
        writer.may.set()
        assert [await one for one in (*waiting, last)] == [TakenIn(3, 0)] * 3 + [TakenIn(1, 0)]
        assert await queue.take(said("f", 50)) == TakenIn(50, 0)  # alone, it may be as large as a call can be

    asyncio.run(story())
    assert writer.batches == [["a"], ["b"], ["c", "e"], ["f"]]


def test_a_writer_that_fails_leaves_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        def fail(calls: Sequence[Said]) -> list[TakenIn | None]:
            raise ValueError("+447700900123")

        assert await Intake(fail).take(said("a")) is None

    asyncio.run(asyncio.wait_for(story(), 5))
    assert "ValueError" in caplog.text
    assert "44770" not in caplog.text


def test_a_call_that_is_given_up_is_stored_all_the_same_and_holds_up_nobody() -> None:
    writer = Writer()

    async def story() -> None:
        queue = Intake(writer.keep)
        given_up = asyncio.ensure_future(queue.take(said("a")))
        await asyncio.sleep(0)
        given_up.cancel()
        next_one = asyncio.ensure_future(queue.take(said("b")))
        await asyncio.sleep(0)
        writer.may.set()
        assert await next_one == TakenIn(1, 0)

    asyncio.run(story())
    assert [name for some in writer.batches for name in some] == ["a", "b"]


def test_calls_that_come_one_after_the_other_wait_for_each_other_for_a_moment_only() -> None:
    writer = Writer()
    writer.may.set()

    async def story() -> None:
        queue = Intake(writer.keep)
        waiting = []
        for name in "abc":
            waiting.append(asyncio.ensure_future(queue.take(said(name))))
            await asyncio.sleep(0)
        assert [await one for one in waiting] == [TakenIn(1, 0)] * 3
        assert await queue.take(said("d")) == TakenIn(1, 0)

    asyncio.run(asyncio.wait_for(story(), 5))
    assert writer.batches == [["a", "b", "c"], ["d"]]
