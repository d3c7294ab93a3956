"""A draft before whoever approves it: what differs, how it reads, whom it reaches; and the decisions about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from drip.content.finding import has_errors
from drip.content.signature import CannotSign
from drip.content.word_diff import Piece, pieces
from drip.core import typed
from drip.core.draft import LONGEST_NOTE, SEQUENCE, Draft, Stage
from drip.core.effect import Fate
from drip.core.role import Permission
from drip.core.whom import whom
from drip.flows import approval, draft
from drip.flows.approval import PEOPLE, PIN, SAFETY_FIX, SEND, SKIP, Read, Refused, as_approved
from drip.flows.draft import Conflict, Handing, NoDraft, NotReady
from drip.flows.follow import tally
from drip.flows.foresight import Foresight
from drip.flows.reading import Reading, as_read, read_draft
from drip.flows.titles import titles
from drip.store import accounts, drafts
from drip.store.database import Tx
from drip.store.drafts import Submitted
from drip.web.console.door import Door
from drip.web.console.pages import moment
from drip.web.console.sequence import MISSING
from drip.web.console.visit import Answer, Framed, Onward, Page, Visit

YEAR = timedelta(days=365)

CHOICES = {
    SKIP: "They take the new words and times. What is late by the new times is left out.",
    SEND: "They take the new words and times. What is late by the new times goes at the next opening.",
    PIN: "They finish the version they began with.",
}

FATES: Mapping[Fate, str] = {
    Fate.UNCHANGED: "unchanged",
    Fate.REWORDED: "new words",
    Fate.EARLIER: "earlier",
    Fate.LATER: "later",
    Fate.NEW: "new",
    Fate.REMOVED: "not sent any more",
    Fate.MISSED: "late already",
    Fate.LEFT_OUT: "left out",
}


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/drafts/{id}/review", Permission.SEE, _review)
    door.page("/console/drafts/{id}/review/email", Permission.SEE, _email)
    door.deed("/console/drafts/{id}/submit", Permission.WRITE, _submit)
    door.deed("/console/drafts/{id}/approve", Permission.APPROVE, _approve)
    door.deed("/console/drafts/{id}/send-back", Permission.APPROVE, _send_back)
    door.deed("/console/drafts/{id}/publish", Permission.WRITE, _publish)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A draft that waits for somebody to approve it."""

    draft: Submitted
    by: str
    is_own: bool
    """Whoever is signed in wrote some of it."""


def waiting_for_approval(visit: Visit, tx: Tx) -> Sequence[Waiting]:
    """What waits for those who may approve, longest first; for everybody else, nothing."""
    if not visit.person.may(Permission.APPROVE):
        return ()
    waits = drafts.submitted(tx)
    names = accounts.names(tx)
    return [
        Waiting(
            draft=one,
            by=names.get(one.by, "an account that is gone"),
            is_own=visit.person.id in {*one.authors, one.by},
        )
        for one in waits
    ]


def _review(visit: Visit) -> Page:
    return _shown(visit)


def _shown(visit: Visit, refused: str = "") -> Page:
    with visit.app.store.read() as tx:
        one = drafts.load(tx, visit.path["id"])
        if one is None:
            return MISSING
        reading = read_draft(visit.app, tx, one, visit.person, visit.now)
        values = _values(visit, tx, reading)
    return Page(name="review", values=values | {"wrong": refused}, status=409 if refused else 200)


def _values(visit: Visit, tx: Tx, reading: Reading) -> dict[str, object]:
    one, zone = reading.draft, visit.app.clinic.zone
    names = accounts.names(tx)
    waits = one.stage is Stage.SUBMITTED
    return {
        "reading": reading,
        "draft": one,
        "names": names,
        "title": reading.version.sequence.title if reading.version else one.sequence,
        "steps": reading.version.sequence.steps if reading.version else (),
        "has_errors": has_errors(list(reading.findings)),
        "whom": _whom(visit, tx, reading),
        "fates": _fates(reading.foresight),
        "choices": CHOICES,
        "chosen": one.choice.get(PEOPLE, SKIP),
        "is_safety_fix": one.choice.get(SAFETY_FIX) == "yes",
        "writes": _writes(visit, reading) if waits else (),
        "due": _due(visit, reading),
        "today": visit.now.astimezone(zone).date(),
        "handed_in": moment(one.submitted_at, zone) if one.submitted_at else "",
        "approved": moment(one.approval.at, zone) if one.approval else "",
        "may_approve": visit.person.may(Permission.APPROVE),
    }


def _whom(visit: Visit, tx: Tx, reading: Reading) -> Mapping[str, str]:
    """Whom it enrols from its publication on, and whom the live one does if that is otherwise."""
    if reading.version is None or not reading.draft.stage.is_unfinished:
        return {}
    live, named = visit.app.versions.live(tx), titles(visit.app, tx)
    told = {"now": whom(reading.version.sequence, named)}
    was = whom(live[reading.draft.sequence].sequence, named) if reading.draft.sequence in live else told["now"]
    return told if was == told["now"] else told | {"was": was}


