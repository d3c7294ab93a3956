"""A planned message's words for whoever decides about it: those that would go, but for the links."""

import re
from collections.abc import Callable

import pytest

from drip.core.model import Channel
from drip.flows.preview import Nothing
from drip.flows.words_now import Reads, words_now
from tests.world import ADVICE, World, a_visit, at

URL = "https://drip.example.org"
TEN = at("2026-06-11 10:00")


@pytest.fixture
def clinic(a_clinic: Callable[..., World]) -> World:
    """Amina came at nine, and will get a text tomorrow with a link to her own page."""
    made = a_clinic(public_url=URL)
    made.publish(ADVICE)
    made.sources["advice/nudge.sms.txt"] = "{{ patient.first_name }}: {{ links.stop }}"
    made.publish(ADVICE)
    made.tell(a_visit("2026-06-11 09:00"))
    made.tick("2026-06-11 09:40")
    return made


def words_of(clinic: World, step: str, channel: Channel = Channel.SMS) -> Reads | Nothing:
    (id_,) = [one.id for one in clinic.messages() if one.step == step]
    return words_now(clinic.app, id_, channel, TEN)


def test_links_are_as_long_as_the_patients_own_and_not_theirs(clinic: World) -> None:
    shown = words_of(clinic, "nudge")
    clinic.tick("2026-06-12 10:00")
    sent = clinic.sink.letters[-1].words.text
    assert isinstance(shown, Reads)
    assert re.fullmatch(rf"Amina: {URL}/p/\S+", shown.words.text)
    assert re.fullmatch(rf"Amina: {URL}/p/\S+", sent)
    assert len(shown.words.text) == len(sent)
    assert shown.words.text != sent


def test_by_a_channel_that_it_does_not_go_by_there_are_no_words(clinic: World) -> None:
    assert words_of(clinic, "nudge", Channel.EMAIL) == Nothing(why="this version has no words for the step")


def test_of_no_message_there_are_none(clinic: World) -> None:
    assert words_now(clinic.app, "0" * 32, Channel.SMS, TEN) == Nothing(why="there is no such message any more")


def test_whatever_a_patients_facts_do_to_the_words_is_said_of_this_message_alone(
    clinic: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("drip.flows.words_now.values_for", broken)
    assert words_of(clinic, "nudge") == Nothing(why="ZeroDivisionError")


def test_who_has_no_number_is_shown_the_words_without_links(a_clinic: Callable[..., World]) -> None:
    world = a_clinic(public_url=URL)
    world.publish(ADVICE)
    world.tell(a_visit("2026-06-11 09:00", patient={"phone": None}))
    world.tick("2026-06-11 09:40")
    shown = words_of(world, "nudge")
    assert isinstance(shown, Reads)
    assert shown.words.text == "Amina, Harbour Clinic here: nudge"
