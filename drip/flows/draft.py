"""Drafts of sequences: begun, saved, checked, handed in, dropped. Each change is one line in the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from drip.app import App, Published
from drip.content.check import check_one
from drip.content.check_questions import Hears
from drip.content.finding import Finding, has_errors
from drip.content.folder import Folder, LoadedFile
from drip.content.new_sequence import copied, is_good_id, least
from drip.content.render import LAYOUTS
from drip.content.sequence_file import load_sequence_tree
from drip.content.slots import SHARED
from drip.content.strict_yaml import Node
from drip.core.draft import SEQUENCE, Draft, Stage, changed, submitted
from drip.core.role import Person
from drip.core.sequence import Sequence as Written
from drip.flows.publish import version_files
from drip.store import audit, drafts, versions
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.drafts import AlreadyBegun
from drip.store.ids import new_id


class NoDraft(Exception):
    """There is none of that id, or no such sequence to begin one of."""


class BadName(Exception):
    """A sequence cannot be called that."""


class NameTaken(Exception):
    """There is a sequence of that name already, or somebody is writing one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSequence:
    """What is known of a sequence that nobody has written yet."""

    id: str
    title: str
    copy_of: str | None = None
    """A live sequence whose words it begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Somebody else changed the draft meanwhile: nothing was saved."""

    draft: Draft
    """As it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReady:
    """It has errors, and is for nobody to approve."""

    findings: tuple[Finding, ...]


def begin(app: App, sequence: str, person: Person, now: datetime) -> Draft:
    """A draft of a live sequence, from its live version; the one that somebody is writing, if there is one."""
    try:
        with app.store.write() as tx:
            known = drafts.unfinished_of(tx, sequence)
            if known:
                return known
            version, files = _live_files(tx, sequence)
            return _begin(tx, _new(sequence, version, files, person, now), person, now)
    except AlreadyBegun:  # by somebody else, in this moment
        with app.store.read() as tx:
            return _known(drafts.unfinished_of(tx, sequence))


def begin_new(app: App, new: NewSequence, person: Person, now: datetime) -> Draft:
    """A draft of a sequence that is new: the least that is one, or a copy. BadName, or NameTaken."""
    if not is_good_id(new.id):
        raise BadName(new.id)
    try:
        with app.store.write() as tx:
            if new.id in versions.live(tx):
                raise NameTaken(new.id)
            if new.copy_of is None:
                files = least(new.id, new.title, person.full_name)
            else:
                files = copied(_live_files(tx, new.copy_of)[1], new.copy_of, new.id, new.title)
            draft = replace(_new(new.id, None, files, person, now), authors=(person.id,))
            return _begin(tx, draft, person, now)
    except AlreadyBegun:
        raise NameTaken(new.id) from None


def save(
    app: App, draft_id: str, files: Mapping[str, str], saw: int, person: Person, now: datetime
) -> Draft | Conflict:
    """Keep these files. What is shared with other sequences stays as it was; an approval counts no longer.

    The same files again change nothing.
    """
    with app.store.write() as tx:
        draft = _known(drafts.load(tx, draft_id))
        kept = unsaved(draft, files).files
        if draft.edit != saw or not draft.stage.is_unfinished:
            return Conflict(draft=draft)
        if kept == draft.files:
            return draft
        return _keep(tx, draft, changed(draft, kept, person.id, now), Deed(who=person.id, deed="draft_saved"), now)


def unsaved(draft: Draft, files: Mapping[str, str]) -> Draft:
    """The draft as it would be with these files. A template without a word in it is none."""
    shared = {path: text for path, text in draft.files.items() if is_shared(path)}
    return replace(draft, files={**_own(draft.sequence, files), **shared})


def drop(app: App, draft_id: str, saw: int, person: Person, now: datetime) -> Draft | Conflict:
    """Nobody goes on with it. It is kept, and another may be begun."""
    with app.store.write() as tx:
        draft = _known(drafts.load(tx, draft_id))
        dropped = replace(draft, stage=Stage.DROPPED, edit=draft.edit + 1, changed_at=now, changed_by=person.id)
        if draft.edit != saw or not draft.stage.is_unfinished:
            return Conflict(draft=draft)
        return _keep(tx, draft, dropped, Deed(who=person.id, deed="draft_dropped"), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handing:
    """What is said to whoever approves a draft."""

    saw: int
    note: str = ""
    choice: Mapping[str, str] = field(default_factory=dict)
    """What is to become of the people who are in the sequence."""
    over: str | None = None
    """The version that was live when it was read: what it differs from, and takes the place of."""


def submit(app: App, draft_id: str, handing: Handing, person: Person, now: datetime) -> Draft | Conflict | NotReady:
    """Hand it to somebody else to read and approve. NotReady while anything in it is wrong."""
    with app.store.read() as tx:
        findings = check_in(app, tx, _known(drafts.load(tx, draft_id)), now)
    with app.store.write() as tx:
        draft = _known(drafts.load(tx, draft_id))
        if draft.edit != handing.saw or not draft.stage.is_unfinished:
            return Conflict(draft=draft)
        if versions.live(tx).get(draft.sequence) != handing.over:
            return Conflict(draft=draft)
        if has_errors(findings):
            return NotReady(findings=tuple(findings))
        ready = submitted(draft, handing.note, handing.choice, person.id, now)
        ready = replace(ready, based_on=handing.over)
        return _keep(tx, draft, ready, Deed(who=person.id, deed="draft_submitted"), now)


def is_shared(path: str) -> bool:
    """Words that many sequences use: they are changed in the clinic's files, where all of them can be checked."""
    return path.startswith((SHARED, LAYOUTS))


