"""The clinic's own people hear what must not wait at once, the rest in a digest, and never who it is about."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from drip.core.handover import Accepted, Fault, NotTaken, Outcome, Refused, Unknown
from drip.core.letter import Letter
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows import alert, tick
from drip.flows.alert import watch
from drip.flows.reply import apply_replies
from drip.store import events, inbox_schema, patients, records, schema, versions
from tests.world import ADVICE, CLINIC, Sink, World, a_visit, at

DESK, NURSE = "+447700900555", "nurse@example.org"
NAMED = CLINIC + f'alerts: {{email: {NURSE}, sms: "{DESK}"}}\n'
URGENT = "A patient's reply may be urgent"
URGENT_TEXT = "Harbour Clinic: a patient's reply may be urgent. Waiting: 1. Please read it now: drip tasks"
LOOK = "drip needs somebody to look"
CANARIES = ("Xanthippe", "Quillfeather", "xanthippe.q@example.org", "447700900111", "p-canary", "swollen", "calf")


@pytest.fixture
def clinic(a_clinic: Callable[..., World]) -> World:
    """One with people to alert, and one patient."""
    return with_a_patient(a_clinic(clinic=NAMED))


def red_flags_heard(clinic: World) -> list[str]:
    """Where each alert about a red flag went."""
    return sorted(one.to for one in clinic.sink.letters if "urgent" in (one.words.subject or one.words.text))


def became(clinic: World, who: str) -> list[str]:
    """What became of each alert about a red flag to somebody."""
    rows = [one for one in clinic.messages() if (one.patient, one.step) == (who, "red-flag")]
    own = [one for one in rows if one.reason not in ("condition", "no_address")]  # the other channel has none
    return [f"{one.state} {one.reason}".strip() for one in own]


def unreached(clinic: World) -> list[str]:
    """Which colleagues the others are asked about because an alert did not reach them."""
    with clinic.store.read() as tx:
        found = [one for one in records.open_tasks(tx) if one.kind != "red_flag"]
        refs = patients.refs(tx, {one.patient_id for one in found if one.patient_id})
        assert {one.kind for one in found} <= {"staff_not_reached"}
    return [refs[one.patient_id] for one in found if one.patient_id]


def with_a_patient(clinic: World) -> World:
    """Xanthippe, of whom nothing may show."""
    told = {"ref": "p-canary", "first_name": "Xanthippe", "last_name": "Quillfeather",
            "email": "xanthippe.q@example.org", "phone": "+447700900111"}  # fmt: skip
    clinic.tell(a_visit("2026-06-11 10:00", patient=told))
    clinic.tick("2026-06-11 10:31")
    return clinic


def writes(clinic: World, now: str, text: str = "my calf is swollen", **unusual: Any) -> None:
    """A patient writes something that must not wait; the worker ticks."""
    clinic.reply(text, now, **{"address": "+447700900111"} | unusual)
    clinic.tick(now)


def pause(clinic: World, now: str, scope: str = "sequence:any", why: str = "") -> None:
    """Somebody presses a stop switch."""
    with clinic.store.write() as tx:
        versions.pause(tx, scope, why, at(now))


def digests(clinic: World) -> list[str]:
    """The words of every digest that the nurse got."""
    return [one.words.text for one in clinic.sink.letters if one.words.subject == LOOK]


# Red flags


def test_a_red_flag_is_told_at_once_by_email_and_text_at_any_hour_though_nothing_is_published(clinic: World) -> None:
    writes(clinic, "2026-06-14 03:00")
    assert sorted(clinic.heard()) == [(DESK, URGENT_TEXT), (NURSE, URGENT)]


def test_an_alert_holds_nothing_of_whom_it_is_about(clinic: World) -> None:
    writes(clinic, "2026-06-14 03:00")
    pause(clinic, "2026-06-14 03:01", why="Quillfeather rang: her calf is swollen")
    clinic.tick("2026-06-14 03:02")
    assert sorted(letter.to for letter in clinic.sink.letters) == [DESK, DESK, NURSE, NURSE]
    for letter in clinic.sink.letters:
        said = f"{letter.words.subject} {letter.words.text} {letter.words.html}"
        assert [canary for canary in CANARIES if canary.casefold() in said.casefold()] == []


def test_a_red_flag_on_a_shared_number_is_one_alert(clinic: World) -> None:
    other = {"ref": "p-2", "phone": "+447700900111"}
    clinic.tell(a_visit("2026-06-11 10:00", event_id="b", patient=other))
    clinic.tick("2026-06-11 10:32")
    writes(clinic, "2026-06-12 09:00")
    assert sorted(to for to, _ in clinic.heard()) == [DESK, NURSE]


def test_a_red_flag_of_a_stranger_is_told_as_well(clinic: World) -> None:
    writes(clinic, "2026-06-12 09:00", address="+447700900999")
    assert sorted(clinic.heard()) == [(DESK, URGENT_TEXT), (NURSE, URGENT)]


def test_each_red_flag_is_told_once_and_a_later_one_again(clinic: World) -> None:
    writes(clinic, "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:01")
    assert len(clinic.sink.letters) == 2
    writes(clinic, "2026-06-12 09:30", "chest pain")
    assert len(clinic.sink.letters) == 4


def test_a_red_flag_that_stays_open_is_told_of_in_each_digest_and_nothing_about_whom(clinic: World) -> None:
    writes(clinic, "2026-06-12 09:00")
    writes(clinic, "2026-06-12 09:40", "chest pain")
    clinic.tick("2026-06-12 09:59")
    assert digests(clinic) == [], "they were told at once"
    clinic.tick("2026-06-12 10:00")
    (said,) = digests(clinic)
    assert "red flags that nobody has dealt with yet: 2, the first since 12 Jun 08:00 UTC" in " ".join(said.split())
    assert [canary for canary in CANARIES if canary.casefold() in said.casefold()] == []
    clinic.tick("2026-06-13 09:59")
    clinic.tick("2026-06-13 10:00")
    assert len(digests(clinic)) == 2, "once a day while nothing changes"
    with clinic.store.write() as tx:
        for one in records.open_tasks(tx):
            records.finish_task(tx, one.id, "A. Nurse", at("2026-06-13 11:00"))
    clinic.tick("2026-06-14 10:00")
    assert len(digests(clinic)) == 2


def test_a_digest_about_something_else_tells_of_a_red_flag_as_well(clinic: World) -> None:
    writes(clinic, "2026-06-12 09:00")
    pause(clinic, "2026-06-12 09:05")
    clinic.tick("2026-06-12 09:05")
    (said,) = digests(clinic)
    assert "red flags that nobody has dealt with yet: 1" in " ".join(said.split())


def test_a_red_flag_that_was_dealt_with_before_anybody_was_named_is_not_told(a_clinic: Callable[..., World]) -> None:
    nameless, named = a_clinic(), a_clinic(clinic=NAMED)
    for key in ("first", "second"):
        nameless.reply("chest pain", "2026-06-12 09:00", key=key)
    nameless.tick("2026-06-12 09:00")
    assert nameless.sink.letters == [], "nobody is named, so nobody is told"
    with named.store.write() as tx:
        first = records.open_tasks(tx)[0]
        records.finish_task(tx, first.id, "A. Nurse", at("2026-06-12 09:05"))
    named.tick("2026-06-12 09:10")
    assert sorted(named.heard()) == [(DESK, URGENT_TEXT), (NURSE, URGENT)]


def test_words_that_are_no_red_flag_are_not_told_at_once(clinic: World) -> None:
    pause(clinic, "2026-06-12 08:59")
    clinic.tick("2026-06-12 08:59")
    before = len(clinic.sink.letters)
    writes(clinic, "2026-06-12 09:00", "Is it meant to ache?")
    assert len(clinic.sink.letters) == before


# The digest


def test_a_digest_says_what_waits_and_what_stands_still(a_clinic: Callable[..., World]) -> None:
    clinic = with_a_patient(a_clinic(clinic=NAMED, sink=Sink(answer=_only_staff)))
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-12 08:00", event_id="again", patient={"ref": "p-2"}, appointment={"ref": "a-2"}))
    clinic.tick("2026-06-12 08:31")
    clinic.tick("2026-06-12 11:00")
    pause(clinic, "2026-06-12 11:05", "provider:pigeon", "the provider refused our account: 20003 http 401")
    pause(clinic, "2026-06-12 11:05", "sequence:advice", "a typo")
    with clinic.store.write() as tx:
        lane = {"provider": "postman", "tokens": 0.0, "filled_at": at("2026-06-12 11:00"), "failures": 7}
        lane |= {"why": "provider_down"}
        tx.connection.execute(schema.lanes.insert().values(**lane))
        tx.connection.execute(update(schema.heartbeats).where(schema.heartbeats.c.name == "reconcile").values(
            beat_at=at("2026-06-12 10:40")))  # fmt: skip
    clinic.reply("Is it meant to ache?", "2026-06-12 11:09")
    apply_replies(clinic.app, at("2026-06-12 11:10"))
    for minute in (11, 12, 13):  # the doubt of eleven o'clock becomes a held message
        clinic.tick(f"2026-06-12 11:{minute}")
    clinic.tick("2026-06-12 12:20")
    said = " ".join(" ".join(digests(clinic)).split())
    for words in (
        "pigeon is paused (the provider refused our account: 20003 http 401)", "advice is paused",
        "postman is not called (the provider could not be reached)", "messages that are held for a decision: 1",
        "“reconcile” has not finished since 09:40 UTC", "replies from patients: 1",
    ):  # fmt: skip
        assert words in said
    assert "a typo" not in said, "what a person types may be about a patient"


def _only_staff(letter: Letter) -> Outcome:
    return Accepted(letter.attempt_id) if letter.to in (NURSE, DESK) else Unknown()


def test_a_part_that_fails_is_told_of_while_messages_go_on(clinic: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.tick("2026-06-12 08:59")

    def fails(*_: Any) -> None:
        raise RuntimeError("xanthippe.q@example.org")

    monkeypatch.setattr(tick, "reconcile", fails)
    for minute in range(8):
        clinic.tick(f"2026-06-12 09:0{minute}")
    (said,) = digests(clinic)
    assert "“reconcile” has not finished since 07:59 UTC" in " ".join(said.split())


def test_whoever_pauses_everything_still_hears_of_a_red_flag(clinic: World) -> None:
    clinic.publish(ADVICE)
    pause(clinic, "2026-06-12 08:59", versions.EVERYTHING)
    writes(clinic, "2026-06-12 09:00")
    assert red_flags_heard(clinic) == [DESK, NURSE]


def test_where_all_is_well_nobody_is_written_to(clinic: World) -> None:
    for hour in range(8, 18):
        clinic.tick(f"2026-06-12 {hour:02d}:00")
    assert clinic.sink.letters == []


def test_a_digest_comes_at_most_hourly_and_at_once_again_only_when_there_is_something_new(clinic: World) -> None:
    pause(clinic, "2026-06-12 09:00", "sequence:one")
    clinic.tick("2026-06-12 09:00")
    assert len(digests(clinic)) == 1
    pause(clinic, "2026-06-12 09:10", "sequence:two")
    clinic.tick("2026-06-12 09:10")
    clinic.tick("2026-06-12 09:59")
    assert len(digests(clinic)) == 1, "not twice within the hour"
    clinic.tick("2026-06-12 10:00")
    assert len(digests(clinic)) == 2
    for hour in range(11, 24):
        clinic.tick(f"2026-06-12 {hour}:00")
    assert len(digests(clinic)) == 2, "nothing new says nothing"
    clinic.tick("2026-06-13 09:59")
    assert len(digests(clinic)) == 2
    clinic.tick("2026-06-13 10:00")
    assert len(digests(clinic)) == 3, "once a day while nothing changes"


def test_trouble_that_is_over_and_comes_again_is_news_again(clinic: World) -> None:
    pause(clinic, "2026-06-12 09:00", "sequence:one")
    pause(clinic, "2026-06-12 09:00", "sequence:two")
    clinic.tick("2026-06-12 09:00")
    with clinic.store.write() as tx:
        versions.resume(tx, "sequence:two")
    clinic.tick("2026-06-12 09:30")
    pause(clinic, "2026-06-12 11:00", "sequence:two")
    clinic.tick("2026-06-12 11:00")
    assert len(digests(clinic)) == 2


def test_trouble_that_comes_and_goes_all_the_time_is_told_hourly_and_not_more(clinic: World) -> None:
    for minute in range(0, 180, 5):
        now = (at("2026-06-12 09:00") + timedelta(minutes=minute)).isoformat()
        if minute % 10:
            with clinic.store.write() as tx:
                versions.resume(tx, "sequence:one")
        else:
            pause(clinic, now, "sequence:one")
        clinic.tick(now)
    assert len(digests(clinic)) == 3


# Alerts are messages like any others


def test_while_not_live_alerts_reach_only_the_allow_list(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(clinic=NAMED, sink=Sink(reaches_people=True), allow_list=frozenset({NURSE}))
    writes(clinic, "2026-06-12 09:00")
    assert red_flags_heard(clinic) == [NURSE]
    assert became(clinic, DESK) == ["skipped not_allow_listed"]
    writes(clinic, "2026-06-12 09:30", "chest pain")
    assert unreached(clinic) == [DESK], "asked once, however many alerts do not reach them"


def test_while_live_alerts_need_nobodys_approval(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(clinic=NAMED, live=True)
    writes(clinic, "2026-06-12 09:00")
    assert sorted(to for to, _ in clinic.heard()) == [DESK, NURSE]


def test_somebody_of_the_staff_who_says_stop_gets_no_more_texts(clinic: World) -> None:
    writes(clinic, "2026-06-12 09:00")
    clinic.reply("STOP", "2026-06-12 09:05", address=DESK)
    writes(clinic, "2026-06-12 09:10", "chest pain")
    clinic.tick("2026-06-12 09:11")
    assert red_flags_heard(clinic) == [DESK, NURSE, NURSE]
    assert became(clinic, DESK) == ["accepted", "suppressed suppressed_by_patient"]
    writes(clinic, "2026-06-12 10:00", "chest pain")
    assert unreached(clinic) == [DESK], "asked once, however many alerts do not reach them"
    assert "colleagues whom alerts do not reach: 1" in " ".join(digests(clinic)[-1].split())


def test_every_alert_leaves_an_attempt_with_its_words(clinic: World) -> None:
    writes(clinic, "2026-06-12 09:00")
    with clinic.store.read() as tx:
        written = tx.connection.execute(select(schema.attempts.c.id, schema.attempts.c.outcome)).all()
    assert {one.id for one in written} == {letter.attempt_id for letter in clinic.sink.letters}
    assert {one.outcome for one in written} == {"accepted"}


def test_an_alert_that_one_channel_cannot_carry_goes_by_the_other_and_is_tried_again(
    a_clinic: Callable[..., World],
) -> None:
    away: list[Outcome] = [NotTaken(Reason.PROVIDER_DOWN), Accepted("later")]

    def answer(letter: Letter) -> Outcome:
        return away.pop(0) if letter.channel is Channel.EMAIL else Accepted(letter.attempt_id)

    sink = Sink(answer=answer)
    clinic = a_clinic(clinic=NAMED, sink=sink)
    writes(clinic, "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:05")
    assert sorted(letter.channel for letter in sink.letters) == [Channel.EMAIL, Channel.EMAIL, Channel.SMS]


@pytest.mark.parametrize(("closed", "hears"), [("mail", DESK), ("texts", NURSE)])
def test_a_colleagues_alert_does_not_wait_while_the_other_channel_is_left_alone(
    a_clinic: Callable[..., World], closed: str, hears: str
) -> None:
    mail, texts = Sink(name="mail"), Sink(name="texts")
    clinic = a_clinic(clinic=NAMED, providers={Channel.EMAIL: (mail,), Channel.SMS: (texts,)})
    with clinic.store.write() as tx:
        lane = {"provider": closed, "tokens": 0.0, "filled_at": at("2026-06-12 08:59"), "failures": 1}
        lane |= {"closed_until": at("2026-06-12 09:30"), "why": "rate_limited"}
        tx.connection.execute(schema.lanes.insert().values(**lane))
    writes(clinic, "2026-06-12 09:00")
    assert [letter.to for letter in mail.letters + texts.letters] == [hears]
    clinic.tick("2026-06-12 09:30")
    assert sorted(letter.to for letter in mail.letters + texts.letters) == [DESK, NURSE]


def test_an_alert_that_was_not_delivered_is_asked_about_once_for_each_colleague(clinic: World) -> None:
    for minute in (0, 30):
        writes(clinic, f"2026-06-12 09:{minute:02d}", "chest pain")
        lost = [one for one in clinic.sink.letters if one.to == NURSE][-1]
        clinic.receipt(State.UNDELIVERED, f"2026-06-12 09:{minute + 1:02d}", attempt_id=lost.attempt_id)
        clinic.tick(f"2026-06-12 09:{minute + 1:02d}")
    assert unreached(clinic) == [NURSE]


def test_an_account_that_is_refused_is_told_by_the_other_provider(a_clinic: Callable[..., World]) -> None:
    mail = Sink(name="mail", answer=lambda _: Refused(Fault.ACCOUNT, "http 401"))
    texts = Sink(name="texts")
    clinic = with_a_patient(
        a_clinic(clinic=NAMED, providers={Channel.EMAIL: (mail,), Channel.SMS: (texts,)})
    )  # fmt: skip
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-12 08:00", event_id="again", appointment={"ref": "a-2"}))
    for time in ("2026-06-12 08:31", "2026-06-12 11:00", "2026-06-12 11:01"):
        clinic.tick(time)
    assert [letter.to for letter in texts.letters] == [DESK], "and it does not wait for the pause to end"
    assert LOOK in texts.letters[0].words.text


def test_a_clinic_without_a_phone_or_a_text_sender_can_be_alerted(a_clinic: Callable[..., World]) -> None:
    bare = "clinic: {name: Bare, email: a@example.org, timezone: Europe/London, country: GB}\n"
    bare += 'sites: [{id: one, name: One, address: [1 Street], phone: "+441234380345"}]\n'
    clinic = a_clinic(clinic=bare + f"alerts: {{email: {NURSE}}}\n")
    writes(clinic, "2026-06-12 09:00")
    pause(clinic, "2026-06-12 09:10")
    clinic.tick("2026-06-12 09:10")
    assert clinic.heard() == [(NURSE, URGENT), (NURSE, LOOK)]


# Once, whatever happens


def told(clinic: World) -> int:
    """How many alerts stand in the histories of the clinic's people."""
    with clinic.store.read() as tx:
        query = select(func.count()).where(inbox_schema.events.c.kind == "staff.alert")
        return int(tx.connection.execute(query).scalar_one())


