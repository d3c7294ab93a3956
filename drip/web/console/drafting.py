"""What the form's pages do alike: a draft is opened, one part of it changed and saved, and the change shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from drip.core.draft import SEQUENCE, Draft
from drip.core.lines import ChangedLine, changed_lines
from drip.core.sequence import Sequence as Written
from drip.flows import draft as flow
from drip.flows.draft import path_of, read_sequence
from drip.store import accounts, drafts, versions
from drip.web.console.visit import Visit

Files: TypeAlias = Mapping[str, str]
"""A draft's texts by their path."""

Tree: TypeAlias = Mapping[str, Any]
"""What its sequence file says, as texts, lists and mappings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """The lines of one file that a save changed."""

    path: str
    lines: Sequence[ChangedLine] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The draft as it is now, and what was changed in it."""

    draft: Draft
    changes: Sequence[FileChange] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """Somebody else has changed it since: nothing was saved."""

    draft: Draft
    """As it is now."""
    by: str


def opened(visit: Visit) -> Draft | None:
    """The draft of this page's address, while anything is still to be done with it."""
    with visit.app.store.read() as tx:
        draft = drafts.load(tx, visit.path["id"])
    return draft if draft and draft.stage.is_unfinished else None


def tree_of(draft: Draft) -> Tree | None:
    """What its sequence file says; None while that is no YAML."""
    _, root, _ = read_sequence(path_of(draft), draft.files.get(SEQUENCE, ""))
    told = root.text() if root else None
    return told if isinstance(told, dict) else None


def sequence_of(draft: Draft) -> Written | None:
    """The sequence that it says; None while anything is wrong with its file."""
    sequence, _, _ = read_sequence(path_of(draft), draft.files.get(SEQUENCE, ""))
    return sequence


def keep(visit: Visit, draft: Draft, files: Files) -> Saved | Overtaken:
    """Save what a form made of the draft, if its author saw the draft as it is. The same files again are saved."""
    if dict(files) == dict(draft.files):
        return Saved(draft=draft)
    saw = visit.form.get("saw", "")
    if saw != str(draft.edit):
        return _overtaken(visit, draft)
    outcome = flow.save(visit.app, draft.id, files, draft.edit, visit.person, visit.now)
    if isinstance(outcome, flow.Conflict):
        return _overtaken(visit, outcome.draft)
    return Saved(draft=outcome, changes=changes(draft.files, outcome.files))


def _overtaken(visit: Visit, draft: Draft) -> Overtaken:
    with visit.app.store.read() as tx:
        names = {one.person.id: one.person.full_name for one in accounts.everybody(tx)}
    return Overtaken(draft=draft, by=names.get(draft.changed_by, "somebody"))


def changes(was: Files, now: Files) -> tuple[FileChange, ...]:
    """The lines that differ, file by file, the sequence first."""
    paths = sorted({*was, *now}, key=lambda path: (path != SEQUENCE, path))
    found = (FileChange(path=path, lines=changed_lines(was.get(path, ""), now.get(path, ""))) for path in paths)
    return tuple(one for one in found if one.lines)


def live_steps(visit: Visit, draft: Draft) -> frozenset[str]:
    """The names of the steps that are live: under another name, each would be a new step."""
    live = live_version(visit, draft)
    return frozenset(step.id for step in live.steps) if live else frozenset()


def live_version(visit: Visit, draft: Draft) -> Written | None:
    """The sequence as it is live, if it is."""
    with visit.app.store.read() as tx:
        version = versions.live(tx).get(draft.sequence)
        return visit.app.versions.get(tx, [version])[version].sequence if version else None


def around(draft: Draft, view: str) -> Mapping[str, object]:
    """What every page of the form shows of its draft."""
    return {"draft": draft, "view": view, "changes": (), "errors": {}, "wrong": "", "overtaken": None}
