"""A draft handed in -> approved by somebody else, or sent back; then published. Refusals come before any write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from drip.app import App
from drip.content.finding import has_errors
from drip.content.folder import Folder
from drip.content.signature import CannotSign, Signature, signed
from drip.core.draft import SEQUENCE, Approval, Draft, Stage, approved, published, reopened
from drip.core.role import Permission, Person
from drip.core.signatory import is_same_person
from drip.flows.draft import NoDraft, all_files, check_in, folder_in
from drip.flows.publish import InFlight, Publication, Result, publish_within, refusal, version_id
from drip.store import accounts, audit, drafts, versions
from drip.store.audit import Deed
from drip.store.database import Tx


@dataclass(frozen=True, slots=True)
class Refused:
    """Why it was not done, as whoever tried is told."""

    says: str


READ_AGAIN = Refused("This has changed since you opened the page. Nothing was done: read it again.")
NOT_WAITING = Refused("This draft does not wait for that any more. Nothing was done.")
OWN_WORDS = Refused("You wrote some of this, so somebody else must approve it.")
OWN_NAME = Refused("Your name stands under this as its author, so somebody else must approve it.")
MOVED_ON = Refused(
    "Another version of this sequence has been published since this was handed in. "
    "Nothing was done: hand it in again, so that what differs from that version is read first."
)
WORDS_CHANGED = Refused(
    "Words that it shares with other sequences have changed since this was approved. "
    "Nothing was done: hand it in again, so that somebody reads them as they are now."
)
SOME_SITES = Refused(
    "This reaches patients of every site, and you see only some: somebody who sees all sites must do it."
)
HAS_ERRORS = Refused("Something in it is not right any more, so nothing was done: see what is wrong below.")
NOT_YOURS = Refused("Only its authors, and those who may approve, can publish it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What somebody had before them when they decided."""

    files: str
    """The hash of exactly these words and times, those that are shared with other sequences among them."""
    saw: int
    """Counts every change of the draft, that of what was chosen for people as well."""
    review_due: date | None = None
    """Until when they answer for it; None leaves the date that the file has."""
    registration: str = ""


def may_not_approve(app: App, tx: Tx, draft: Draft, person: Person) -> Refused | None:
    """Why this person may not approve this draft, however they go about it; None when they may."""
    theirs, names = {*draft.authors, draft.submitted_by}, accounts.names(tx)
    if person.id in theirs or any(is_same_person(person.full_name, names.get(one or "", "")) for one in theirs):
        return OWN_WORDS
    sequence = folder_in(app, tx, draft).sequences[-1].sequence
    if sequence and is_same_person(person.full_name, sequence.review.author):
        return OWN_NAME
    return SOME_SITES if person.sites else None


def as_approved(app: App, draft: Draft, person: Person, read: Read, now: datetime) -> dict[str, str]:
    """The draft's files with this person's name in their review: what approving writes. CannotSign if nothing can."""
    on = now.astimezone(app.clinic.zone).date()
    name = Signature(name=person.full_name, on=on, due=read.review_due, registration=read.registration)
    return {**draft.files, SEQUENCE: signed(draft.files.get(SEQUENCE, ""), name)}


def approve(app: App, draft_id: str, read: Read, person: Person, now: datetime) -> Draft | Refused:
    """Somebody who wrote none of it answers for exactly what they read."""
    return app.store.attempt(lambda tx: _approve(app, tx, draft_id, read, person, now))


def _approve(app: App, tx: Tx, draft_id: str, read: Read, person: Person, now: datetime) -> Draft | Refused:
    # Gather
    draft = _known(drafts.load(tx, draft_id))
    whole = all_files(folder_in(app, tx, draft), draft)
    # Decide
    why = _not_as_read(tx, draft, whole, read, Stage.SUBMITTED) or may_not_approve(app, tx, draft, person)
    if why:
        return why
    try:
        files = as_approved(app, draft, person, read, now)
    except CannotSign as problem:
        return Refused(f"{problem} Nothing was done.")
    done = approved(draft, files, Approval(by=person.id, at=now, files=version_id({**whole, **files})))
    if has_errors(check_in(app, tx, done, now)):
        return HAS_ERRORS
    # Apply
    return _keep(tx, draft, done, Deed(who=person.id, deed="draft_approved"), now) or READ_AGAIN


def send_back(app: App, draft_id: str, read: Read, note: str, person: Person, now: datetime) -> Draft | Refused:
    """Back to its authors, with what is to be different."""
    with app.store.write() as tx:
        draft = _known(drafts.load(tx, draft_id))
        whole = all_files(folder_in(app, tx, draft), draft)
        if version_id(whole) != read.files or draft.edit != read.saw:
            return READ_AGAIN
        if draft.stage not in (Stage.SUBMITTED, Stage.APPROVED):
            return NOT_WAITING
        back = reopened(draft, note)
        return _keep(tx, draft, back, Deed(who=person.id, deed="draft_sent_back"), now) or READ_AGAIN


