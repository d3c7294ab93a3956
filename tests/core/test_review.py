"""When clinical words are to be reviewed again."""

from datetime import date
from typing import Any

import pytest

from drip.core.review import Notice, Stage, review_day, stage_of
from tests.core.build import LONDON, local

DUE = date(2027, 11, 1)


@pytest.mark.parametrize(
    ("today", "stage"),
    [
        ("2027-10-01", None),
        ("2027-10-02", Stage.MONTH),
        ("2027-10-24", Stage.MONTH),
        ("2027-10-25", Stage.WEEK),
        ("2027-11-01", Stage.WEEK),
        ("2027-11-02", Stage.PAST),
    ],
)
def test_a_review_is_told_of_a_month_and_a_week_before_and_once_it_is_past(today: str, stage: Stage | None) -> None:
    assert stage_of(DUE, date.fromisoformat(today)) is stage
    assert stage_of(None, date.fromisoformat(today)) is None


@pytest.mark.parametrize(
    ("at", "day"),
    [("2026-06-11T08:59", "2026-06-10"), ("2026-06-11T09:00", "2026-06-11"), ("2026-10-25T09:00", "2026-10-25")],
)
def test_nobody_is_woken_by_a_review_date(at: str, day: str) -> None:
    assert review_day(local(at), LONDON) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("unusual", "says"),
    [
        ({"stage": Stage.WEEK}, "advice: review due on 1 Nov 2027"),
        ({}, "advice: review was due on 1 Nov 2027; its messages wait"),
        ({"is_safety": True}, "advice: review was due on 1 Nov 2027; last approved words go"),
        ({"is_live": False}, "advice, version 2: review was due on 1 Nov 2027; its messages wait"),
    ],
)
def test_a_notice_says_what_becomes_of_the_messages(unusual: dict[str, Any], says: str) -> None:
    ordinary: dict[str, Any] = {"sequence": "advice", "number": 2, "due": DUE, "stage": Stage.PAST}
    notice = Notice(**{**ordinary, "is_live": True, "is_safety": False, **unusual})
    assert notice.sentence == says
    assert len(notice.sentence) <= 100, "longer values are cut in templates"
