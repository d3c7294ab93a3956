"""The rules of a question's `then:`, what its answers lead to: what would never be said is refused."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from drip.content.shape import Mistake, read_answer_condition
from drip.content.strict_yaml import Loc
from drip.content.text_values import read_duration
from drip.core.condition import looks_at

Tree: TypeAlias = Mapping[str, Any]

MAY_LOOK_AT = frozenset({"answer", "replies"})
DEEPEST = 4
"""Questions that lead to one another: a conversation by text that is longer is a burden."""


def follow_ups_in(ask: Tree, loc: Loc) -> Iterator[tuple[Tree, Loc]]:
    """What a question's answers lead to, with its place."""
    then = ask.get("then")
    for n, one in enumerate(then if isinstance(then, list) else ()):
        if isinstance(one, dict):
            yield one, (*loc, "then", n)


def asked_in(step: Tree, loc: Loc) -> Iterator[tuple[Loc, str]]:
    """The id of every question that a step asks or leads to, with its place."""
    ask = step.get("ask")
    if not isinstance(ask, dict):
        return
    if isinstance(name := ask.get("id"), str):
        yield (*loc, "ask", "id"), name
    for then, place in follow_ups_in(ask, (*loc, "ask")):
        yield from asked_in(then, place)


def follow_up_mistakes(step: Tree, loc: Loc) -> Iterator[Mistake]:
    """Everything wrong with what one question's answers lead to."""
    always, names = False, set()
    if loc.count("ask") > DEEPEST:
        message = f"more than {DEEPEST} questions one after the other: let a person ask the rest"
        yield Mistake(loc=loc, key=True, rule="then", message=message)
    for one, place in follow_ups_in(step["ask"], loc):
        yield from (Mistake(loc=(*place, *at), key=key, rule=rule, message=says) for at, key, rule, says in _own(one))
        name = one.get("sms", one.get("email"))
        if always:
            message = "never said: the one above it has no `if`, and so takes every answer. Put that one last"
            yield Mistake(loc=place, rule="then", message=message)
        elif isinstance(name, str) and name in names:
            message = f"`{name}` is said already: give both answers one `if`, or each its own words"
            yield Mistake(loc=place, rule="then", message=message)
        always |= "if" not in one
        names.add(str(name))


def _own(one: Tree) -> Iterator[tuple[Loc, bool, str, str]]:
    """What is wrong with one of them alone: where, whether at its key, which rule, and why."""
    if "sms" not in one and "email" not in one:
        yield (), False, "no-words", "this says nothing: add `sms:` or `email:` with a template's name"
    if "at" in one and not _is_in_days(one.get("after")):
        yield ("at",), False, "clock-time", "`at` goes with whole days: add `after: 1d`, or remove `at`"
    if _looks_elsewhere(one.get("if")):
        yield ("if",), False, "then", "only the `answer` and `replies` decide here: leave everything else out"


def _is_in_days(told: object) -> bool:
    try:
        length = read_duration(told)
    except ValueError:
        return told is not None  # said elsewhere
    return length.is_whole_days


def _looks_elsewhere(told: object) -> bool:
    try:
        return any(one.object not in MAY_LOOK_AT for one in looks_at(read_answer_condition(told)))
    except ValueError:
        return False  # said elsewhere, or there is none
