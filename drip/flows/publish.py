"""Files -> live versions: immutable, known by their hash, and with a choice for people already in the sequence."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from drip.app import App, Published
from drip.content.folder import Folder, LoadedFile
from drip.content.render import TemplateSet
from drip.content.rewording import paths_in_every_language, reworded
from drip.core.comparison import Difference, compare
from drip.core.reason import Reason
from drip.core.sequence import Sequence as Written
from drip.core.signatory import is_same_person
from drip.flows.enrol import News
from drip.flows.follow import Affected, Followed, Move, follow, is_renewal
from drip.flows.reviews import done_with, note_reviews
from drip.store import audit, enrolments, patients, settling, versions
from drip.store.audit import COMMAND, Deed
from drip.store.database import Tx
from drip.store.enrolments import Pinned
from drip.store.versions import VersionRow


class InFlight(StrEnum):
    """What happens to people already in the sequence."""

    PIN = "pin"
    """They finish the version they began with."""
    FOLLOW = "follow"
    """Unsent messages take the new words and times."""
    MIGRATE = "migrate"
    """As follow, for chosen patients only."""


class CannotPublish(Exception):
    """Says which file, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """How to publish."""

    by: str
    approved_by: str
    in_flight: InFlight = InFlight.PIN
    safety_fix: bool = False
    only: frozenset[str] | None = None
    """The patients (our ids) to migrate; None means everyone."""
    sends_late: bool = False
    """Whoever follows gets what is late by the new times at the next opening, instead of not at all."""
    who: str = COMMAND
    """The account that did it, for the audit trail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What publishing one sequence came to."""

    sequence: str
    version: str
    number: int
    is_new: bool
    in_flight: int
    """People who are in the sequence now."""
    followed: int
    renewed: int = 0
    """People who take it besides, because nothing changes for them but who answers for the words."""
    was: int | None = None
    """The number of the version that was live."""
    gone: tuple[str, ...] = ()
    """Steps of the version that was live which are no longer there: renamed ones would be sent again."""
    differences: tuple[Difference, ...] = ()
    """From the version that was live."""
    changes: News = field(default_factory=News)
    people: tuple[Affected, ...] = ()
    """Everybody whose enrolment takes this version now, and what becomes of their messages."""


def publish(app: App, folder: Folder, files: Sequence[LoadedFile], how: Publication, now: datetime) -> list[Result]:
    """Make these files the live versions, all or none. The same files again change nothing."""

    return app.store.attempt(lambda tx: publish_within(app, tx, folder, files, how, now))


def publish_within(
    app: App, tx: Tx, folder: Folder, files: Sequence[LoadedFile], how: Publication, now: datetime
) -> list[Result]:
    """As `publish`, in a transaction with something else."""
    app = replace(app, versions=app.versions.apart())
    versions.lock(tx)
    ids = [file.sequence.id for file in files if file.sequence]
    # Everyone at once, in the order in which everyone locks patients; sequence by sequence could cross with others.
    patients.lock(tx, {person for sequence in ids for person in enrolments.in_sequence(tx, sequence)})
    done = [_publish(app, tx, folder, file, how, now) for file in files]
    note_reviews(app, tx, now)
    # Last: nobody else can write in the trail from here on.
    audit.write_all(tx, [deed for _, deeds in done for deed in deeds], now)
    return [result for result, _ in done]


def refusal(app: App, file: LoadedFile, how: Publication) -> str | None:
    """Why this file may not be published like this; None when it may."""
    review = file.sequence.review if file.sequence else None
    if review is None:
        return f"{file.path} has errors; run `drip check`"
    if is_same_person(how.by, how.approved_by):
        return "the person who publishes and the person who approves must be two different people"
    if is_same_person(how.approved_by, review.author):
        return f"{how.approved_by} wrote {file.path} and cannot approve it: someone else must"
    if app.live and how.approved_by and not how.by:
        return "say who publishes with --by: two people answer for what goes out live"
    if app.live and review.is_awaited:
        return f"{file.path} awaits approval: its review must name who approved it (approved_by), now that drip is live"
    if app.live and not how.approved_by:
        return (
            f"{file.path} awaits approval by a clinician of this clinic, and drip is live; name one with --approved-by"
        )
    return None


def _publish(
    app: App, tx: Tx, folder: Folder, file: LoadedFile, how: Publication, now: datetime
) -> tuple[Result, Sequence[Deed]]:
    """What it came to, and what of that is to be written down."""
    # Gather
    sequence = file.sequence
    if sequence is None:
        raise CannotPublish(f"{file.path} has errors; run `drip check`")
    before = app.versions.live(tx).get(sequence.id)
    row = _row(tx, sequence, version_files(folder, file), how, now)
    # Apply
    is_approved = bool(how.approved_by) and not versions.approved(tx, [row.id])
    versions.publish(tx, row)
    pinned = enrolments.pinned(tx, sequence.id)
    turn = _Turn(before=before, row=row, pinned=pinned, move=_move(app, tx, row, pinned, how))
    followed = follow(app, tx, turn.move, now)
    _let_go(tx, sequence.id, turn.unused, now)
    is_news = is_approved or turn.is_new or bool(turn.move.moving)
    return _result(tx, turn, followed, how), [_deed(row, turn.move, how)] if is_news else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """From the version of a sequence that was live to the one that is."""

    before: Published | None
    row: VersionRow
    pinned: Sequence[Pinned]
    """Everybody who was in it."""
    move: Move

    @property
    def is_new(self) -> bool:
        """Else the same files were live already."""
        return self.before is None or self.before.id != self.row.id

    @property
    def unused(self) -> set[str]:
        """The versions that are neither live now nor those that somebody stays in."""
        stay = {one.version for one in set(self.pinned).difference(self.move.moving)}
        was = self.before.id if self.before else self.row.id
        return {*self.move.versions, was} - {self.move.to.id, *stay}


