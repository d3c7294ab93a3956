"""The weekly check-in that comes with drip, as the conversation it is."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from drip.store import records
from tests.world import World, an_event

HOME = Path(__file__).parent.parent.parent / "sequences"
CHECK_IN = (HOME / "weekly-check-in.yaml").read_text()
RED_FLAG = (HOME / "reply-red-flag.yaml").read_text()

LOADING = """
sequence: loading
title: Exercises
purpose: care
kind: loading
enrol: {on: programme.started}
anchor: programme
steps:
  - {id: exercise, after: 30w, at: "10:00", sms: exercise}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

MONDAYS = ("2026-06-22", "2026-06-29")


@pytest.fixture
def clinic(a_clinic: Callable[..., World]) -> World:
    """Amina began a programme on Monday 15 June."""
    clinic = a_clinic()
    clinic.publish(LOADING, RED_FLAG, CHECK_IN)
    told = {"programme": {"code": "loading", "starts_on": "2026-06-15"}}
    clinic.tell(
        an_event("programme.started", "2026-06-15 09:05", **told, patient={"attributes": {"subtype": "midportion"}})
    )
    clinic.tick("2026-06-15 09:05")
    return clinic


def talk(clinic: World, day: str, replies: Sequence[str]) -> list[str]:
    """What Amina hears on a day on which she writes these, one after the other, from ten past ten."""
    before = len(clinic.heard())
    clinic.tick(f"{day} 10:00")
    for minute, text in enumerate(replies, start=10):
        clinic.reply(text, f"{day} 10:{minute}")
        clinic.tick(f"{day} 10:{minute}")
    return [words.rpartition(": ")[2].rpartition(".")[2] for _, words in clinic.heard()[before:]]


def tasks(clinic: World) -> list[str]:
    with clinic.store.read() as tx:
        return [task.kind for task in records.open_tasks(tx)]


@pytest.mark.parametrize(
    ("replies", "hears", "asked"),
    [
        (["5 days", "3"], ["days-done", "worst-pain", "well-done"], []),
        (["3", "6/10"], ["days-done", "worst-pain", "ease-back"], ["answer"]),
        (["one", "2", "forgot"], ["days-done", "worst-pain", "got-in-the-way"], []),
    ],
    ids=["a good week", "much pain", "a week that was too full"],
)
def test_a_week_is_a_short_conversation(replies: list[str], hears: list[str], asked: list[str], clinic: World) -> None:
    assert talk(clinic, MONDAYS[0], replies) == hears
    assert tasks(clinic) == asked
    assert talk(clinic, MONDAYS[1], ["4", "2"]) == ["days-done", "worst-pain", "well-done"], "and so the next"


def test_what_got_in_the_way_has_its_tip_on_the_next_day(clinic: World) -> None:
    talk(clinic, MONDAYS[0], ["0", "1", "Told to rest"])
    clinic.tick("2026-06-23 10:00")
    assert clinic.heard()[-1][1].endswith(".tip-rest")


def test_pain_of_eight_is_answered_as_a_red_flag_and_the_questions_wait_until_somebody_has_looked(
    clinic: World,
) -> None:
    assert talk(clinic, MONDAYS[0], ["0", "8"]) == ["days-done", "worst-pain", "where-to-go"]
    assert tasks(clinic) == ["red_flag"]
    assert talk(clinic, MONDAYS[1], []) == []


def test_words_that_must_not_wait_are_answered_with_where_to_go_and_with_no_further_question(clinic: World) -> None:
    assert talk(clinic, MONDAYS[0], ["4, and my calf is swollen"]) == ["days-done", "where-to-go"]
    assert tasks(clinic) == ["red_flag"]


@pytest.mark.parametrize(
    ("answers_in_week", "asked_in_weeks"),
    [(None, [1, 2, 4, 6]), (4, [1, 2, 4, 5, 6, 8, 10])],
    ids=["never", "late"],
)
def test_who_is_silent_is_asked_half_as_often_and_then_no_more(
    answers_in_week: int | None, asked_in_weeks: list[int], clinic: World
) -> None:
    heard = {}
    for week in range(1, 13):
        day = (date(2026, 6, 15) + timedelta(weeks=week)).isoformat()
        heard[week] = talk(clinic, day, ["4"] if week == answers_in_week else [])
    assert [week for week, hears in heard.items() if "days-done" in hears] == asked_in_weeks
    assert tasks(clinic) == []
