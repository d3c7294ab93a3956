"""Which templates the sequences use, in which languages, and where their words are written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from drip.content.finding import Finding, Level
from drip.content.folder import LoadedFile
from drip.content.render import TemplateSet
from drip.content.slots import expand
from drip.content.template_problem import Place
from drip.core.model import Channel, Purpose
from drip.core.sequence import Sequence, Step

_FILE = re.compile(r"(?P<name>[^.]+)(?:\.(?P<language>[a-z]{2,3}(?:-[A-Za-z]{2,4})?))?\.(?P<kind>email\.md|sms\.txt)")
_GAP = re.compile(r"\{\{(?:(?!\{\{|\}\}).){0,500}\}\}", re.DOTALL)
_CONSTRUCT = re.compile(
    _GAP.pattern + r"|\{%(?:(?!\{%|%\}).){0,500}%\}|\{#(?:(?!\{#|#\}).){0,5000}#\}",
    re.DOTALL,
)
"""As long as slots.py lets them be: one that is never closed must not be looked for to the end of the file."""
_SUFFIX = {Channel.EMAIL: "email.md", Channel.SMS: "sms.txt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A template, in one language, as the steps of one sequence use it."""

    file: LoadedFile
    sequence: Sequence
    channel: Channel
    path: str
    """Below templates/."""
    texts: Mapping[str, str]
    """What is written there and in everything it includes, by path."""
    language: str | None
    purposes: frozenset[Purpose]

    @property
    def top(self) -> "Spot":
        """Where the template begins."""
        return Spot(path=self.path, line=1, column=1, words="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Some words in a template's source."""

    path: str
    line: int
    column: int
    words: str

    def finding(self, rule: str, message: str, level: Level = "error") -> Finding:
        """A finding at this place."""
        return Finding(
            path=f"templates/{self.path}", line=self.line, column=self.column, level=level, rule=rule, message=message
        )


def languages(sources: Mapping[str, str], sequence_id: str, name: str, channel: Channel) -> list[str | None]:
    """The languages a template is written in; None is the clinic's own."""
    found: list[str | None] = []
    for path in sorted(sources):
        folder, _, file = path.rpartition("/")
        match = _FILE.fullmatch(file)
        if folder == sequence_id and match and match["name"] == name and match["kind"] == _SUFFIX[channel]:
            found.append(match["language"])
    return found


def language_of(path: str) -> str | None:
    """The language that a template's name says; None for the clinic's own."""
    found = _FILE.fullmatch(path.rpartition("/")[2])
    return found["language"] if found else None


def template_path(sequence_id: str, name: str, channel: Channel, language: str | None) -> str:
    """Where the words of a step are written."""
    return f"{sequence_id}/{name}{'.' + language if language else ''}.{_SUFFIX[channel]}"


def included(path: str, sources: Mapping[str, str]) -> list[str]:
    """The shared words that a template includes, and those within them, in the order in which they are read."""
    found = expand(Place(path=path), sources.get(path, ""), sources)
    read = [piece.place.path for piece in found.pieces]
    return [one for one in dict.fromkeys((*read, *sorted(found.paths))) if one != path]


def uses(file: LoadedFile, templates: TemplateSet, sources: Mapping[str, str]) -> Iterator[Use]:
    """Every template of a sequence that there is, once per language."""
    sequence = file.sequence
    if sequence is None:
        return
    purposes: dict[tuple[Channel, str], set[Purpose]] = {}
    for step, channel, name in named(sequence.steps):
        purposes.setdefault((channel, name), set()).add(step.purpose)
    for (channel, name), found in purposes.items():
        for language in languages(sources, sequence.id, name, channel):
            path = template_path(sequence.id, name, channel, language)
            paths = [path, *sorted(templates.paths_used(path) - {path})]
            yield Use(
                file=file,
                sequence=sequence,
                channel=channel,
                path=path,
                texts={one: sources[one] for one in paths if one in sources},
                language=language,
                purposes=frozenset(found),
            )


def named(steps: tuple[Step, ...]) -> Iterator[tuple[Step, Channel, str]]:
    """Each template a step names, with its channel."""
    for step in steps:
        for channel in Channel:
            name = step.template(channel)
            if name:
                yield step, channel, name


def spots(pattern: re.Pattern[str], texts: Mapping[str, str]) -> Iterator[Spot]:
    """Where the words of sources, without their gaps and tags, match."""
    for path, source in texts.items():
        yield from _spots(pattern, path, source)


def _spots(pattern: re.Pattern[str], path: str, source: str) -> Iterator[Spot]:
    for match in pattern.finditer(_without_constructs(source)):
        yield spot(path, source, match.start(), match.group())


def in_words(source: str) -> str:
    """A source as it reads, in which each gap is one word and everything stays at its place."""
    return _without_constructs(_GAP.sub(lambda gap: "x" * len(gap.group()), source))


@lru_cache(maxsize=512)
def _without_constructs(source: str) -> str:
    """The words alone, at their places: a dozen rules look at each file, and shared files are in many."""
    return _CONSTRUCT.sub(lambda construct: re.sub(r"[^\n]", " ", construct.group()), source)


def spot(path: str, source: str, start: int, words: str) -> Spot:
    """The place that many characters into a source."""
    line = source.count("\n", 0, start) + 1
    return Spot(path=path, line=line, column=start - source.rfind("\n", 0, start), words=" ".join(words.split()))
