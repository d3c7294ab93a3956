"""Providers' roads: how fast, how long they rest, when they are left alone, and who carries instead."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from drip.app import Limits
from drip.clock import running
from drip.core.handover import Accepted, Evidence, NotTaken, Outcome, Unknown
from drip.core.lane import FAILURES_TO_CLOSE, Lane, taken
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows.road import Road, next_wake, note
from drip.flows.send import send_batch
from drip.store import lanes, versions
from drip.store.schema import lanes as lanes_table
from tests.world import ADVICE, Sink, World, a_visit, at

EMAIL, SMS = Channel.EMAIL, Channel.SMS
DOWN = NotTaken(Reason.PROVIDER_DOWN)
ONE_BY_ONE = Limits(batch=1)
TEXTS = """
sequence: texts
title: A text after your visit
purpose: care
kind: education
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: hello, after: 3h, sms: hello}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""
SAFETY = ADVICE.replace("purpose: care", "purpose: safety").replace("sequence: advice", "sequence: safety")
LONG = "x" * 500
"""Four parts, with the greeting."""


def due(clinic: World, *sequences: str, patients: int = 1, visits: str = "2026-06-11 10:00") -> None:
    """So many patients came at ten; what they hear first is due at one o'clock."""
    clinic.publish(*(sequences or (ADVICE,)))
    clinic.tell(*(visit(number, visits) for number in range(patients)))
    clinic.tick("2026-06-11 10:31")


def visit(number: int, at_time: str) -> dict[str, object]:
    """One patient's visit."""
    patient = {"ref": f"p-{number}", "email": f"p{number}@example.org", "phone": f"+447700900{number:03d}"}
    return a_visit(at_time, event_id=f"visit-{number}", patient=patient, appointment={"ref": f"a-{number}"})


def saying(outcomes: Sequence[Outcome]) -> Callable[[Letter], Outcome]:
    """These answers, one after the other; from then on everything is accepted."""
    left = list(outcomes)
    return lambda letter: left.pop(0) if left else Accepted(f"ref-{letter.attempt_id}")


def lane(clinic: World, name: str = "sink") -> Lane:
    """How a provider's lane is now."""
    with clinic.store.read() as tx:
        return next(one for one in lanes.look(tx) if one.provider == name)


def two_providers(first: Sink, second: Sink) -> dict[Channel, tuple[Sink, ...]]:
    """Both carry everything, in this order."""
    return {channel: (first, second) for channel in Channel}


def test_two_workers_share_one_rate(a_clinic: Callable[..., World]) -> None:
    clinics = [a_clinic(limits=Limits(rates={SMS: 20.0})) for _ in range(2)]
    due(clinics[0], TEXTS, patients=37)
    send_batch(replace(clinics[0].app, limits=replace(clinics[0].app.limits, batch=1)), at("2026-06-11 13:00"))
    began = running()
    workers = [threading.Thread(target=clinic.tick, args=("2026-06-11 13:00",)) for clinic in clinics]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    heard = [letter.to for clinic in clinics for letter in clinic.sink.letters]
    assert len(heard) == len(set(heard)) == 37
    assert running() - began > 0.7, "twenty at once and sixteen at twenty a second take eight tenths of a second"