def _result(tx: Tx, turn: _Turn, followed: Followed, how: Publication) -> Result:
    before, now_live = turn.before, turn.move.to
    everybody = {one.patient_id for one in turn.pinned}
    chosen = _chosen(everybody, how)
    return Result(
        sequence=turn.row.sequence,
        version=turn.row.id,
        number=turn.row.number,
        is_new=turn.is_new,
        in_flight=len(everybody),
        followed=len(chosen),
        renewed=len({one.patient_id for one in turn.move.moving} - chosen),
        was=_number(tx, before.id, before.sequence) if before else None,
        gone=_gone(before, now_live) if before else (),
        differences=_differences(before, now_live) if before and turn.is_new else (),
        changes=followed.changes,
        people=tuple(followed.people),
    )


def _gone(was: Published, now: Published) -> tuple[str, ...]:
    return tuple(step.id for step in was.sequence.steps if not now.sequence.step(step.id))


def _deed(row: VersionRow, move: Move, how: Publication) -> Deed:
    told = {"version": row.id[:12], "number": row.number, "in_flight": how.in_flight.value, "moved": len(move.moving)}
    marks = {"safety_fix": how.safety_fix, "sends_late": how.sends_late}
    detail = told | {name: True for name, is_so in marks.items() if is_so}
    return Deed(who=how.who, deed="published", about=f"sequence:{row.sequence}", detail=detail)


def _let_go(tx: Tx, sequence: str, unused: set[str], now: datetime) -> None:
    """What waited for a review or an approval asks again; whatever still lacks it is held back again."""
    for reason in (Reason.REVIEW_DUE, Reason.AWAITING_APPROVAL):
        settling.wake(tx, reason, sequence)
    done_with(tx, unused, now)


def _differences(was: Published, now: Published) -> tuple[Difference, ...]:
    words = reworded((was.sequence, was.templates.sources), (now.sequence, now.templates.sources))
    return (*compare(was.sequence, now.sequence), *words)


def _row(tx: Tx, sequence: Written, files: Mapping[str, str], how: Publication, now: datetime) -> VersionRow:
    version = version_id(files)
    return VersionRow(
        id=version,
        sequence=sequence.id,
        number=_number(tx, version, sequence),
        files=files,
        published_at=now,
        published_by=how.by,
        approved_by=how.approved_by,
        safety_fix=how.safety_fix,
    )


def _number(tx: Tx, version: str, sequence: Written) -> int:
    known = versions.load(tx, [version])
    return known[0].number if known else versions.number_of_newest(tx, sequence.id) + 1


def _move(app: App, tx: Tx, row: VersionRow, pinned: Sequence[Pinned], how: Publication) -> Move:
    """Who was chosen takes the version, and everybody for whom it changes nothing but who answers for the words."""
    published = app.versions.get(tx, {row.id, *(one.version for one in pinned)})
    to = published[row.id]
    renewed = {version for version, one in published.items() if is_renewal(one, to)}
    chosen = _chosen({one.patient_id for one in pinned}, how)
    takes = [one for one in pinned if one.patient_id in chosen or one.version in renewed]
    moving = [one for one in takes if one.version != row.id]
    return Move(to=to, versions=published, moving=moving, sends_late=how.sends_late)


def _chosen(people: set[str], how: Publication) -> set[str]:
    if how.safety_fix or how.in_flight is InFlight.FOLLOW:
        return people
    if how.in_flight is InFlight.MIGRATE:
        return people if how.only is None else people & how.only
    return set()


SEQUENCE = "sequence.yaml"


def version_files(folder: Folder, file: LoadedFile) -> Mapping[str, str]:
    """The sequence's YAML and every template it uses, in every language, with their includes and layout."""
    templates, sequence = TemplateSet(folder.sources), file.sequence
    if sequence is None:
        return {}
    used: set[str] = set()
    for step in sequence.steps:
        for channel in step.channels:
            name = step.template(channel) or ""
            for path in paths_in_every_language(sequence.id, name, channel, folder.sources):
                used |= templates.paths_used(path)
    return {SEQUENCE: file.text, **{path: folder.sources[path] for path in sorted(used)}}


def version_id(files: Mapping[str, str]) -> str:
    """The same files have the same id, wherever and whenever they are published."""
    return hashlib.sha256(json.dumps(dict(sorted(files.items())), ensure_ascii=False).encode()).hexdigest()


def fingerprint(folder: Folder, files: Sequence[LoadedFile]) -> str:
    """What stands for exactly these words and times: whoever approves them says which ones they saw."""
    seen = sorted(version_id(version_files(folder, file)) for file in files)
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:12]
