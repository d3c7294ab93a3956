"""From due to delivered: every state a message can be in stands somewhere, and what was never due nowhere."""

from dataclasses import replace
from typing import Any

import pytest

from drip.core.funnel import NEVER_DUE, OPTED_OUT, Count, Funnel, by_provider, by_sequence, by_step, funnel, why_left
from drip.core.lifecycle import State
from drip.core.reason import Reason

A_TEXT = Count(
    sequence="advice", step="nudge", channel="sms", provider="sink", what="delivered", reason="", number=3, parts=4
)


def a_count(**unusual: Any) -> Count:
    """Three texts that arrived."""
    return replace(A_TEXT, **unusual)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("delivered", {"delivered": 3}),
        ("accepted", {"unconfirmed": 3}),
        ("sent", {"unconfirmed": 3}),
        ("undelivered", {"undelivered": 3}),
        ("failed", {"refused": 3}),
        ("invalid", {"refused": 3}),
        ("unknown", {"unclear": 3}),
        ("held", {"unclear": 3}),
        ("skipped", {"left": 3}),
        ("suppressed", {"left": 3}),
        ("expired", {"left": 3}),
        ("cancelled", {}),
        ("superseded", {}),
        (OPTED_OUT, {"opted_out": 3}),
    ],
)
def test_each_state_stands_in_one_place(what: str, told: dict[str, int]) -> None:
    assert funnel([a_count(what=what)]) == Funnel(**told, parts=4)


def test_what_still_waits_is_in_no_report() -> None:
    settled = {one.value for one in State} - {"planned", "claimed", "in_flight", "cancelled", "superseded"}
    counted = {one.value for one in State if funnel([a_count(what=one.value)]).due}
    assert counted == settled


@pytest.mark.parametrize("reason", sorted(NEVER_DUE))
def test_what_was_left_out_when_the_plan_was_made_was_never_due(reason: Reason) -> None:
    assert funnel([a_count(what="skipped", reason=reason.value)]).due == 0
    assert why_left([a_count(what="skipped", reason=reason.value)]) == []


def test_handed_over_and_failed_and_left_out_come_to_what_was_due() -> None:
    told = funnel([a_count(what=what) for what in ("delivered", "sent", "undelivered", "failed", "held", "expired")])
    assert (told.due, told.handed_over, told.failed, told.left) == (18, 9, 6, 3)


def test_reports_go_by_step_by_provider_and_by_sequence() -> None:
    counts = [a_count(), a_count(step="hello", channel="email", provider="", what="skipped", reason="no_address")]
    assert set(by_step(counts)) == {("advice", "nudge", "sms"), ("advice", "hello", "email")}
    assert set(by_provider(counts)) == {("sms", "sink")}
    assert by_sequence(counts)["advice"].due == 6
    assert why_left(counts) == [(Reason.NO_ADDRESS, 3)]
