"""Tasks in words: every kind that staff are ever asked has its name, what to do about it, and its line in the story."""

import re
from pathlib import Path

import pytest

from drip.core.asked import ASKED, RED_FLAG, RING, WRITE, asked, urgency
from drip.core.desk import Desk
from drip.core.task import Ask
from drip.flows.trouble import TASKS
from tests.world import at

FLOWS = Path(__file__).parent.parent.parent / "drip" / "flows"
LINES = {"event", "enrolment", "message", "task"}
"""No tasks, but the lines of a story."""
RAISED = set(re.findall(r'kind="(\w+)"', "".join(map(Path.read_text, FLOWS.glob("*.py"))))) - LINES
NAMED = {*TASKS, *(one.value for one in Ask), RED_FLAG, WRITE, RING, "held", "complaint"}


@pytest.mark.parametrize("kind", sorted(NAMED | RAISED))
def test_every_kind_of_task_has_its_words(kind: str) -> None:
    assert kind in ASKED
    for words in (ASKED[kind].title, ASKED[kind].what_to_do, ASKED[kind].story):
        assert words
        assert "_" not in words


def test_a_kind_that_nobody_described_is_shown_all_the_same() -> None:
    assert asked("new_kind").title == "New kind"
    assert urgency("new_kind") > max(map(urgency, ASKED))


def test_a_red_flag_comes_before_everything_else() -> None:
    assert min(ASKED, key=urgency) == RED_FLAG


def test_urgent_things_are_overdue_sooner() -> None:
    desk, raised = Desk(), at("2026-06-11 10:00")
    for kind, overdue in ((RED_FLAG, "11:00"), ("safety_not_reached", "11:00")):
        assert desk.overdue_at(kind, raised) == at(f"2026-06-11 {overdue}")
    for kind in ("reply", WRITE, RING):
        assert desk.overdue_at(kind, raised) == at("2026-06-13 10:00")


def test_a_desk_knows_only_letters_and_calls() -> None:
    with pytest.raises(ValueError, match="neither"):
        Desk(unreached="pigeon")
