"""The approver's name in a sequence's own file."""

from datetime import date

import pytest

from drip.content.sequence_file import load_sequence
from drip.content.signature import CannotSign, Signature, signed
from tests.world import ADVICE

BEN = Signature(name='Ben "B" Okoro: MCSP # yes', on=date(2026, 6, 15), due=date(2027, 6, 1), registration="HCPC PH1")
LINES = ADVICE.replace(
    "review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}",
    "review:\n  author: A. Writer  # she\n  approved_by: awaiting  # who?\n  evidence: [doi:10.1136/x]\n",
)


@pytest.mark.parametrize("text", [ADVICE, LINES])
def test_it_says_who_approved_it_and_everything_else_stays(text: str) -> None:
    before, after = (load_sequence("x.yaml", one.encode())[0] for one in (text, signed(text, BEN)))
    assert before
    assert after
    review = after.review
    assert (review.approved_by, review.registration) == (BEN.name, "HCPC PH1")
    assert (review.approved_on, review.review_due) == (BEN.on, BEN.due)
    assert (review.author, review.evidence) == (before.review.author, before.review.evidence)
    assert before.steps == after.steps


def test_only_its_own_lines_change_and_comments_stay() -> None:
    after = signed(LINES, BEN)
    changed = set(after.splitlines()) - set(LINES.splitlines())
    assert all(
        line.strip().split(":")[0] in {"approved_by", "registration", "approved_on", "review_due"} for line in changed
    )
    assert "# she" in after
    assert "# who?" in after


def test_another_approvers_registration_does_not_stay_under_a_new_name() -> None:
    first = signed(LINES, BEN)
    second = signed(first, Signature(name="Cleo Vega", on=BEN.on, due=None))
    review = load_sequence("x.yaml", second.encode())[0].review  # type: ignore[union-attr]
    assert (review.approved_by, review.registration, review.review_due) == ("Cleo Vega", "", BEN.due)


def test_signed_twice_it_is_signed_once() -> None:
    assert signed(signed(LINES, BEN), BEN) == signed(LINES, BEN)


def test_a_broken_file_is_not_signed() -> None:
    with pytest.raises(CannotSign):
        signed("sequence: x\nsteps: no", BEN)
