"""Who answers for the words, and until when."""

from collections.abc import Iterator
from datetime import date

from drip.content.folder import LoadedFile
from drip.content.shape import Mistake
from drip.core.model import Purpose
from drip.core.review import Stage, stage_of
from drip.core.sequence import Review

CLAIM_EVIDENCE = "claim:"


def review_mistakes(file: LoadedFile, today: date) -> Iterator[Mistake]:
    """Content without a review, past it, or not yet approved."""
    if file.sequence is None:
        return
    if file.root is None or file.root.child("review") is None:
        message = "nobody answers for these words: add a `review:` block with `author` and `approved_by`"
        yield Mistake(loc=(), rule="review-missing", message=message)
        return
    review = file.sequence.review
    if review.is_awaited:
        message = "no clinician of this clinic has approved this yet: it is never sent live"
        yield Mistake(loc=("review", "approved_by"), rule="review-awaiting", message=message, level="warning")
        if review.review_due is None:
            message = "until when do these words hold? Add `review_due` with a date"
            yield Mistake(loc=("review",), rule="review-incomplete", message=message, level="warning")
    else:
        yield from _incomplete(review)
    if stage_of(review.review_due, today) in (Stage.WEEK, Stage.MONTH):
        then = "staff get an alarm" if file.sequence.purpose is Purpose.SAFETY else "these messages wait"
        message = f"the review is due on {review.review_due}: set a new date once it is done; after that day {then}"
        yield Mistake(loc=("review", "review_due"), rule="review-soon", message=message, level="warning")
    if review.is_past(today):
        message = f"the review was due on {review.review_due}: review the words again and set a new date"
        yield Mistake(loc=("review", "review_due"), rule="review-expired", message=message)
    if review.approved_on and today < review.approved_on:
        message = f"approved on {review.approved_on}, which is still to come: correct the date"
        yield Mistake(loc=("review", "approved_on"), rule="review-dates", message=message, level="warning")


def _incomplete(review: Review) -> Iterator[Mistake]:
    for name, value in (("approved_on", review.approved_on), ("review_due", review.review_due)):
        if value is None:
            message = f"approved content needs `{name}`: add the date"
            yield Mistake(loc=("review",), rule="review-incomplete", message=message)


def has_claim_evidence(review: Review) -> bool:
    """A reviewer has recorded evidence for what these words claim."""
    return any(evidence.startswith(CLAIM_EVIDENCE) for evidence in review.evidence)
