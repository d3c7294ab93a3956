"""The editor: a sequence and its words side by side with what is wrong in them, and what patients would read."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from drip.content.render import LAYOUTS
from drip.core.draft import SEQUENCE, Draft
from drip.core.role import Permission
from drip.flows.draft import Conflict, NoDraft, check, drop, folder_of, save
from drip.flows.shared_words import SharedWords, shared_in
from drip.store import accounts, drafts
from drip.web.console.door import Door
from drip.web.console.draft_files import Box, boxes, said, typed
from drip.web.console.draft_preview import choices, preview_of
from drip.web.console.drafting import opened
from drip.web.console.sequence import MISSING
from drip.web.console.visit import Answer, Onward, Page, Visit


def add_to(door: Door) -> None:
    """These pages, and the two parts of them that follow what is typed."""
    door.page("/console/drafts/{id}", Permission.WRITE, _editor)
    door.deed("/console/drafts/{id}", Permission.WRITE, _save)
    door.deed("/console/drafts/{id}/check", Permission.WRITE, _editor)
    door.deed("/console/drafts/{id}/findings", Permission.WRITE, _findings)
    door.deed("/console/drafts/{id}/preview", Permission.WRITE, _preview)
    door.deed("/console/drafts/{id}/drop", Permission.WRITE, _drop)


def _editor(visit: Visit) -> Page:
    """As it is saved, or as it was typed and not saved."""
    stored = opened(visit)
    if stored is None:
        return MISSING
    draft = typed(stored, visit.form)
    folder = folder_of(visit.app, draft)
    shown = boxes(draft, folder.sequences[-1].sequence, visit.form)
    with visit.app.store.read() as tx:
        names = accounts.names(tx)
    values = {
        "draft": draft,
        "saw": visit.form.get("saw", stored.edit),
        "is_unsaved": draft.files != stored.files,
        "changed_by": names.get(draft.changed_by, ""),
        "boxes": shown,
        "shared": _shared(visit, draft),
        "layouts": sorted(path for path in draft.files if path.startswith(LAYOUTS)),
        "zone": visit.app.clinic.zone,
        **_checked(visit, draft, shown),
        **choices(visit, folder),
        "preview": preview_of(visit, folder),
    }
    return Page(name="draft", values=values, nonce=secrets.token_urlsafe(16))


def _shared(visit: Visit, draft: Draft) -> Sequence[SharedWords]:
    """Words of others that its own include, each once."""
    found = shared_in(visit.app, draft).values()
    known = {one.path: one for each in found for one in each}
    return [known[path] for path in sorted(known)]


def _checked(visit: Visit, draft: Draft, shown: Sequence[Box]) -> Mapping[str, object]:
    findings = said(draft, check(visit.app, draft, visit.now), shown)
    errors = sum(one.level == "error" for one in findings)
    return {"findings": findings, "errors": errors, "warnings": len(findings) - errors}


def _findings(visit: Visit) -> Page:
    stored = opened(visit)
    if stored is None:
        return MISSING
    draft = typed(stored, visit.form)
    shown = boxes(draft, folder_of(visit.app, draft).sequences[-1].sequence, visit.form)
    return Page(name="draft_findings", values=_checked(visit, draft, shown))


def _preview(visit: Visit) -> Page:
    stored = opened(visit)
    if stored is None:
        return MISSING
    folder = folder_of(visit.app, typed(stored, visit.form))
    return Page(name="draft_preview", values={"preview": preview_of(visit, folder)})


def _save(visit: Visit) -> Answer:
    stored = opened(visit)
    wanted = typed(stored, visit.form) if stored else None
    saw = visit.form.get("saw", "")
    try:
        if wanted is None or not _is_edit(saw):
            raise NoDraft
        outcome = save(visit.app, visit.path["id"], wanted.files, int(saw), visit.person, visit.now)
    except NoDraft:
        return _too_late(visit)
    if isinstance(outcome, Conflict):
        return _conflict(visit, outcome.draft, wanted)
    return Onward(to=f"/console/drafts/{outcome.id}{_as_chosen(visit)}", said="Saved.")


def _as_chosen(visit: Visit) -> str:
    """What was chosen beside the preview, but for a patient: they stand in no address."""
    chosen = {name: visit.form[name] for name in ("step", "who", "language", "at") if visit.form.get(name)}
    return f"?{urlencode(chosen)}" if chosen else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A text that two people changed."""

    id: str
    path: str
    theirs: str = field(repr=False)
    mine: str = field(repr=False)


def _conflict(visit: Visit, now: Draft, mine: Draft) -> Page:
    """Both texts: nothing of what was typed is lost, and nothing of what somebody else saved."""
    paths = sorted({*now.files, *mine.files}, key=lambda path: (path != SEQUENCE, path))
    clashes = [
        Clash(id=f"c{n}", path=path, theirs=now.files.get(path, ""), mine=mine.files.get(path, ""))
        for n, path in enumerate(paths)
        if now.files.get(path, "") != mine.files.get(path, "")
    ]
    same = {path: text for path, text in mine.files.items() if path not in {one.path for one in clashes}}
    with visit.app.store.read() as tx:
        by = accounts.names(tx).get(now.changed_by, "somebody")
    values = {"draft": now, "clashes": clashes, "same": same, "by": by, "zone": visit.app.clinic.zone}
    return Page(name="draft_conflict", values=values, status=409)


def _too_late(visit: Visit) -> Page:
    """It was published or dropped meanwhile; what was typed can still be copied from the page."""
    with visit.app.store.read() as tx:
        draft = drafts.load(tx, visit.path["id"])
    if draft is None:
        return MISSING
    return _conflict(visit, draft, typed(draft, visit.form))


def _is_edit(told: str) -> bool:
    return told.isdecimal() and len(told) < 10


def _drop(visit: Visit) -> Answer:
    stored, saw = opened(visit), visit.form.get("saw", "")
    if stored is None or not _is_edit(saw):
        return MISSING
    outcome = drop(visit.app, stored.id, int(saw), visit.person, visit.now)
    if isinstance(outcome, Conflict):
        return Onward(to=f"/console/drafts/{stored.id}", said="Somebody has changed it since: it was not dropped.")
    return Onward(to="/console/sequences", said="The draft is dropped. What is live stays as it is.")
