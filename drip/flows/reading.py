"""Two versions, or a draft and what is live -> what somebody must read before one takes the other's place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from drip.app import App, BrokenVersion, Published
from drip.content.finding import Finding
from drip.content.folder import Folder
from drip.content.render import TemplateSet
from drip.content.specimen import Reads, Specimen, reading_otherwise, specimen
from drip.content.word_diff import TextDiff, differing
from drip.core.comparison import Difference, compare
from drip.core.draft import SEQUENCE, Draft
from drip.core.role import Person
from drip.flows.approval import MOVED_ON, Refused, is_void, may_not_approve
from drip.flows.draft import all_files, check_in, folder_in
from drip.flows.foresight import Foresight, foresee
from drip.flows.publish import version_files, version_id
from drip.store import versions
from drip.store.database import Tx
from drip.store.versions import VersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What differs between two versions: step by step, word by word, and as patients read it."""

    steps: Sequence[Difference] = ()
    texts: Sequence[TextDiff] = ()
    messages: Sequence[Reads] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A draft as it is before whoever approves it."""

    draft: Draft
    hash: str
    """Stands for exactly these words and times, those that it shares with other sequences among them."""
    live: VersionRow | None
    """What it takes the place of, or took; None where the sequence is new."""
    version: Published | None
    """None while its file cannot be read."""
    findings: Sequence[Finding]
    compared: Compared
    foresight: Foresight
    refused: Refused | None
    """Why this person may not approve it."""
    has_moved_on: bool
    """Another version went live since it was begun, or handed in."""
    is_void: bool
    """It was approved with other words than these: what it shares with other sequences has changed since."""


def read_draft(app: App, tx: Tx, draft: Draft, person: Person, now: datetime) -> Reading:
    """Everything about a draft, as this person may see it."""
    is_open = draft.stage.is_unfinished
    over = versions.live(tx).get(draft.sequence) if is_open else draft.based_on
    (live,) = versions.load(tx, [over]) if over else [None]
    folder = folder_in(app, tx, draft)
    whole, (version, files) = all_files(folder, draft), _as_version(folder, draft)
    was = app.versions.get(tx, [live.id])[live.id] if live else None
    has_moved_on = is_open and draft.based_on != over
    return Reading(
        draft=draft,
        hash=version_id(whole),
        live=live,
        version=version,
        findings=check_in(app, tx, draft, now),
        compared=_compared(app, (was, live.files if live else {}), (version, files)),
        foresight=foresee(app, tx, version, person.sites, now) if version and live and is_open else Foresight(),
        refused=may_not_approve(app, tx, draft, person) or (MOVED_ON if has_moved_on else None),
        has_moved_on=has_moved_on,
        is_void=is_void(draft, whole),
    )


def as_read(app: App, tx: Tx, draft: Draft, path: str, *, is_live: bool) -> Specimen | None:
    """One of a draft's templates as an invented patient would read it, or as it is live; None if it cannot be."""
    live = app.versions.live(tx).get(draft.sequence)
    version = live if is_live else _as_version(folder_in(app, tx, draft), draft)[0]
    return specimen(app.clinic, (version.sequence, version.templates), path) if version else None


def compare_versions(app: App, tx: Tx, was: VersionRow, now: VersionRow) -> Compared:
    """What differs between two versions. The words alone, where one of them can no longer be read."""
    try:
        known = app.versions.get(tx, [was.id, now.id])
    except BrokenVersion:
        return Compared(texts=differing(was.files, now.files))
    return _compared(app, (known[was.id], was.files), (known[now.id], now.files))


def _as_version(folder: Folder, draft: Draft) -> tuple[Published | None, Mapping[str, str]]:
    """The draft as if somebody had approved it, without templates that no step uses; and its files."""
    file = folder.sequences[-1]
    if file.sequence is None or file.sequence.id != draft.sequence:
        return None, draft.files
    files = version_files(folder, file)
    words = TemplateSet({path: text for path, text in files.items() if path != SEQUENCE})
    return Published(id=version_id(files), sequence=file.sequence, templates=words, is_approved=True), files


def _compared(
    app: App, was: tuple[Published | None, Mapping[str, str]], now: tuple[Published | None, Mapping[str, str]]
) -> Compared:
    (before, old), (after, new) = was, now
    texts = differing(old, new)
    if after is None:
        return Compared(texts=texts)
    known = (before.sequence, before.templates) if before else None
    return Compared(
        steps=compare(before.sequence, after.sequence) if before else (),
        texts=texts,
        messages=reading_otherwise(app.clinic, known, (after.sequence, after.templates)),
    )
