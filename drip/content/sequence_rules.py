"""The rules between the fields of a sequence file, on the plain text tree: every mistake is said at once."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, TypeAlias

from drip.content.question_rules import duplicate_questions, question_mistakes
from drip.content.shape import Mistake
from drip.content.strict_yaml import Loc
from drip.content.text_values import read_date, read_duration
from drip.core.duration import Duration
from drip.core.model import EventKind, Purpose, Send
from drip.core.sequence import MAX_OCCURRENCES
from drip.core.signatory import is_same_person

Tree: TypeAlias = Mapping[str, Any]


def sequence_mistakes(tree: Tree) -> Iterator[Mistake]:
    """Everything wrong with a sequence that no single field shows."""
    steps: list[Tree] = [step if isinstance(step, dict) else {} for step in _list(tree.get("steps"))]
    for n, step in enumerate(steps):
        for rule in (_offset, _clock_time, _repeats, _words, _expires, _closed, question_mistakes):
            yield from rule(step, ("steps", n))
        yield from _reminder(step, ("steps", n), tree)
    yield from _duplicate_steps(steps)
    yield from duplicate_questions(steps)
    yield from _own_name(tree)
    yield from _review(tree.get("review"))
    yield from _tests(tree, {name for step in steps if isinstance(name := step.get("id"), str)})


def _offset(step: Tree, loc: Loc) -> Iterator[Mistake]:
    if "after" in step and "before" in step:
        yield Mistake(
            loc=(*loc, "before"),
            key=True,
            rule="one-offset",
            message="`after` and `before` exclude each other: keep one",
        )
    elif step and "after" not in step and "before" not in step:
        yield Mistake(loc=loc, rule="one-offset", message="this step has no time: add `after: 3d` or `before: 1d`")


def _clock_time(step: Tree, loc: Loc) -> Iterator[Mistake]:
    offset = _duration(step.get("after", step.get("before")))
    if "at" in step and offset and not offset.is_whole_days:
        yield Mistake(
            loc=(*loc, "at"),
            rule="clock-time",
            message=f"`at` goes with whole days or weeks only, and {offset} has hours or minutes: remove one of them",
        )


def _repeats(step: Tree, loc: Loc) -> Iterator[Mistake]:
    if "every" not in step:
        for name in ("times", "until"):
            if name in step:
                message = f"`{name}` needs `every: 1w` beside it: add it, or remove `{name}`"
                yield Mistake(loc=(*loc, name), key=True, rule="repeat", message=message)
        return
    every, until = _duration(step["every"]), _duration(step.get("until"))
    if every and (every.elapsed or not every.days):
        message = "a step repeats by whole days or weeks: write 1d, 3d or 1w"
        yield Mistake(loc=(*loc, "every"), rule="repeat", message=message)
    elif every and until and until.days // every.days + 1 > MAX_OCCURRENCES:
        message = f"more than {MAX_OCCURRENCES} times: shorten `until`"
        yield Mistake(loc=(*loc, "until"), rule="repeat", message=message)
    if ("times" in step) == ("until" in step):
        message = "`every` needs exactly one of `times: 12` and `until: 84d`"
        yield Mistake(loc=(*loc, "every"), key=True, rule="repeat", message=message)


def _words(step: Tree, loc: Loc) -> Iterator[Mistake]:
    named = [name for name in ("email", "sms") if name in step]
    if step and not named:
        yield Mistake(
            loc=loc, rule="no-words", message="this step says nothing: add `email:` or `sms:` with a template's name"
        )
    elif "send" in step and len(named) == 1 and step["send"] in set(Send):
        message = f"`send` chooses between two templates, and only `{named[0]}` is given: remove it or add the other"
        yield Mistake(loc=(*loc, "send"), key=True, rule="no-words", message=message)


def _expires(step: Tree, loc: Loc) -> Iterator[Mistake]:
    if "before" in step and "after" not in step and "expires" in step:
        message = "a `before` step always expires at its anchor: remove `expires`"
        yield Mistake(loc=(*loc, "expires"), key=True, rule="expires", message=message)


def _closed(step: Tree, loc: Loc) -> Iterator[Mistake]:
    if "before" in step and "after" not in step and "if_closed" in step:
        message = "a `before` step always moves back from a closed day: remove `if_closed`"
        yield Mistake(loc=(*loc, "if_closed"), key=True, rule="if-closed", message=message)


def _reminder(step: Tree, loc: Loc, tree: Tree) -> Iterator[Mistake]:
    """Only what a booking system may tell patients in our place may be left out for it."""
    if step.get("reminder") != "true":
        return
    enrol = tree.get("enrol")
    kinds = _list(enrol.get("on")) if isinstance(enrol, dict) else []
    if step.get("purpose", tree.get("purpose", Purpose.CARE)) != Purpose.SERVICE:
        message = "only a `service` message can be a reminder: remove `reminder`, or say `purpose: service`"
        yield Mistake(loc=(*loc, "reminder"), key=True, rule="reminder", message=message)
    elif "before" not in step and EventKind.RESCHEDULED not in kinds:
        message = "a reminder goes `before` a visit, or tells that it moved (enrol on appointment.rescheduled)"
        yield Mistake(loc=(*loc, "reminder"), key=True, rule="reminder", message=f"{message}: remove `reminder`")


def _duplicate_steps(steps: list[Tree]) -> Iterator[Mistake]:
    seen: dict[str, int] = {}
    for n, step in enumerate(steps):
        name = step.get("id")
        if isinstance(name, str) and name in seen:
            message = f"`{name}` is already the id of step {seen[name] + 1}: an id is used once and never again"
            yield Mistake(loc=("steps", n, "id"), rule="duplicate-step", message=message)
        elif isinstance(name, str):
            seen[name] = n


def _own_name(tree: Tree) -> Iterator[Mistake]:
    own = tree.get("sequence")
    for loc in (("ends", "when_enrolled_in"), ("enrol", "not_while_in")):
        block = tree.get(loc[0])
        others = block.get(loc[1]) if isinstance(block, dict) else None
        for n, other in enumerate(_list(others)):
            if other == own:
                message = (
                    "a sequence cannot exclude or end itself: remove it (`again: one_at_a_time` keeps one at a time)"
                )
                yield Mistake(loc=(*loc, n), rule="own-name", message=message)


def _review(review: object) -> Iterator[Mistake]:
    if not isinstance(review, dict):
        return
    author, approved_by = review.get("author"), review.get("approved_by")
    if isinstance(author, str) and isinstance(approved_by, str) and is_same_person(author, approved_by):
        message = "nobody approves their own words: name another person, or write `awaiting`"
        yield Mistake(loc=("review", "approved_by"), rule="four-eyes", message=message)
    approved_on, due = _date(review.get("approved_on")), _date(review.get("review_due"))
    if approved_on and due and due <= approved_on:
        message = "the next review is due before the approval: put it later"
        yield Mistake(loc=("review", "review_due"), rule="review-dates", message=message)


def _date(value: object) -> date | None:
    """The date, where one is written; a wrong one is said elsewhere."""
    try:
        return read_date(value)
    except ValueError:
        return None


def _tests(tree: Tree, steps: set[str]) -> Iterator[Mistake]:
    for n, test in enumerate(_list(tree.get("tests"))):
        expected = test.get("expect") if isinstance(test, dict) else None
        for m, line in enumerate(_list(expected)):
            step = line.get("step") if isinstance(line, dict) else None
            if isinstance(step, str) and step not in steps:
                message = f"there is no step `{step}`: name one of {', '.join(sorted(steps))}"
                yield Mistake(loc=("tests", n, "expect", m, "step"), rule="unknown-step", message=message)


def _list(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def _duration(value: object) -> Duration | None:
    """The duration, where one is written; a wrong one is said elsewhere."""
    try:
        return read_duration(value)
    except ValueError:
        return None
