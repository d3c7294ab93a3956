"""A preview says what the patient would read, how long it is, and when it would go."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from drip.content.check import check
from drip.content.folder import Folder
from drip.content.samples import LONG_NAME
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.core.role import Person, Role
from drip.core.sequence import Sequence
from drip.flows import draft as drafts
from drip.flows import preview
from drip.flows.preview import Nothing, Shown, Times
from drip.store import patients
from tests.databases import sqlite_url
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit, a_world, at

NOW = at("2026-06-11 10:00")
ANNA = Person(id="a" * 32, name="anna", full_name="Anna Berg", role=Role.AUTHOR)
TIMES = Times(anchor=at("2026-06-12 10:00"), joined=at("2026-06-11 10:00"))


@pytest.fixture
def clinic() -> Iterator[World]:
    """Two sequences are live."""
    made = a_world(sqlite_url())
    made.publish(ADVICE, REMINDERS)
    yield made
    made.app.close()


def folder_with(clinic: World, sequence: str = "advice", nudge: str = "") -> tuple[Folder, Sequence]:
    """A draft's folder, with other words for a nudge if they are given."""
    draft = drafts.begin(clinic.app, sequence, ANNA, NOW)
    told = {"advice/nudge.sms.txt": nudge} if nudge else {}
    folder = drafts.folder_of(clinic.app, replace(draft, files={**draft.files, **told}))
    written = folder.sequences[-1].sequence
    assert written
    return folder, written


def shown(clinic: World, step: str, channel: Channel, nudge: str = "") -> Shown | Nothing:
    """What an invented patient reads."""
    folder, sequence = folder_with(clinic, nudge=nudge)
    written = sequence.step(step)
    assert written
    return preview.show(
        clinic.app, folder, written, channel, preview.invented(clinic.app, preview.ORDINARY, "en", TIMES)
    )


def test_an_email_and_a_text_read_as_the_patient_reads_them(clinic: World) -> None:
    email, text = shown(clinic, "hello", Channel.EMAIL), shown(clinic, "nudge", Channel.SMS)
    assert isinstance(email, Shown)
    assert isinstance(text, Shown)
    assert "<mark>Amina</mark>" in email.html
    assert ("Amina", True) in text.text


def test_a_text_is_counted_as_it_goes_and_for_the_longest_name(clinic: World) -> None:
    text = shown(clinic, "nudge", Channel.SMS, nudge="{{ patient.first_name }}" + "x" * 150)
    assert isinstance(text, Shown)
    assert text.size
    assert text.longest
    assert (text.size.units, text.size.parts) == (155, 1)
    assert (text.longest.units, text.longest.parts) == (170, 2)


TEXTS = {
    "short": ("{{ patient.first_name }}, ring us", 0),
    "long for the longest name only": ("{{ patient.first_name }}" + "x" * 150, 10),
    "a little too long for everybody": ("x" * 161, 1),
    "letters of its own, two parts": ("ŵ" + "x" * 100, 0),
    "letters of its own, three parts": ("ŵ" + "x" * 140, 7),
    "three parts for a name outside GSM-7": ("{{ patient.first_name }}" + "x" * 140, 0),
}
"""Words, and how many characters are to be taken out of them."""


@pytest.mark.parametrize(("words", "over"), TEXTS.values(), ids=TEXTS)
def test_what_is_to_be_taken_out_is_what_the_checker_says(clinic: World, words: str, over: int) -> None:
    text = shown(clinic, "nudge", Channel.SMS, nudge=words)
    assert isinstance(text, Shown)
    folder, _ = folder_with(clinic, nudge=words)
    said = [one.message for one in check(folder, NOW.date()) if one.rule == "sms-parts" and LONG_NAME in one.message]
    assert (text.too_long.take_out if text.too_long else 0) == over
    assert [f"take out {over} characters" in one for one in said] == [True] * bool(over)


def test_the_character_that_makes_a_text_dear_is_named(clinic: World) -> None:
    text = shown(clinic, "nudge", Channel.SMS, nudge="Hello \u2019 there")
    assert isinstance(text, Shown)
    assert text.size
    assert [one.character for one in text.size.offenders] == ["\u2019"]


def test_words_that_cannot_be_made_say_why(clinic: World) -> None:
    text = shown(clinic, "nudge", Channel.SMS, nudge="Hello {{ patient.first_name")
    assert isinstance(text, Nothing)
    assert "advice/nudge.sms.txt" in text.why


def test_a_plan_shows_what_joining_late_leaves_out(clinic: World) -> None:
    _, sequence = folder_with(clinic, "reminders")
    late = Times(anchor=at("2026-06-12 10:00"), joined=at("2026-06-10 12:00"))
    messages, _ = preview.planned(sequence, preview.invented(clinic.app, "", "en", late))
    assert [(one.step, one.reason) for one in messages] == [("prepare", Reason.LATE), ("tomorrow", Reason.NONE)]


def test_a_real_patient_is_shown_at_their_own_visit(clinic: World) -> None:
    clinic.tell(a_visit("2026-06-08 07:00"))
    clinic.tick("2026-06-08 08:00")
    with clinic.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
        own = preview.somebody(clinic.app, tx, row, "advice", TIMES, frozenset())
        elsewhere = preview.somebody(clinic.app, tx, row, "advice", TIMES, frozenset({"mill"}))
        other = preview.somebody(clinic.app, tx, row, "reminders", TIMES, frozenset())
    assert (own.is_enrolled, own.times.anchor) == (True, at("2026-06-08 07:00"))
    assert (elsewhere.is_enrolled, other.is_enrolled) == (False, False)
    assert other.objects["patient"]["first_name"] == "Amina"
    assert other.objects["appointment"]["starts_at"]


def test_with_a_public_address_a_link_is_as_long_as_a_patients_own(clinic: World) -> None:
    clinic.app = replace(clinic.app, public_url="https://drip.example.org")
    text = shown(clinic, "nudge", Channel.SMS, nudge="{{ links.stop }}")
    assert isinstance(text, Shown)
    assert text.size
    assert text.size.units == len("https://drip.example.org/p/") + 88


def test_usual_times_leave_room_for_what_comes_before_a_visit(clinic: World) -> None:
    clinic.tell(a_booking("2026-07-01 10:00"))
    _, sequence = folder_with(clinic, "reminders")
    messages, _ = preview.planned(sequence, preview.invented(clinic.app, "", "en", preview.usual_times(sequence, NOW)))
    assert {one.reason for one in messages} == {Reason.NONE}
