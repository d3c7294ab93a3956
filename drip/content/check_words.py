"""Words that may not go out: conditions that others could read, claims, and exercises that are wrong for a tendon."""

import re
from collections.abc import Iterator

from drip.content.check_review import has_claim_evidence
from drip.content.finding import Finding
from drip.content.template_grammar import Variable
from drip.content.template_use import Spot, Use, spots
from drip.content.word_lists import CLAIMS, CONDITION_WORDS, INSERTIONAL, STEP_DROPS, TELLING_NAMES
from drip.core.clinic import Allowed, Clinic
from drip.core.condition import Both, Compare, Condition, Either, Filtered, Literal
from drip.core.model import Channel, Purpose
from drip.core.sequence import Sequence

_HEADER_LINE = re.compile(r"^(subject|preheader):[^\n]*", re.MULTILINE)


def check_words(use: Use, variables: list[Variable], clinic: Clinic | None) -> Iterator[Finding]:
    """Every word of a template, and of what it includes, that may not go out as it is."""
    allow = clinic.allow if clinic else Allowed()
    if use.channel is Channel.SMS and not allow.condition_words_in_sms:
        yield from _telling(use, variables, "a text")
    if use.channel is Channel.EMAIL and not allow.condition_words_in_subject:
        yield from _telling_header(use, variables)
    if use.purposes != {Purpose.MARKETING} and not has_claim_evidence(use.sequence.review):
        for spot in spots(CLAIMS, use.texts):
            yield spot.finding("claim", _claim(spot.words))
    if is_insertional(use.sequence):
        for spot in spots(STEP_DROPS, use.texts):
            message = f"`{spot.words}` hurts a tendon at the heel bone: keep to the flat floor, and say only that"
            yield spot.finding("insertional-safety", message)


def is_insertional(sequence: Sequence) -> bool:
    """Meant for tendons that hurt at the heel bone, by its name or by who is enrolled."""
    words = sequence.id.replace("non-insertional", "").split("-")
    return bool(INSERTIONAL.intersection(words)) or _mentions(sequence.enrol.when)


def _mentions(condition: Condition | None) -> bool:
    """Whether the condition asks for such a tendon; one that shuts it out (`!=`, `not`) does not."""
    match condition:
        case Both(left, right) | Either(left, right):
            return _mentions(left) or _mentions(right)
        case Compare("eq" | "in", left, right):
            return _mentions(left) or _mentions(right)
        case Filtered(_, value):
            return _mentions(value)
        case Literal(str() as word):
            return word.lower() in INSERTIONAL
        case Literal(tuple() as words):
            return any(isinstance(word, str) and word.lower() in INSERTIONAL for word in words)
        case _:
            return False


def _claim(words: str) -> str:
    return (
        f"`{words}` promises or promotes: say it plainly, or have the reviewer record evidence "
        "as `claim:...` under `review.evidence`"
    )


def _telling(use: Use, variables: list[Variable], where: str) -> Iterator[Finding]:
    for spot in spots(CONDITION_WORDS, use.texts):
        yield spot.finding("condition-word", _private(spot.words, where))
    for variable in variables:
        yield from _telling_name(variable, where)


def _telling_header(use: Use, variables: list[Variable]) -> Iterator[Finding]:
    """The subject, and the line that mail programs show behind it."""
    source = use.texts[use.path]
    header = source[: source.find("\n---", 3)] if source.startswith("---") else ""
    where = {header.count("\n", 0, found.start()) + 1: f"a {found[1]}" for found in _HEADER_LINE.finditer(header)}
    for spot in spots(CONDITION_WORDS, {use.path: source}):
        if spot.line in where:
            yield spot.finding("condition-word", _private(spot.words, where[spot.line]))
    for variable in variables:
        if variable.path == use.path and variable.line in where:
            yield from _telling_name(variable, where[variable.line])


def _telling_name(variable: Variable, where: str) -> Iterator[Finding]:
    if (variable.object, variable.name) in TELLING_NAMES:
        spot = Spot(path=variable.path, line=variable.line, column=variable.column, words="")
        yield spot.finding("condition-word", _private(f"{variable.object}.{variable.name}", where))


def _private(words: str, where: str) -> str:
    return f"`{words}` in {where} can be read by others: leave it out, or allow it in clinic.yaml"
