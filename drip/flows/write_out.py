"""Live versions -> files in a clinic's folder, so that what was published in the console stands there too."""

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from drip.content.folder import Folder, LoadedFile
from drip.core.draft import SEQUENCE
from drip.core.lag import lags
from drip.flows.publish import version_files, version_id
from drip.store import drafts, versions
from drip.store.database import Tx
from drip.store.versions import VersionRow


class Fate(StrEnum):
    """What becomes of a file."""

    CREATED = "created"
    CHANGED = "changed"
    """It was as an earlier version has it."""
    UNCHANGED = "unchanged"
    KEPT = "kept"
    """It holds what no version has: writing over it would lose that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneFile:
    """A file as it is live, and what becomes of the one in the folder."""

    path: str
    fate: Fate
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Words that sequences share, and have differently: one file cannot be both."""

    path: str
    versions: Sequence[tuple[str, int]]
    """Sequences whose live version has it otherwise than it is written, with their numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOut:
    """What writing out comes to."""

    files: Sequence[OneFile]
    conflicts: Sequence[Conflict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A sequence whose files lack what its live version brought."""

    sequence: str
    number: int


class CannotWrite(Exception):
    """A file would stand outside the folder."""


def plan(tx: Tx, folder: Folder, only: Collection[str] = ()) -> WriteOut:
    """What each file would be; of these sequences only, if any are named. Nothing is written."""
    live = sorted(versions.load(tx, versions.live(tx).values()), key=lambda one: (one.published_at, one.number))
    named = {file.sequence.id: file.path for file in folder.sequences if file.sequence}
    texts = _by_path(live, named)
    present = {file.path: file.text for file in folder.sequences}
    present |= {f"templates/{path}": text for path, text in folder.sources.items()}
    wanted = {path for path, of in texts.items() if not only or any(one.sequence in only for one, _ in of)}
    chosen = {path: _chosen([text for _, text in texts[path]], present.get(path)) for path in sorted(wanted)}
    earlier = _earlier(tx, [one for path in wanted for one, text in texts[path] if present.get(path) != text], named)
    files = [_one(folder.home, path, text, present.get(path), earlier) for path, text in chosen.items()]
    return WriteOut(files=files, conflicts=list(_conflicts(texts, chosen)))


def write(home: Path, done: WriteOut, *, force: bool = False) -> None:
    """Write what is not as it should be; with `force`, also over what no version has."""
    wanted = {Fate.CREATED, Fate.CHANGED, *([Fate.KEPT] if force else [])}
    for one in done.files:
        if one.fate in wanted:
            _write(_inside(home, one.path), one.text)


def behind(tx: Tx, folder: Folder, files: Sequence[LoadedFile]) -> list[Behind]:
    """Which of these files lack what a draft brought that was published in the console: an older text, it seems."""
    mine = {file.sequence.id: version_files(folder, file) for file in files if file.sequence}
    live = {name: one for name, one in versions.live(tx).items() if name in mine and version_id(mine[name]) != one}
    based_on = drafts.behind(tx, live.values())
    rows = {row.id: row for row in versions.load(tx, {*based_on, *(one for one in based_on.values() if one)})}
    found = [(rows[version], rows[was].files if was else {}) for version, was in based_on.items()]
    late = [now for now, was in found if lags(was, now.files, mine[now.sequence])]
    return [Behind(sequence=one.sequence, number=one.number) for one in sorted(late, key=lambda row: row.sequence)]


Texts: TypeAlias = Mapping[str, Sequence[tuple[VersionRow, str]]]


def _by_path(rows: Sequence[VersionRow], named: Mapping[str, str]) -> Texts:
    """By where a file stands in the folder, what each version has there."""
    found: dict[str, list[tuple[VersionRow, str]]] = {}
    for row in rows:
        for path, text in row.files.items():
            found.setdefault(_place(row.sequence, path, named), []).append((row, text))
    return found


def _place(sequence: str, path: str, named: Mapping[str, str]) -> str:
    """A sequence's file keeps the name that it has in the folder."""
    return named.get(sequence, f"sequences/{sequence}.yaml") if path == SEQUENCE else f"templates/{path}"


def _chosen(texts: Sequence[str], present: str | None) -> str:
    """What versions differ in stays as it is, if one of them has it so; else as it was published last."""
    return present if present is not None and present in texts else texts[-1]


def _earlier(tx: Tx, rows: Sequence[VersionRow], named: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    """By where a file stands, every text that a version of these sequences ever had there."""
    ids = [line.id for sequence in {row.sequence for row in rows} for line in versions.of_sequence(tx, sequence)]
    texts = _by_path(versions.load(tx, ids), named) if ids else {}
    return {path: frozenset(text for _, text in of) for path, of in texts.items()}


def _one(home: Path, path: str, text: str, present: str | None, earlier: Mapping[str, frozenset[str]]) -> OneFile:
    if present is None:
        fate = Fate.KEPT if _inside(home, path).exists() else Fate.CREATED
    elif present == text:
        fate = Fate.UNCHANGED
    else:
        fate = Fate.CHANGED if present in earlier.get(path, ()) else Fate.KEPT
    return OneFile(path=path, fate=fate, text=text)


def _conflicts(texts: Texts, chosen: Mapping[str, str]) -> Iterator[Conflict]:
    for path, text in chosen.items():
        others = [(row.sequence, row.number) for row, own in texts[path] if own != text]
        if others:
            yield Conflict(path=path, versions=sorted(others))


def _inside(home: Path, path: str) -> Path:
    """Where a file stands: never outside the folder, whatever it is called and wherever a link leads."""
    target = home / path
    if ".." in Path(path).parts or not target.resolve().is_relative_to(home.resolve()):
        raise CannotWrite(path)
    return target


def _write(target: Path, text: str) -> None:
    """Whole or not at all: nobody reads half a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".drip-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
