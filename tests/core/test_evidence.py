"""What a provider's list says about an answer that was lost."""

from datetime import UTC, datetime, timedelta

import pytest

from drip.core.evidence import Lost, Trace, judge
from drip.core.handover import Evidence

NOON = datetime(2026, 6, 11, 12, 0, tzinfo=UTC)
LOST = Lost(attempt_id="mine", started_at=NOON, to="+447700900123", text="Amina, see you on Monday.")


def a_trace(**unusual: object) -> Trace:
    """A message with the same words, just after; say what is different."""
    return Trace(**({"ref": "SM1", "at": NOON + timedelta(seconds=1), "text": LOST.text} | unusual))  # type: ignore[arg-type]


def test_the_same_words_to_the_same_address_are_the_message() -> None:
    assert judge(LOST, [a_trace()], ours=()) == (Evidence.WENT, "SM1")


def test_a_provider_that_trims_words_is_understood() -> None:
    assert judge(LOST, [a_trace(text=LOST.text + " \n")], ours=())[0] is Evidence.WENT


def test_nothing_on_the_list_means_that_it_did_not_go() -> None:
    assert judge(LOST, [], ours=()) == (Evidence.DID_NOT_GO, None)


def test_a_message_that_is_already_ours_is_not_this_one() -> None:
    assert judge(LOST, [a_trace()], ours={"SM1"}) == (Evidence.DID_NOT_GO, None)


@pytest.mark.parametrize("text", ["Other words.", None, ""], ids=["other words", "words gone", "words blanked"])
def test_other_words_or_none_may_or_may_not_be_it(text: str | None) -> None:
    assert judge(LOST, [a_trace(text=text)], ours=()) == (Evidence.CANNOT_TELL, None)


def test_what_was_sent_earlier_is_not_this_one() -> None:
    assert judge(LOST, [a_trace(at=NOON - timedelta(minutes=3))], ours=())[0] is Evidence.DID_NOT_GO


def test_clocks_may_differ_by_two_minutes() -> None:
    assert judge(LOST, [a_trace(at=NOON - timedelta(minutes=2))], ours=())[0] is Evidence.WENT


def test_of_two_with_the_same_words_the_older_one_is_taken() -> None:
    later = a_trace(ref="SM2", at=NOON + timedelta(minutes=5))
    assert judge(LOST, [later, a_trace()], ours=()) == (Evidence.WENT, "SM1")


def test_a_message_without_a_time_counts() -> None:
    assert judge(LOST, [a_trace(at=None)], ours=())[0] is Evidence.WENT


def test_where_records_carry_our_own_id_nothing_is_guessed() -> None:
    mine = a_trace(ref="file-1", attempt_id="mine", text=None)
    other = a_trace(ref="file-2", attempt_id="another")
    assert judge(LOST, [other, mine], ours=()) == (Evidence.WENT, "file-1")
    assert judge(LOST, [other], ours=()) == (Evidence.DID_NOT_GO, None)


def test_nothing_personal_shows() -> None:
    assert "+447700900123" not in repr(LOST)
    assert "Amina" not in repr([LOST, a_trace()])
