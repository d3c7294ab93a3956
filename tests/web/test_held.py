"""Held messages: what is known of each in words, and the two things a person can say."""

from collections.abc import Callable

import pytest

from drip.core.handover import Unknown
from drip.core.role import Role
from drip.flows.decide import By, Decision, decide
from drip.flows.switches import pause, resume
from tests.web.at_the_desk import at_the_desk, deeds, waiting
from tests.world import ADVICE, Sink, World, a_visit, at


@pytest.fixture
def lost(a_clinic: Callable[..., World]) -> World:
    """Amina's email was handed over at nine, the answer was lost, and the provider keeps no list."""
    clinic = a_clinic(sink=Sink(answer=lambda _: Unknown("reset")))
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 06:00"))
    for time in ("09:00", "09:15", "09:40"):
        clinic.tick(f"2026-06-11 {time}")
    assert clinic.states()["hello"] == "held unresolved"
    return clinic


def held(world: World) -> str:
    (message,) = [one.id for one in world.messages() if one.state == "held"]
    return message


def test_what_is_known_is_said_in_words(lost: World) -> None:
    with at_the_desk(lost, Role.VIEWER) as browser:
        page = browser.get("/console/held").text
    assert "The email “Hello” of “After your first visit”" in page
    assert "Handed to Sink as email on Thu 11 Jun 09:00" in page
    assert "It has sent no report about it." in page
    assert 'Amina Shah (p-1)</a> &middot; <a href="tel:+447700900123">' in page
    assert "<button name" not in page, "who may only look has nothing to press"


def test_it_went(lost: World) -> None:
    with at_the_desk(lost) as browser:
        browser.post(f"/console/held/{held(lost)}", it="went")
        assert "No message is held" in browser.get("/console/held").text
    assert lost.states()["hello"] == "accepted"
    assert (waiting(lost), deeds(lost)[-1]) == ([], "message_decided")


def test_send_it_again(lost: World) -> None:
    with at_the_desk(lost) as browser:
        browser.post(f"/console/held/{held(lost)}", it="again")
    assert lost.states()["hello"] == "planned resent_by_staff"
    assert deeds(lost)[-1] == "message_decided"


def test_neither_is_no_decision(lost: World) -> None:
    with at_the_desk(lost) as browser:
        browser.post(f"/console/held/{held(lost)}", it="maybe")
    assert lost.states()["hello"] == "held unresolved"


def test_who_comes_second_is_told_and_changes_nothing(lost: World) -> None:
    with at_the_desk(lost) as browser:
        message = held(lost)
        browser.post(f"/console/held/{message}", it="went")
        second = browser.post(f"/console/held/{message}", it="again")
    assert "does%20not%20wait%20any%20more" in second.headers["set-cookie"]
    assert lost.states()["hello"] == "accepted"


def test_a_message_of_another_site_is_neither_seen_nor_decided(lost: World) -> None:
    with at_the_desk(lost, Role.SENDER, "dock") as browser:
        assert "hello" not in browser.get("/console/held").text
        browser.post(f"/console/held/{held(lost)}", it="again")
    assert lost.states()["hello"] == "held unresolved"
    assert "message_decided" not in deeds(lost)


def test_a_message_of_ones_own_site_is(lost: World) -> None:
    with at_the_desk(lost, Role.SENDER, "quay") as browser:
        browser.post(f"/console/held/{held(lost)}", it="went")
    assert lost.states()["hello"] == "accepted"


def test_what_a_person_sent_again_is_not_late_after_a_pause_however_old_it_is(lost: World) -> None:
    decide(lost.app, held(lost), Decision.AGAIN, By(name="B. Nurse"), at("2026-06-12 10:00"))
    pause(lost.app, "everything", "the phones are down", at("2026-06-12 10:00"), who="a-1")
    lost.tick("2026-06-12 10:01")
    assert lost.states()["hello"] == "planned paused"
    resume(lost.app, "everything", at("2026-06-12 11:00"), who="a-1")
    assert lost.states()["hello"] == "planned"
