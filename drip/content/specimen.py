"""Messages of two versions as an invented patient would read them: those that read otherwise, before and after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from drip.content.check_questions import sample_answers
from drip.content.render import RenderError, TemplateError, TemplateSet
from drip.content.samples import LONG_NAME, sample_values
from drip.content.template_use import languages, template_path
from drip.core.clinic import Clinic
from drip.core.letter import Words
from drip.core.model import Channel
from drip.core.sequence import Sequence, Step

Version: TypeAlias = tuple[Sequence, TemplateSet]
"""A sequence and its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One message as somebody invented would read it."""

    path: str
    words: Words | None = field(repr=False)
    """None where no words can be made."""
    problem: str = ""
    parts: int = 0
    """Of a text: how many it takes with the longest name, as the editor counts it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """A message that reads otherwise now."""

    step: str
    channel: Channel
    language: str | None
    """None is the clinic's own."""
    was: Specimen | None
    now: Specimen | None


def reading_otherwise(clinic: Clinic, was: Version | None, now: Version) -> list[Reads]:
    """Every message whose words differ in any way, in the order of the new steps; then those that are gone."""
    old, new = _where(was), _where(now)
    found = []
    for key in dict.fromkeys((*new, *old)):
        before, after = old.get(key), new.get(key)
        if was and before and after and _behind(was, before) == _behind(now, after):
            continue
        shown_before = specimen(clinic, was, before) if was and before else None
        shown_after = specimen(clinic, now, after) if after else None
        step, channel, language = key
        found.append(Reads(step=step, channel=channel, language=language, was=shown_before, now=shown_after))
    return found


def specimen(clinic: Clinic, version: Version, path: str) -> Specimen:
    """One template's words, for the first of the invented patients for whom there are any."""
    sequence, templates = version
    answers = sample_answers({step.ask.id: step.ask for step in sequence.steps if step.ask})
    words: list[tuple[str, Words]] = []
    problem = ""
    for name, values in sample_values(clinic, clinic.sites[0], _language(path), answers):
        try:
            words.append((name, templates.render(path, values)))
        except (RenderError, TemplateError) as wrong:
            problem = problem or str(wrong)
    parts = max((one.parts for name, one in words if name == LONG_NAME), default=0)
    return Specimen(path=path, words=words[0][1] if words else None, problem=problem, parts=parts)


def _where(version: Version | None) -> Mapping[tuple[str, Channel, str | None], str]:
    return dict(_paths(*version)) if version else {}


def _paths(sequence: Sequence, templates: TemplateSet) -> Iterator[tuple[tuple[str, Channel, str | None], str]]:
    for step in sequence.steps:
        for channel in step.channels:
            yield from _of_channel(sequence, templates, step, channel)


def _of_channel(
    sequence: Sequence, templates: TemplateSet, step: Step, channel: Channel
) -> Iterator[tuple[tuple[str, Channel, str | None], str]]:
    name = step.template(channel) or ""
    for language in languages(templates.sources, sequence.id, name, channel):
        yield (step.id, channel, language), template_path(sequence.id, name, channel, language)


def _behind(version: Version, path: str) -> frozenset[str]:
    """Everything that can change what a template says."""
    templates = version[1]
    own = templates.sources.get(path, "")
    return frozenset({own, *(templates.sources.get(one, "") for one in templates.paths_used(path) - {path})})


def _language(path: str) -> str:
    parts = path.rpartition("/")[2].split(".")
    return parts[1] if len(parts) == 4 else "en"