def _fates(seen: Foresight) -> Mapping[str, object]:
    """A row for each step and a column for whatever becomes of any message."""
    counts = tally(seen.skipped)
    columns = [fate for fate in Fate if any(of_step[fate] for of_step in counts.values())]
    rows = [(step, [of_step[fate] for fate in columns]) for step, of_step in counts.items()]
    totals = [(FATES[fate], sum(of_step[fate] for of_step in counts.values())) for fate in columns]
    return {"columns": [FATES[fate] for fate in columns], "rows": rows, "totals": totals}


def _writes(visit: Visit, reading: Reading) -> list[Piece]:
    """What approving changes in the file itself."""
    read = Read(files=reading.hash, saw=reading.draft.edit, review_due=_due(visit, reading))
    try:
        after = as_approved(visit.app, reading.draft, visit.person, read, visit.now)[SEQUENCE]
    except CannotSign:
        return []
    return pieces(reading.draft.files[SEQUENCE], after)


def _due(visit: Visit, reading: Reading) -> date:
    """Until when they would answer for it: what the file says if that is ahead, else a year."""
    today = visit.now.astimezone(visit.app.clinic.zone).date()
    due = reading.version.sequence.review.review_due if reading.version else None
    return due if due and due > today else today + YEAR


def _email(visit: Visit) -> Answer:
    """One email, as an invented patient would get it: in a frame that lets nothing out."""
    path = visit.query.get("path", "")
    with visit.app.store.read() as tx:
        one = drafts.load(tx, visit.path["id"])
        is_live = visit.query.get("side") == "was"
        read = as_read(visit.app, tx, one, path, is_live=is_live) if one else None
    html = read.words.html if read and read.words else None
    return Framed(html=html) if html else MISSING


def _submit(visit: Visit) -> Answer:
    choice = {PEOPLE: visit.form.get(PEOPLE, SKIP) if visit.form.get(PEOPLE) in CHOICES else SKIP}
    choice |= {SAFETY_FIX: "yes"} if visit.form.get(SAFETY_FIX) else {}
    handing = Handing(
        saw=_number(visit.form.get("edit", "")),
        note=visit.form.get("note", ""),
        choice=choice,
        over=visit.form.get("live") or None,
    )
    try:
        done = draft.submit(visit.app, visit.path["id"], handing, visit.person, visit.now)
    except NoDraft:
        return MISSING
    match done:
        case Conflict():
            return _shown(visit, approval.READ_AGAIN.says)
        case NotReady():
            return _shown(visit, "It was not handed in: what is wrong with it is to be put right first.")
        case Draft():
            return Onward(
                to=_here(visit), said="Handed in. Somebody else reads it now, and approves it or sends it back."
            )


def _approve(visit: Visit) -> Answer:
    due = _day(visit.form.get("review_due", ""))
    if due is None:
        return _shown(visit, "It was not approved: give the day on which it is to be reviewed again.")
    read = Read(
        files=visit.form.get("files", ""),
        saw=_number(visit.form.get("edit", "")),
        review_due=due,
        registration=visit.form.get("registration", "").strip()[:80],
    )
    try:
        done = approval.approve(visit.app, visit.path["id"], read, visit.person, visit.now)
    except NoDraft:
        return MISSING
    if isinstance(done, Refused):
        return _shown(visit, done.says)
    return Onward(to=_here(visit), said="Approved. It reaches patients once it is published.")


def _send_back(visit: Visit) -> Answer:
    note = typed.note(visit.form.get("note", ""), LONGEST_NOTE)
    if not note:
        return _shown(visit, "It was not sent back: say what is to be different.")
    read = Read(files=visit.form.get("files", ""), saw=_number(visit.form.get("edit", "")))
    try:
        done = approval.send_back(visit.app, visit.path["id"], read, note, visit.person, visit.now)
    except NoDraft:
        return MISSING
    if isinstance(done, Refused):
        return _shown(visit, done.says)
    return Onward(to=_here(visit), said="Sent back to its authors, with what you wrote.")


def _publish(visit: Visit) -> Answer:
    read = Read(files=visit.form.get("files", ""), saw=_number(visit.form.get("edit", "")))
    try:
        done = approval.publish_draft(visit.app, visit.path["id"], read, visit.person, visit.now)
    except NoDraft:
        return MISSING
    if isinstance(done, Refused):
        return _shown(visit, done.says)
    to = f"/console/sequences/{done.sequence}/versions"
    if not done.in_flight:
        return Onward(to=to, said=f"Version {done.number} is live. Nobody is in it yet.")
    follow = done.followed + done.renewed
    people = "1 patient takes it" if follow == 1 else f"{follow} patients take it"
    said = f"Version {done.number} is live. Of {done.in_flight} in it now, {people}."
    return Onward(to=to, said=said)


def _here(visit: Visit) -> str:
    return f"/console/drafts/{visit.path['id']}/review"


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 10 else -1


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