def test_a_rate_counts_the_parts_of_a_text(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(limits=Limits(rates={SMS: 10.0}))
    clinic.sources["texts/hello.sms.txt"] = LONG
    due(clinic, TEXTS)
    send_batch(clinic.app, at("2026-06-11 13:00"))
    (letter,) = clinic.sink.letters
    assert letter.words.parts == 4
    assert lane(clinic).tokens == pytest.approx(6, abs=0.1)


def test_a_long_text_is_paid_back_before_the_next_goes(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(limits=Limits(rates={SMS: 0.5}))
    clinic.sources["texts/hello.sms.txt"] = LONG
    due(clinic, TEXTS, patients=2)
    assert send_batch(clinic.app, at("2026-06-11 13:00"))
    assert send_batch(clinic.app, at("2026-06-11 13:00")) is None
    assert len(clinic.sink.letters) == 1
    with clinic.store.write() as tx:  # as if eight seconds had passed
        tx.connection.execute(update(lanes_table).values(tokens=1.0))
    assert send_batch(clinic.app, at("2026-06-11 13:00"))


def test_what_the_gate_turns_back_uses_up_nothing_of_a_rate(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(limits=Limits(rates={SMS: 10.0}))
    due(clinic, TEXTS, patients=5)
    send_batch(clinic.app, at("2026-06-11 23:00"))
    assert clinic.sink.letters == []
    assert lane(clinic).tokens == pytest.approx(10, abs=0.1)


def test_under_a_rate_the_most_important_purpose_goes_first(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(limits=Limits(rates={EMAIL: 5.0}))
    due(clinic, ADVICE, SAFETY, patients=5)
    send_batch(clinic.app, at("2026-06-11 13:00"))
    purposes = {one.id: one.purpose for one in clinic.messages()}
    assert [purposes[letter.message_id] for letter in clinic.sink.letters] == ["safety"] * 5


def test_emails_do_not_wait_for_slow_texts(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(limits=Limits(rates={SMS: 1.0}))
    due(clinic, ADVICE, TEXTS, patients=6)
    send_batch(clinic.app, at("2026-06-11 13:00"))
    channels = [letter.channel for letter in clinic.sink.letters]
    assert (channels.count(EMAIL), channels.count(SMS)) == (6, 1)


def test_the_time_that_a_provider_asks_for_counts_for_all_that_goes_by_it(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(answer=saying([NotTaken(Reason.RATE_LIMITED, timedelta(minutes=10))])))
    due(clinic)
    clinic.tell(visit(7, "2026-06-11 10:05"))
    clinic.tick("2026-06-11 13:00")
    clinic.tick("2026-06-11 13:05")
    clinic.tick("2026-06-11 13:09:59")
    assert len(clinic.sink.letters) == 1
    clinic.tick("2026-06-11 13:10")
    assert sorted(letter.to for letter in clinic.sink.letters[1:]) == ["p0@example.org", "p7@example.org"]


def test_a_rest_that_was_asked_for_is_kept_whatever_calls_under_way_come_to(clinic: World) -> None:
    now, road = at("2026-06-11 13:00"), Road(provider=clinic.sink, room=None)

    def asked(minutes: int) -> Outcome:
        return NotTaken(Reason.RATE_LIMITED, timedelta(minutes=minutes))

    # Answers to calls that were under way together, in the order in which they are written down.
    together: list[list[Outcome]] = [[asked(10)], [asked(1)], [Accepted("ref"), Unknown()]]
    together.append([Unknown()] * FAILURES_TO_CLOSE)
    for outcomes in together:
        with clinic.store.write() as tx:
            note(tx, [(road, outcome) for outcome in outcomes], now)
        assert lane(clinic).closed_until == now + timedelta(minutes=10), outcomes


def test_one_receiver_that_is_busy_says_nothing_about_the_provider(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(answer=saying([NotTaken(Reason.RATE_LIMITED)])))
    due(clinic, patients=3)
    clinic.tell(visit(7, "2026-06-11 10:00:01"))
    clinic.tick("2026-06-11 13:00")
    clinic.tick("2026-06-11 13:00:01")
    assert len(clinic.sink.letters) == 4


def broken(a_clinic: Callable[..., World], patients: int = 8, answers: int = 1000) -> World:
    """A clinic whose provider cannot be reached, for so many calls; five were made."""
    clinic = a_clinic(sink=Sink(answer=saying([DOWN] * answers)), limits=ONE_BY_ONE)
    due(clinic, patients=patients)
    clinic.tick("2026-06-11 13:00")
    return clinic


def test_after_five_calls_that_led_nowhere_a_provider_is_left_alone(a_clinic: Callable[..., World]) -> None:
    clinic = broken(a_clinic)
    clinic.tick("2026-06-11 13:00:29")
    assert len(clinic.sink.letters) == 5
    untried = [one.attempts for one in clinic.messages() if one.step == "hello"].count(0)
    assert untried == 3, "no attempt is written while nobody may call"


def test_answers_that_say_nothing_break_a_road_as_well(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(answer=lambda _: Unknown(), is_remote=True), limits=Limits(concurrency=1))
    due(clinic, patients=8)
    clinic.tick("2026-06-11 13:00")
    assert len(clinic.sink.letters) == 5


def test_after_a_while_one_message_probes_and_each_probe_that_fails_makes_the_next_wait_longer(
    a_clinic: Callable[..., World],
) -> None:
    clinic = broken(a_clinic)
    went = []
    for time in ("13:00:30", "13:00:59", "13:01:30", "13:02:00", "13:03:30"):
        clinic.tick(f"2026-06-11 {time}")
        went.append(len(clinic.sink.letters))
    assert went == [6, 6, 7, 7, 8], "half a minute, one minute, two minutes"


def test_a_probe_that_arrives_opens_the_road_for_everyone(a_clinic: Callable[..., World]) -> None:
    clinic = broken(a_clinic, answers=5)
    clinic.tick("2026-06-11 13:00:31")
    assert len(clinic.sink.letters) == 5 + 8, "the five that were not taken, and the three that waited"
    assert not lane(clinic).is_broken
    assert {one.state for one in clinic.messages() if one.step == "hello"} == {"accepted"}


def test_a_probe_that_the_gate_turned_back_is_left_to_the_next_message(a_clinic: Callable[..., World]) -> None:
    clinic = broken(a_clinic, answers=5)
    for number in range(5, 7):
        clinic.reply("STOP", "2026-06-11 13:00:10", address=f"p{number}@example.org")
    clinic.tick("2026-06-11 13:00:31")
    assert {one.state for one in clinic.messages() if one.step == "hello"} == {"accepted", "suppressed"}


def test_a_lane_that_another_worker_has_closed_since_is_not_opened_by_a_probe_given_back(clinic: World) -> None:
    moment = at("2026-06-11 13:00:31")
    broken_lane = Lane(provider="x", tokens=1, filled_at=moment, failures=5, closed_until=at("2026-06-11 13:00:30"))
    closed_since = at("2026-06-11 13:05")
    with clinic.store.write() as tx:
        lanes.save(tx, [replace(broken_lane, closed_until=closed_since)])
        lanes.give_back(tx, broken_lane, taken(broken_lane, 0, moment))
        assert lanes.look(tx)[0].closed_until == closed_since


def test_while_a_probe_is_under_way_no_other_worker_calls(a_clinic: Callable[..., World]) -> None:
    mails, elsewhere = Sink(name="mails", answer=saying([DOWN] * 5)), Sink(name="mails")
    clinic, other = (
        a_clinic(providers={EMAIL: (sink,), SMS: (Sink(name="texts"),)}, limits=ONE_BY_ONE)
        for sink in (mails, elsewhere)
    )
    due(clinic, patients=8)
    clinic.tick("2026-06-11 13:00")
    meanwhile: list[object] = []

    def answer(letter: Letter) -> Outcome:
        if not meanwhile:
            meanwhile.append(send_batch(other.app, at("2026-06-11 13:00:32")))
        return Accepted(f"ref-{letter.attempt_id}")

    mails.answer = answer
    clinic.tick("2026-06-11 13:00:31")
    assert meanwhile == [None]
    assert elsewhere.letters == []
    assert len(mails.letters) == 5 + 8


def test_a_worker_sleeps_until_the_road_is_open_again(a_clinic: Callable[..., World]) -> None:
    clinic = broken(a_clinic)
    with clinic.store.read() as tx:
        assert next_wake(clinic.app, tx, at("2026-06-11 13:00:05")) == at("2026-06-11 13:00:30")


def test_while_the_first_provider_is_broken_the_second_carries(a_clinic: Callable[..., World]) -> None:
    first, second = Sink(name="first", answer=saying([DOWN] * 5)), Sink(name="second")
    clinic = a_clinic(providers=two_providers(first, second), limits=ONE_BY_ONE)
    due(clinic, patients=8)
    clinic.tell(*(visit(number, "2026-06-11 10:01") for number in range(20, 23)))
    clinic.tick("2026-06-11 13:00")
    assert (len(first.letters), len(second.letters)) == (5, 3)
    clinic.tick("2026-06-11 13:00:29")
    assert len(first.letters) == 5
    clinic.tick("2026-06-11 13:02")
    clinic.tick("2026-06-11 13:03")
    assert len(first.letters) > 6, "it carries again once a probe has arrived"
    assert len({one.id for one in clinic.messages(state="accepted") if one.step == "hello"}) == 11


@pytest.mark.parametrize(
    ("paused", "went"), [(["first"], "second"), (["second"], "first"), (["first", "second"], None)]
)
def test_a_paused_provider_carries_nothing(a_clinic: Callable[..., World], paused: list[str], went: str | None) -> None:
    providers = two_providers(Sink(name="first"), Sink(name="second"))
    clinic = a_clinic(providers=providers)
    due(clinic)
    with clinic.store.write() as tx:
        for name in paused:
            versions.pause(tx, versions.PROVIDER + name, "", at("2026-06-11 12:00"))
    clinic.tick("2026-06-11 13:00")
    assert [sink.name for sink in providers[EMAIL] if sink.letters] == ([went] if went else [])
    assert clinic.states()["hello"] == ("accepted" if went else "planned paused")


def test_a_provider_that_is_only_at_its_rate_is_waited_for(a_clinic: Callable[..., World]) -> None:
    first, second = Sink(name="first"), Sink(name="second")
    clinic = a_clinic(providers=two_providers(first, second), limits=Limits(rates={EMAIL: 1.0}))
    due(clinic, patients=3)
    send_batch(clinic.app, at("2026-06-11 13:00"))
    assert send_batch(clinic.app, at("2026-06-11 13:00")) is None
    assert (len(first.letters), len(second.letters)) == (1, 0)


def test_what_the_first_provider_may_have_taken_is_never_given_to_the_second(a_clinic: Callable[..., World]) -> None:
    first, second = Sink(name="first", answer=lambda _: Unknown(), evidence=Evidence.WENT), Sink(name="second")
    clinic = a_clinic(providers=two_providers(first, second), limits=ONE_BY_ONE)
    due(clinic, patients=7)
    clinic.tick("2026-06-11 13:00")
    unsure = {letter.message_id for letter in first.letters}
    assert len(unsure) == 5, "by then it is broken, and the others go by the second"
    for minute in (5, 9, 10, 20):
        clinic.tick(f"2026-06-11 13:{minute:02d}")
    assert unsure.isdisjoint(letter.message_id for letter in second.letters)
    assert {one.state for one in clinic.messages() if one.step == "hello"} == {"accepted"}


def test_what_the_first_provider_did_not_take_may_go_by_the_second(a_clinic: Callable[..., World]) -> None:
    refusing = NotTaken(Reason.RATE_LIMITED, timedelta(minutes=30))
    first, second = Sink(name="first", answer=saying([refusing])), Sink(name="second")
    clinic = a_clinic(providers=two_providers(first, second))
    due(clinic)
    clinic.tell(visit(1, "2026-06-11 10:01"))
    clinic.tick("2026-06-11 13:00")
    clinic.tick("2026-06-11 13:01")
    assert [letter.to for letter in second.letters] == ["p1@example.org"]
    clinic.tick("2026-06-11 13:30")
    assert {one.state for one in clinic.messages() if one.step == "hello"} == {"accepted"}


def test_staff_may_open_a_road_before_its_time(a_clinic: Callable[..., World]) -> None:
    clinic = broken(a_clinic, answers=5)
    with clinic.store.write() as tx:
        assert lanes.reopen(tx)
    clinic.tick("2026-06-11 13:00:01")
    assert len(clinic.sink.letters) == 5 + 3
