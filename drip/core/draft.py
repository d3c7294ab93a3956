"""A draft: words and times that somebody is writing, and how far they are from being a version."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from drip.core import typed

LONGEST_NOTE = 2_000
"""Characters of what is said to whoever approves, or back to the authors."""

SEQUENCE = "sequence.yaml"
"""Where a version's files have the sequence itself; the others are its templates, by their path below templates/."""


class Stage(StrEnum):
    """How far a draft is."""

    OPEN = "open"
    SUBMITTED = "submitted"
    """Waits for somebody else to read and approve it."""
    APPROVED = "approved"
    PUBLISHED = "published"
    DROPPED = "dropped"

    @property
    def is_unfinished(self) -> bool:
        """Whether anything is still to be done with it."""
        return self in (Stage.OPEN, Stage.SUBMITTED, Stage.APPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Somebody has read exactly these files, and answers for them."""

    by: str
    """An account."""
    at: datetime
    files: str
    """The hash of what they read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is being written for one sequence."""

    id: str
    sequence: str
    based_on: str | None
    """The version that it was begun from; None for a sequence that is new."""
    files: Mapping[str, str] = field(repr=False)
    edit: int = 1
    """Counts every change: whoever saves says which one they saw."""
    authors: tuple[str, ...] = ()
    """The accounts of all who changed it, in the order in which they first did."""
    stage: Stage = Stage.OPEN
    note: str = ""
    """What was said last: to the approver, or back to the authors."""
    choice: Mapping[str, str] = field(default_factory=dict)
    """What is to become of the people who are in the sequence."""
    changed_at: datetime
    changed_by: str
    submitted_at: datetime | None = None
    submitted_by: str | None = None
    approval: Approval | None = None
    version: str | None = None
    """What it became."""


def changed(draft: Draft, files: Mapping[str, str], by: str, now: datetime) -> Draft:
    """The draft with other files. Whatever was approved before is so no longer."""
    authors = draft.authors if by in draft.authors else (*draft.authors, by)
    return replace(
        draft,
        files=dict(files),
        edit=draft.edit + 1,
        authors=authors,
        stage=Stage.OPEN,
        changed_at=now,
        changed_by=by,
        submitted_at=None,
        submitted_by=None,
        approval=None,
    )


def submitted(draft: Draft, note: str, choice: Mapping[str, str], by: str, now: datetime) -> Draft:
    """Ready to be read by somebody else."""
    return replace(
        draft,
        stage=Stage.SUBMITTED,
        note=typed.note(note, LONGEST_NOTE),
        choice=dict(choice),
        submitted_at=now,
        submitted_by=by,
        approval=None,
        edit=draft.edit + 1,
    )


def approved(draft: Draft, files: Mapping[str, str], approval: Approval) -> Draft:
    """Somebody else answers for it: `files` are what they read, with their name in it. Nobody's words but theirs."""
    return replace(draft, files=dict(files), stage=Stage.APPROVED, approval=approval, edit=draft.edit + 1)


def reopened(draft: Draft, note: str) -> Draft:
    """Back to its authors, with what was said about it. An approval counts no longer."""
    return replace(draft, stage=Stage.OPEN, note=typed.note(note, LONGEST_NOTE), approval=None, edit=draft.edit + 1)


def published(draft: Draft, version: str, by: str, now: datetime) -> Draft:
    """It has become a version, and stays as it is."""
    became = replace(draft, stage=Stage.PUBLISHED, version=version, edit=draft.edit + 1)
    return replace(became, changed_at=now, changed_by=by)