def publish_draft(app: App, draft_id: str, read: Read, person: Person, now: datetime) -> Result | Refused:
    """Make an approved draft the live version, with what was chosen for the people who are in the sequence."""
    return app.store.attempt(lambda tx: _publish(app, tx, draft_id, read, person, now))


def _publish(app: App, tx: Tx, draft_id: str, read: Read, person: Person, now: datetime) -> Result | Refused:
    # Gather: alone from here on, so that nothing takes the live version's place meanwhile
    versions.lock(tx)
    draft = _known(drafts.load(tx, draft_id))
    folder, how = folder_in(app, tx, draft), _how(tx, draft, person)
    # Decide
    why = _not_as_read(tx, draft, all_files(folder, draft), read, Stage.APPROVED) or _may_not_publish(draft, person)
    if why in (MOVED_ON, WORDS_CHANGED):
        _keep(tx, draft, reopened(draft, why.says), Deed(who=person.id, deed="draft_approval_void"), now)
    if why:
        return why
    if has_errors(check_in(app, tx, draft, now)):
        return HAS_ERRORS
    if says := refusal(app, folder.sequences[-1], how):
        return Refused(f"It was not published: {says}.")
    # Apply
    return _become(app, tx, draft, folder, how, now) or READ_AGAIN


def _become(app: App, tx: Tx, draft: Draft, folder: Folder, how: Publication, now: datetime) -> Result | None:
    """The draft's own row first: whoever edits it meanwhile waits, and then finds it published.

    The audit trail last: nobody else can write in it from then on, and others lock their patients before they do.
    """
    done = published(draft, "", how.who, now)
    if not drafts.save(tx, done, saw=draft.edit):
        return None
    (result,) = publish_within(app, tx, folder, [folder.sequences[-1]], how, now)
    drafts.became(tx, draft.id, result.version)
    _write_down(tx, done, Deed(who=how.who, deed="draft_published"), now)
    return result


def is_void(draft: Draft, files: Mapping[str, str]) -> bool:
    """Whether it was approved with other words than these, which are all that it would be published with."""
    return draft.stage is Stage.APPROVED and (draft.approval is None or draft.approval.files != version_id(files))


def _not_as_read(tx: Tx, draft: Draft, files: Mapping[str, str], read: Read, stage: Stage) -> Refused | None:
    if draft.stage is not stage:
        return READ_AGAIN if draft.stage.is_unfinished else NOT_WAITING
    if is_void(draft, files):
        return WORDS_CHANGED
    if version_id(files) != read.files or draft.edit != read.saw:
        return READ_AGAIN
    return None if versions.live(tx).get(draft.sequence) == draft.based_on else MOVED_ON


def _may_not_publish(draft: Draft, person: Person) -> Refused | None:
    if person.sites:
        return SOME_SITES
    is_author = person.id in {*draft.authors, draft.submitted_by}
    return None if is_author or person.may(Permission.APPROVE) else NOT_YOURS


def _how(tx: Tx, draft: Draft, person: Person) -> Publication:
    """Two people answer for it: whoever publishes, or who handed it in where the approver does; and the approver."""
    approver = draft.approval.by if draft.approval else ""
    by = (draft.submitted_by or "") if person.id == approver else person.id
    names, people = accounts.names(tx), draft.choice.get(PEOPLE, SKIP)
    return Publication(
        by=names.get(by, ""),
        approved_by=names.get(approver, ""),
        in_flight=InFlight.PIN if people == PIN else InFlight.FOLLOW,
        sends_late=people == SEND,
        safety_fix=draft.choice.get(SAFETY_FIX) == "yes",
        who=person.id,
    )


PEOPLE, SAFETY_FIX = "people", "safety_fix"
"""What is chosen for those who are in the sequence: one of the three below, and whether all must follow."""

PIN, SKIP, SEND = "pin", "skip", "send"
"""They finish what they began with; they follow, and what is late is left out; or it goes at the next opening."""


def _keep(tx: Tx, was: Draft, draft: Draft, deed: Deed, now: datetime) -> Draft | None:
    """None where somebody else was quicker."""
    if not drafts.save(tx, draft, saw=was.edit):
        return None
    _write_down(tx, draft, deed, now)
    return draft


def _write_down(tx: Tx, draft: Draft, deed: Deed, now: datetime) -> None:
    told = {"sequence": draft.sequence, "edit": draft.edit}
    audit.write(tx, Deed(who=deed.who, deed=deed.deed, about=f"draft:{draft.id}", detail=told), now)


def _known(draft: Draft | None) -> Draft:
    if draft is None:
        raise NoDraft
    return draft