@pytest.mark.parametrize("place", ["mark_alerted", "add", "beat"])
def test_a_crash_while_telling_tells_nobody_and_the_next_time_tells_once(
    clinic: World, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    clinic.reply("chest pain", "2026-06-12 09:00", address="+447700900111")
    apply_replies(clinic.app, at("2026-06-12 09:00"))
    pause(clinic, "2026-06-12 09:00")
    owner: Any = events if place == "add" else records

    def crash(*given: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(owner, place, crash)
        with pytest.raises(KeyboardInterrupt):
            watch(clinic.app, at("2026-06-12 09:00"))
    assert told(clinic) == 0
    for minute in range(3):
        watch(clinic.app, at(f"2026-06-12 09:0{minute}"))
    assert told(clinic) == 4, "a red flag and a digest, to two people"
    clinic.tick("2026-06-12 09:05")
    assert len(clinic.sink.letters) == 4


def test_a_crash_after_telling_and_before_sending_loses_nothing(clinic: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*given: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    clinic.reply("chest pain", "2026-06-12 09:00", address="+447700900111")
    with monkeypatch.context() as patched:
        patched.setattr(tick, "apply_news", crash)
        with pytest.raises(KeyboardInterrupt):
            clinic.tick("2026-06-12 09:00")
    clinic.tick("2026-06-12 09:01")
    assert red_flags_heard(clinic) == [DESK, NURSE]


def test_of_two_workers_that_see_different_red_flags_none_is_forgotten_and_none_is_told_twice(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first has read the one red flag there was, and stands still; meanwhile another one comes in."""
    clinic = a_postgres_clinic(clinic=NAMED)
    alert._make_live(clinic.app, at("2026-06-12 08:00"))
    read, go_on = threading.Event(), threading.Event()
    real = alert._make_live

    def stand_still(*given: Any) -> None:
        if not read.is_set():
            read.set()
            assert go_on.wait(30)
        real(*given)

    monkeypatch.setattr(alert, "_make_live", stand_still)
    now = at("2026-06-12 09:00")
    clinic.reply("chest pain", "2026-06-12 09:00")
    apply_replies(clinic.app, now)
    pause(clinic, "2026-06-12 09:00")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(watch, clinic.app, now)
        assert read.wait(30)
        clinic.reply("my calf is swollen", "2026-06-12 09:00:01")
        apply_replies(clinic.app, now)
        assert watch(clinic.app, now + timedelta(seconds=1)) == 2
        go_on.set()
        assert slow.result(30) == 0
    assert told(clinic) == 4
    with clinic.store.read() as tx:
        assert records.unalerted(tx, records.RED_FLAG) == []


def test_two_workers_at_once_tell_of_everything_once(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic(clinic=NAMED)
    alert._make_live(clinic.app, at("2026-06-12 08:00"))
    for number in range(8):
        with ThreadPoolExecutor(3) as pool:
            together = threading.Barrier(3)
            now = at("2026-06-12 09:00") + timedelta(hours=number)

            def look(which: int, now: Any = now, together: threading.Barrier = together) -> int:
                together.wait(30)
                return watch(clinic.app, now + timedelta(microseconds=which))

            clinic.reply("chest pain", now.isoformat(), key=f"r-{number}")
            apply_replies(clinic.app, now)
            once = 2 if number == 1 else 1  # the first has been open for an hour by then: a digest as well
            assert sum(pool.map(look, range(3))) == once
    assert told(clinic) == 16 + 2


def test_the_clinics_people_are_no_patients_in_its_lists(clinic: World) -> None:
    writes(clinic, "2026-06-12 09:00")
    with clinic.store.read() as tx:
        assert [row.source for row in patients.find(tx, NURSE)] == ["staff"]
