"""A draft's files as fields of a form: one for the sequence itself, one for the words of each message."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from drip.content.finding import Finding
from drip.core.draft import SEQUENCE, Draft
from drip.core.model import Channel
from drip.core.sequence import Sequence as Written
from drip.flows.draft import path_of, unsaved

FIELD = "file:"
"""Before a path, in a form."""

_OWN = re.compile(r"[^/]+/(?P<name>[^./]+)(?:\.(?P<language>[A-Za-z-]+))?\.(?P<kind>email\.md|sms\.txt)")
_SUFFIXES = {"email.md": Channel.EMAIL, "sms.txt": Channel.SMS}
_ENDS = {channel: suffix for suffix, channel in _SUFFIXES.items()}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")

LANGUAGES = {"cy": "Welsh", "pl": "Polish", "ar": "Arabic", "fr": "French", "de": "German", "ur": "Urdu"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One field with a text to write in."""

    id: str
    path: str
    text: str = field(repr=False)
    label: str
    step: str = ""
    """A step that says it, if one does."""
    language: str = ""
    is_used: bool = True

    @property
    def field(self) -> str:
        """What the form calls it."""
        return FIELD + self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A finding, and which field it is about."""

    level: str
    message: str
    where: str
    line: int
    column: int
    path: str = ""
    box: str = ""
    """The id of the field, where it can be mended on this page."""


def typed(draft: Draft, form: Mapping[str, str]) -> Draft:
    """The draft as a form has it, unsaved; as it is where the form has no texts."""
    files = {name.removeprefix(FIELD): text for name, text in form.items() if name.startswith(FIELD)}
    return unsaved(draft, files) if files else draft


def boxes(draft: Draft, sequence: Written | None, form: Mapping[str, str]) -> Sequence[Box]:
    """The sequence first, then its messages in their order; an empty one for words that a step has not got yet."""
    said = _said_by(draft.sequence, sequence)
    added = _added(draft.sequence, form)
    paths = {*(path for path in draft.files if path.startswith(f"{draft.sequence}/")), *said, *added}
    order = {path: n for n, path in enumerate(said)}
    listed = sorted(paths, key=lambda path: (order.get(_plain(path), len(order)), _plain(path), path))
    whole = Box(id="f0", path=SEQUENCE, text=draft.files.get(SEQUENCE, ""), label="The sequence (YAML)")
    return [whole, *(_box(n, path, draft, said, is_known=sequence is not None) for n, path in enumerate(listed, 1))]


def _box(number: int, path: str, draft: Draft, said: Mapping[str, str], *, is_known: bool) -> Box:
    step = said.get(_plain(path), "")
    found = _OWN.fullmatch(path)
    language = (found["language"] or "") if found else ""
    return Box(
        id=f"f{number}",
        path=path,
        text=draft.files.get(path, ""),
        label=_label(path, language),
        step=step,
        language=language,
        is_used=bool(step) or not is_known,
    )


def _label(path: str, language: str) -> str:
    found = _OWN.fullmatch(path)
    if found is None:
        return path
    kind = "Email" if found["kind"] == "email.md" else "Text"
    return f"{kind} {found['name']}" + (f", {LANGUAGES.get(language, language)}" if language else "")


def _plain(path: str) -> str:
    """The same message's path in the clinic's own language."""
    found = _OWN.fullmatch(path)
    return f"{path.partition('/')[0]}/{found['name']}.{found['kind']}" if found else path


def _said_by(name: str, sequence: Written | None) -> Mapping[str, str]:
    """Each message's path, with the first step that says it, in the order of steps."""
    said: dict[str, str] = {}
    for step in sequence.steps if sequence else ():
        for channel in step.channels:
            said.setdefault(f"{name}/{step.template(channel)}.{_ENDS[channel]}", step.id)
    return said


def _added(name: str, form: Mapping[str, str]) -> Iterable[str]:
    """Words in another language that somebody is about to write."""
    found, language = _OWN.fullmatch(form.get("add_to", "")), form.get("add_language", "").strip()
    if found and form["add_to"].startswith(f"{name}/") and _LANGUAGE.fullmatch(language):
        yield f"{name}/{found['name']}.{language}.{found['kind']}"


def said(draft: Draft, findings: Iterable[Finding], shown: Sequence[Box]) -> Sequence[Said]:
    """Findings as staff read them: what is wrong first, each with where."""
    known = {one.path: one for one in shown}
    told = [_of(draft, finding, known) for finding in findings]
    return sorted(told, key=lambda one: one.level != "error")


def _of(draft: Draft, finding: Finding, known: Mapping[str, Box]) -> Said:
    path = SEQUENCE if finding.path == path_of(draft) else finding.path.removeprefix("templates/")
    box = known.get(path)
    return Said(
        level=finding.level,
        message=finding.message,
        where=f"{box.label if box else f'{path} (shared)'}, line {finding.line}",
        line=finding.line,
        column=finding.column,
        path=path,
        box=box.id if box else "",
    )
