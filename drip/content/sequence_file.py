"""A sequence file read as a Sequence, or everything that is wrong with it."""

from functools import lru_cache

from drip.content.example_schema import ExpectShape, TestShape
from drip.content.finding import Finding
from drip.content.follow_ups import follow_ups
from drip.content.question_schema import question_of
from drip.content.sequence_rules import sequence_mistakes
from drip.content.sequence_schema import ReviewShape, SequenceShape, StepShape, WindowShape
from drip.content.shape import read_shape
from drip.content.strict_yaml import Node
from drip.core.model import Purpose
from drip.core.sequence import (
    AWAITING,
    Ends,
    Enrol,
    Example,
    Expectation,
    Review,
    Sequence,
    Step,
)
from drip.core.window import ANY, Always, Window

UNREVIEWED = Review(author="", approved_by=AWAITING)
"""What a file without a `review:` block counts as; `check` refuses it."""


def load_sequence(path: str, source: bytes) -> tuple[Sequence | None, list[Finding]]:
    """The sequence, unless something is wrong; and every finding, in one go."""
    sequence, findings = _loaded(path, source)
    return sequence, list(findings)


@lru_cache(maxsize=64)
def _loaded(path: str, source: bytes) -> tuple[Sequence | None, tuple[Finding, ...]]:
    """The same file is read by whoever checks, publishes and sends it, and reading takes far longer than comparing."""
    sequence, _, findings = load_sequence_tree(path, source)
    return sequence, tuple(findings)


def load_sequence_tree(path: str, source: bytes) -> tuple[Sequence | None, Node | None, list[Finding]]:
    """As `load_sequence`, with the tree that knows where everything stands."""
    shape, root, findings = read_shape(path, source, SequenceShape, sequence_mistakes)
    return (_sequence(shape, root) if shape and root else None), root, findings


def _sequence(shape: SequenceShape, root: Node) -> Sequence:
    again, again_after = shape.enrol.again
    return Sequence(
        id=shape.sequence,
        title=shape.title or shape.sequence,
        purpose=shape.purpose,
        kind=shape.kind,
        enabled=shape.enabled,
        enrol=Enrol(
            on=frozenset(shape.enrol.on),
            when=shape.enrol.when,
            again=again,
            again_after=again_after,
            not_while_in=frozenset(shape.enrol.not_while_in),
        ),
        anchor=shape.anchor,
        window=any_or_window(shape.window) if "window" in shape.model_fields_set else None,
        pause_when=frozenset(shape.pause_when),
        ends=Ends(on=frozenset(shape.ends.on), when_enrolled_in=frozenset(shape.ends.when_enrolled_in)),
        steps=_steps(shape),
        review=_review(shape.review) if shape.review else UNREVIEWED,
        examples=tuple(_example(test, root.at(("tests", n, "given"))) for n, test in enumerate(shape.tests)),
    )


def any_or_window(shape: WindowShape | None) -> Window | Always:
    """The window that was written; `any` is always open."""
    return Window(days=shape.days, opens=shape.opens, closes=shape.closes) if shape else ANY


def _steps(shape: SequenceShape) -> tuple[Step, ...]:
    """The steps as they stand in the file; behind them, in their order, what is said to answers."""
    own = [(_step(step, shape.purpose), step.ask) for step in shape.steps]
    said = (one for step, ask in own if ask for one in follow_ups(step, ask))
    return (*(step for step, _ in own), *said)


def _step(shape: StepShape, purpose: Purpose) -> Step:
    offset = shape.before if shape.after is None else shape.after
    if offset is None:  # pragma: no cover - the rules have already refused it
        raise ValueError("a step without a time")
    return Step(
        id=shape.id,
        before=shape.before is not None,
        offset=offset,
        at=shape.at,
        weekday=shape.weekday,
        every=shape.every.days if shape.every else None,
        times=shape.times,
        until=shape.until,
        email=shape.email,
        sms=shape.sms,
        send=shape.send,
        when=shape.when,
        purpose=shape.purpose or purpose,
        expires=shape.expires,
        send_if_late=shape.if_late == "send",
        goes_early=shape.if_closed == "before",
        reminder=shape.reminder,
        critical=shape.critical,
        ask=question_of(shape.ask) if shape.ask else None,
    )


def _review(shape: ReviewShape) -> Review:
    return Review(
        author=shape.author,
        approved_by=shape.approved_by,
        registration=shape.registration,
        approved_on=shape.approved_on,
        review_due=shape.review_due,
        evidence=tuple(shape.evidence),
        interests=shape.interests,
    )


def _example(shape: TestShape, given: Node) -> Example:
    facts = given.facts()
    texts = shape.given.model_dump(exclude_none=True, include={"anchor", "now", "timezone", "site"})
    return Example(name=shape.name, given={**facts, **texts}, expect=tuple(_expectation(line) for line in shape.expect))


def _expectation(shape: ExpectShape) -> Expectation:
    state = shape.state or ("skipped" if shape.reason else "planned")
    return Expectation(
        step=shape.step,
        channel=shape.channel,
        at=shape.at,
        occurrence=shape.occurrence,
        state=state,
        reason=shape.reason.value,
    )
