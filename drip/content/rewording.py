"""The words of two versions, compared: which passages of which message read otherwise now."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from drip.content.render import SUFFIXES, TemplateSet
from drip.core.comparison import Difference, What
from drip.core.model import Channel
from drip.core.sequence import Sequence, Step

Words: TypeAlias = frozenset[tuple[str, str]]
"""Templates with their texts."""

NEAR = 2
"""Changes with no more words than this between them are one passage."""

LONGEST = 24
"""Words of a passage that are shown."""


def reworded(was: tuple[Sequence, Mapping[str, str]], now: tuple[Sequence, Mapping[str, str]]) -> list[Difference]:
    """Changed words of every step that both have, in every language, then of what several messages share.

    Each version is its sequence and its templates by path.
    """
    (before, old), (after, new) = was, now
    found: dict[tuple[str, str], list[Difference]] = {}
    for step in after.steps:
        known = before.step(step.id)
        for channel in step.channels if known else ():
            pairs = _pairs(before.id, known, step, channel, {*old, *new}) if known else ()
            for part, a, b in pairs:
                found.setdefault((a, b), _passages(step.id, part, old.get(a, ""), new.get(b, "")))
    shared = sorted(path for path in {*old, *new} if not path.startswith(f"{after.id}/"))
    for path in shared:
        found[path, path] = _passages("", path, old.get(path, ""), new.get(path, ""))
    return [one for passages in found.values() for one in passages]


def words_behind(sequence: Sequence, templates: TemplateSet, step: Step) -> Mapping[Channel, Words]:
    """Everything that can change what a step says, by channel: the same only if every patient reads the same."""
    return {
        channel: frozenset(
            (used, templates.sources.get(used, ""))
            for path in paths_in_every_language(sequence.id, step.template(channel) or "", channel, templates.sources)
            for used in templates.paths_used(path)
        )
        for channel in step.channels
    }


def paths_in_every_language(sequence: str, name: str, channel: Channel, paths: Iterable[str]) -> list[str]:
    """A step's template and its translations, of those there are."""
    start, end = f"{sequence}/{name}.", SUFFIXES[channel]
    return sorted(path for path in paths if path.startswith(start) and path.endswith(end) and _is_one(path, start, end))


def _is_one(path: str, start: str, end: str) -> bool:
    """The name itself, or with one language: `tip.sms.txt`, `tip.cy.sms.txt`."""
    between = path[len(start) - 1 : -len(end)]
    return not between or (between.startswith(".") and "." not in between[1:])


def _pairs(
    sequence: str, was: Step, now: Step, channel: Channel, paths: Iterable[str]
) -> Iterator[tuple[str, str, str]]:
    """(channel and language, old path, new path) of a step's templates."""
    old, new = was.template(channel), now.template(channel) or ""
    ending, name = SUFFIXES[channel], "text" if channel is Channel.SMS else "email"
    known = list(paths)
    languages = {
        path.removeprefix(f"{sequence}/{one}").removesuffix(ending)
        for one in (old or new, new)
        for path in paths_in_every_language(sequence, one, channel, known)
    }
    for language in sorted(languages) if old else ():
        part = f"{name}, {language[1:]}" if language else name
        yield part, f"{sequence}/{old}{language}{ending}", f"{sequence}/{new}{language}{ending}"


def _passages(step: str, part: str, was: str, now: str) -> list[Difference]:
    old, new = was.split(), now.split()
    if was == now:
        return []
    if old == new:
        return [Difference(what=What.CHANGED, step=step, part=f"lines of {part}", was="as they were", now="rearranged")]
    return [
        Difference(what=What.WORDS, step=step, part=part, was=_shown(old[a:b]), now=_shown(new[c:d]))
        for a, b, c, d in _spans(old, new)
    ]


def _spans(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where the two differ, with a word before for context, and near changes as one."""
    current: tuple[int, int, int, int] | None = None
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if current and a - current[1] <= NEAR:
            current = (current[0], b, current[2], d)
            continue
        if current:
            yield current
        context = 1 if old and new and a and c else 0
        current = (a - context, b, c - context, d)
    if current:
        yield current


def _shown(words: list[str]) -> str:
    if len(words) <= LONGEST:
        return " ".join(words)
    half = LONGEST // 2
    return " ".join([*words[:half], "...", *words[-half:]])
