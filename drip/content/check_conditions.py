"""Conditions: that they ask for something there is, and that some patient can meet them."""

import re
from collections.abc import Iterator, Mapping

from drip.content.finding import Level
from drip.content.known_names import FACTS, MAY_HAVE_MORE, is_known_when, level_of, misspelt, only_on
from drip.content.shape import Mistake
from drip.content.step_place import place_of
from drip.content.strict_yaml import Loc, Node
from drip.core.clinic import Clinic
from drip.core.condition import Attribute, Condition, compared_with, looks_at
from drip.core.contradiction import can_hold
from drip.core.sequence import Sequence

SETTLED = frozenset({"treatment", "programme", "reply", "alert", "enrolment"})
"""What was true of these when a patient was enrolled stays true."""


def conditions_of(sequence: Sequence) -> Iterator[tuple[Loc, Condition]]:
    """Every condition of a sequence, and where it stands."""
    if sequence.enrol.when:
        yield ("enrol", "when"), sequence.enrol.when
    for step in sequence.steps:
        if step.when:
            yield (*place_of(sequence, step), "when"), step.when


def condition_mistakes(sequence: Sequence, root: Node | None, clinic: Clinic | None) -> Iterator[Mistake]:
    """Names that no event brings, and conditions that nobody can ever meet."""
    for loc, condition in conditions_of(sequence):
        text = root.at(loc).value if root else ""
        for attribute in sorted(looks_at(condition), key=lambda one: (one.object, one.name)):
            if unknown := _why_unknown(attribute, sequence):
                message, level = unknown
                column = _column(attribute, text if isinstance(text, str) else "")
                yield Mistake(loc=loc, rule="unknown-fact", message=message, level=level, within=column)
        yield from _words(condition, loc, clinic)
        if not can_hold(condition):
            message = (
                "no patient can ever meet this: its parts exclude each other, or it compares with none "
                "(for what is there write `not ... == none`)"
            )
            yield Mistake(loc=loc, rule="never-holds", message=message)
        elif loc[0] == "steps" and _excludes(condition, sequence.enrol.when):
            message = (
                "this excludes everybody whom `enrol.when` lets in, so the step is never sent: correct one of them"
            )
            yield Mistake(loc=loc, rule="never-holds", message=message)


def given_mistakes(sequence: Sequence) -> Iterator[Mistake]:
    """Facts that a sequence's own tests spell otherwise than events do: they would prove nothing."""
    for n, example in enumerate(sequence.examples):
        for owner, facts in example.given.items():
            for name in facts if isinstance(facts, Mapping) and owner in FACTS else ():
                meant = misspelt(name, FACTS[owner])
                if meant and name not in FACTS[owner] and name != "attributes":
                    message = f"no event tells `{owner}.{name}`: did you mean `{meant}`?"
                    loc = ("tests", n, "given", owner, name)
                    level = level_of(name, meant)
                    yield Mistake(loc=loc, key=True, rule="unknown-fact", message=message, level=level)


def _words(condition: Condition, loc: Loc, clinic: Clinic | None) -> Iterator[Mistake]:
    """Types and treatments that clinic.yaml spells otherwise: a word that it does not list is used as it comes."""
    if clinic is None:
        return
    for owner, name, listed in (
        ("appointment", "type", clinic.appointment_types),
        ("treatment", "code", clinic.treatments),
    ):
        ours = set(listed.values())
        for word in compared_with(condition, Attribute(owner, name)):
            if isinstance(word, str) and word not in ours | listed.keys() and (meant := misspelt(word, ours)):
                message = f"clinic.yaml has no {owner} {name} {word!r}: did you mean `{meant}`?"
                yield Mistake(loc=loc, rule="unknown-word", message=message, level="warning")


def _why_unknown(attribute: Attribute, sequence: Sequence) -> tuple[str, Level] | None:
    """Why this is never there, and how sure that is; None where it is there, or may be."""
    owner, name = attribute.object, attribute.name
    known = FACTS[owner]
    if not is_known_when(owner, sequence.enrol.on):
        return f"`{owner}` is only known in a sequence that enrols on a `{only_on(owner)}` event", "error"
    if name in known:
        return None
    meant = misspelt(name, known)
    if meant:
        level = level_of(name, meant) if owner in MAY_HAVE_MORE else "error"
        return f"`{owner}.{name}` is not known, so this is never met: did you mean `{owner}.{meant}`?", level
    if owner in MAY_HAVE_MORE:
        return None
    return f"`{owner}.{name}` is not known, so this is never met: {', '.join(known)} are", "error"


def _column(attribute: Attribute, text: str) -> int:
    found = re.search(rf"\b{re.escape(attribute.object)}\s*\.\s*{re.escape(attribute.name)}\b", text)
    return found.start() + 1 if found else 1


def _excludes(condition: Condition, enrolling: Condition | None) -> bool:
    """Whether a step asks for what was already ruled out, of what cannot have changed since."""
    is_settled = all(attribute.object in SETTLED for attribute in looks_at(condition))
    return is_settled and not can_hold(enrolling, condition)
