"""Files -> live versions: immutable, known by their hash, and with a choice for people already in the sequence."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from drip.app import App
from drip.content.folder import Folder, LoadedFile
from drip.content.render import TemplateSet
from drip.core.model import Channel
from drip.core.sequence import Sequence as Written
from drip.flows.enrol import News, replan
from drip.store import enrolments, patients, versions
from drip.store.database import Tx
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
    gone: tuple[str, ...] = ()
    """Steps of the version that was live which are no longer there: renamed ones would be sent again."""
    changes: News = field(default_factory=News)


def publish(app: App, folder: Folder, files: Sequence[LoadedFile], how: Publication, now: datetime) -> list[Result]:
    """Make these files the live versions, all or none. The same files again change nothing."""
    return app.store.attempt(lambda tx: _publish_all(app, tx, folder, files, how, now))


def _publish_all(
    app: App, tx: Tx, folder: Folder, files: Sequence[LoadedFile], how: Publication, now: datetime
) -> list[Result]:
    ids = [file.sequence.id for file in files if file.sequence]
    # Everyone at once, in the order in which everyone locks patients; sequence by sequence could cross with others.
    patients.lock(tx, {person for sequence in ids for person in enrolments.in_sequence(tx, sequence)})
    return [_publish(app, tx, folder, file, how, now) for file in files]


def refusal(app: App, file: LoadedFile, how: Publication) -> str | None:
    """Why this file may not be published like this; None when it may."""
    review = file.sequence.review if file.sequence else None
    if review is None:
        return f"{file.path} has errors; run `drip check`"
    by, approved_by, author = (_same(name) for name in (how.by, how.approved_by, review.author))
    if by and by == approved_by:
        return "the person who publishes and the person who approves must be two different people"
    if approved_by and approved_by == author:
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


def _same(name: str) -> str:
    """A name as it is compared: spaces and capitals do not make another person."""
    return " ".join(name.casefold().split())


def _publish(app: App, tx: Tx, folder: Folder, file: LoadedFile, how: Publication, now: datetime) -> Result:
    sequence = file.sequence
    if sequence is None:
        raise CannotPublish(f"{file.path} has errors; run `drip check`")
    before = app.versions.live(tx).get(sequence.id)
    row = _row(tx, sequence, version_files(folder, file), how, now)
    versions.publish(tx, row)
    people = enrolments.in_sequence(tx, sequence.id)
    moving = _moving(people, how)
    return Result(
        sequence=sequence.id,
        version=row.id,
        number=row.number,
        is_new=before is None or before.id != row.id,
        in_flight=len(people),
        followed=len(moving),
        gone=tuple(step.id for step in before.sequence.steps if not sequence.step(step.id)) if before else (),
        changes=_follow(app, tx, moving, row, now),
    )


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


def _moving(people: Sequence[str], how: Publication) -> list[str]:
    if how.safety_fix or how.in_flight is InFlight.FOLLOW:
        return list(people)
    if how.in_flight is InFlight.MIGRATE:
        return [person for person in people if how.only is None or person in how.only]
    return []


def _follow(app: App, tx: Tx, patient_ids: Sequence[str], row: VersionRow, now: datetime) -> News:
    """Unsent messages of these people take the new version's words and times; finished ones stay finished."""
    news = News()
    for start in range(0, len(patient_ids), AT_ONCE):
        chunk = patient_ids[start : start + AT_ONCE]
        keys = enrolments.data_key_rows(tx, chunk)
        of_patients = enrolments.of_patients(tx, keys).values()
        repin = {
            one.id: row.id
            for rows in of_patients
            for one in rows
            if one.sequence == row.sequence and one.state == enrolments.ACTIVE and one.version != row.id
        }
        if repin:
            news += replan(app, tx, chunk, now, repin)
    return news


AT_ONCE = 40


def version_files(folder: Folder, file: LoadedFile) -> Mapping[str, str]:
    """The sequence's YAML and every template it uses, in every language, with their includes and layout."""
    templates, sequence = TemplateSet(folder.sources), file.sequence
    if sequence is None:
        return {}
    used: set[str] = set()
    for step in sequence.steps:
        for channel in step.channels:
            for path in _in_every_language(
                templates, folder.sources, sequence.id, step.template(channel) or "", channel
            ):
                used |= templates.paths_used(path)
    return {"sequence.yaml": file.text, **{path: folder.sources[path] for path in sorted(used)}}


def _in_every_language(
    templates: TemplateSet, sources: Mapping[str, str], sequence: str, name: str, channel: Channel
) -> list[str]:
    ending = "email.md" if channel is Channel.EMAIL else "sms.txt"
    default = templates.find(sequence, name, channel, None)
    others = [path for path in sources if path.startswith(f"{sequence}/{name}.") and path.endswith(f".{ending}")]
    return sorted({*others, *([default] if default else [])})


def version_id(files: Mapping[str, str]) -> str:
    """The same files have the same id, wherever and whenever they are published."""
    return hashlib.sha256(json.dumps(dict(sorted(files.items())), ensure_ascii=False).encode()).hexdigest()