def path_of(draft: Draft) -> str:
    """Where its sequence stands in the folder."""
    return f"sequences/{draft.sequence}.yaml"


def folder_of(app: App, draft: Draft) -> Folder:
    """The clinic's folder as it would be with this draft: its own files, and every other sequence as it is live."""
    with app.store.read() as tx:
        return folder_in(app, tx, draft)


def folder_in(app: App, tx: Tx, draft: Draft) -> Folder:
    """As `folder_of`, within a transaction. The draft's own sequence is the last."""
    live = {name: one for name, one in app.versions.live(tx).items() if name != draft.sequence}
    path, text = path_of(draft), draft.files.get(SEQUENCE, "")
    sequence, root, found = read_sequence(path, text)
    others = [
        LoadedFile(path=f"sequences/{name}.yaml", text="", sequence=one.sequence) for name, one in sorted(live.items())
    ]
    return Folder(
        home=Path("."),
        clinic=app.clinic,
        sequences=(*others, LoadedFile(path=path, text=text, sequence=sequence, root=root)),
        sources={**_shared(live), **{one: words for one, words in draft.files.items() if one != SEQUENCE}},
        findings=tuple(found),
    )


def all_files(folder: Folder, draft: Draft) -> Mapping[str, str]:
    """The draft's files with the shared words that it takes from other sequences. `folder`: as it is with this draft.

    This is what somebody reads, approves and publishes: the draft's own files are only what its authors may change.
    """
    return {**version_files(folder, folder.sequences[-1]), **draft.files}


@lru_cache(maxsize=64)
def read_sequence(path: str, text: str) -> tuple[Written | None, Node | None, list[Finding]]:
    """The sequence that a text says, read once: nothing takes longer, and nobody changes what comes of it."""
    return load_sequence_tree(path, text.encode())


def check(app: App, draft: Draft, now: datetime) -> list[Finding]:
    """Everything that `drip check` would say of this draft's files, beside the others that are live."""
    with app.store.read() as tx:
        return check_in(app, tx, draft, now)


def check_in(app: App, tx: Tx, draft: Draft, now: datetime) -> list[Finding]:
    """As `check`, within a transaction."""
    folder, path = folder_in(app, tx, draft), path_of(draft)
    live = {name: one.sequence for name, one in app.versions.live(tx).items()}
    today = now.astimezone(app.clinic.zone).date()
    return [*_misnamed(folder.sequences[-1], draft), *check_one(folder, path, today, _hears(app), live)]


def _misnamed(file: LoadedFile, draft: Draft) -> list[Finding]:
    """A draft stays that of its sequence: under another name, everybody would be enrolled anew."""
    if file.sequence is None or file.sequence.id == draft.sequence:
        return []
    line, column = file.root.where(("sequence",)) if file.root else (1, 1)
    message = f"this is a draft of `{draft.sequence}`: write `sequence: {draft.sequence}`, or begin a new sequence"
    return [Finding(path=file.path, line=line, column=column, level="error", rule="draft-name", message=message)]


def _hears(app: App) -> Hears:
    """Whether what patients write back reaches us, as the providers say of themselves."""
    told = {channel: [one.ability for one in road if one.ability.is_remote] for channel, road in app.providers.items()}
    return {channel: all(one.is_two_way for one in abilities) for channel, abilities in told.items() if abilities}


def _shared(live: Mapping[str, Published]) -> Mapping[str, str]:
    """What the other live sequences share. The draft's own copy stands before these.

    Where they differ it is the copy of the sequence whose name comes first, whichever was published last.
    """
    each = [one.templates.sources for _, one in sorted(live.items(), reverse=True)]
    return {path: text for sources in each for path, text in sources.items() if is_shared(path)}


def _own(sequence: str, files: Mapping[str, str]) -> dict[str, str]:
    """What a draft may change: the sequence itself, and its own templates. Line ends as files have them."""
    return {
        path: text.replace("\r\n", "\n")
        for path, text in files.items()
        if path == SEQUENCE or (path.startswith(f"{sequence}/") and text.strip())
    }


def _live_files(tx: Tx, sequence: str) -> tuple[str, Mapping[str, str]]:
    version = versions.live(tx).get(sequence)
    if version is None:
        raise NoDraft(sequence)
    return version, versions.load(tx, [version])[0].files


def _new(sequence: str, based_on: str | None, files: Mapping[str, str], person: Person, now: datetime) -> Draft:
    return Draft(id=new_id(), sequence=sequence, based_on=based_on, files=files, changed_at=now, changed_by=person.id)


def _begin(tx: Tx, draft: Draft, person: Person, now: datetime) -> Draft:
    drafts.begin(tx, draft)
    audit.write(tx, _about(Deed(who=person.id, deed="draft_begun"), draft), now)
    return draft


def _keep(tx: Tx, was: Draft, draft: Draft, deed: Deed, now: datetime) -> Draft | Conflict:
    if not drafts.save(tx, draft, saw=was.edit):
        return Conflict(draft=_known(drafts.load(tx, was.id)))
    audit.write(tx, _about(deed, draft), now)
    return draft


def _about(deed: Deed, draft: Draft) -> Deed:
    return replace(deed, about=f"draft:{draft.id}", detail={"sequence": draft.sequence, "edit": draft.edit})


def _known(draft: Draft | None) -> Draft:
    if draft is None:
        raise NoDraft
    return draft
