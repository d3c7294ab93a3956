"""Every version of a sequence: who is in which, what differs between two, and an older one brought back."""

from collections.abc import Mapping
from typing import Any

from drip.app import BrokenVersion
from drip.content.specimen import specimen
from drip.core.role import Permission
from drip.flows.reading import compare_versions
from drip.flows.restore import restore
from drip.flows.titles import titles
from drip.store import drafts, enrolments, versions
from drip.store.database import Tx
from drip.store.drafts import AlreadyBegun
from drip.store.versions import VersionRow
from drip.web.console.door import Door
from drip.web.console.sequence import MISSING
from drip.web.console.visit import Answer, Framed, Onward, Page, Visit


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/sequences/{id}/versions", Permission.SEE, _versions)
    door.page("/console/sequences/{id}/versions/compare", Permission.SEE, _compare)
    door.page("/console/sequences/{id}/versions/email", Permission.SEE, _email)
    door.page("/console/sequences/{id}/versions/{number}", Permission.SEE, _files)
    door.deed("/console/sequences/{id}/versions/{number}/restore", Permission.WRITE, _restore)


def _versions(visit: Visit) -> Page:
    sequence = visit.path["id"]
    with visit.app.store.read() as tx:
        found = versions.of_sequence(tx, sequence)
        live = versions.live(tx).get(sequence)
        people = enrolments.count_by_version(tx, sequence, visit.person.sites)
        waiting = drafts.unfinished_of(tx, sequence)
        title = titles(visit.app, tx)[sequence]
    if not found:
        return MISSING
    values: dict[str, Any] = {"sequence": sequence, "title": title, "versions": found, "live": live, "people": people}
    return Page(name="versions", values=values | {"zone": visit.app.clinic.zone, "waiting": waiting})


def _compare(visit: Visit) -> Page:
    with visit.app.store.read() as tx:
        was, now = (_named(visit, tx, visit.query.get(side, "")) for side in ("was", "now"))
        if was is None or now is None:
            return MISSING
        compared = compare_versions(visit.app, tx, was, now)
        title = titles(visit.app, tx)[now.sequence]
    return Page(name="compare", values={"was": was, "now": now, "compared": compared, "title": title})


def _email(visit: Visit) -> Answer:
    """One email of a version, as an invented patient would get it."""
    path = visit.query.get("path", "")
    with visit.app.store.read() as tx:
        row = _named(visit, tx, visit.query.get(visit.query.get("side", ""), ""))
        if row is None or path not in row.files:
            return MISSING
        try:
            version = visit.app.versions.get(tx, [row.id])[row.id]
        except BrokenVersion:
            return MISSING
    words = specimen(visit.app.clinic, (version.sequence, version.templates), path).words
    return Framed(html=words.html) if words and words.html else MISSING


def _files(visit: Visit) -> Page:
    with visit.app.store.read() as tx:
        row = _named(visit, tx, visit.path["number"])
        if row is None:
            return MISSING
        title = titles(visit.app, tx)[row.sequence]
    values = {"row": row, "title": title, "files": _in_folder(row), "zone": visit.app.clinic.zone}
    return Page(name="version", values=values)


def _in_folder(row: VersionRow) -> Mapping[str, str]:
    """By where they stand in a clinic's folder, the sequence first."""
    first = {f"sequences/{row.sequence}.yaml": row.files["sequence.yaml"]}
    return first | {f"templates/{path}": text for path, text in sorted(row.files.items()) if path != "sequence.yaml"}


def _restore(visit: Visit) -> Answer:
    sequence, number = visit.path["id"], _number(visit.path["number"])
    here = f"/console/sequences/{sequence}/versions"
    try:
        made = restore(visit.app, sequence, number, visit.person, visit.now) if number else None
    except AlreadyBegun:
        return Onward(to=here, said="Somebody is writing a draft of it already: finish or drop that first.")
    if made is None:
        return MISSING
    said = f"Version {number} is a draft now. It goes to nobody until somebody else has approved it."
    return Onward(to=f"/console/drafts/{made.id}/review", said=said)


def _named(visit: Visit, tx: Tx, number: str) -> VersionRow | None:
    named = _number(number)
    return versions.of_number(tx, visit.path["id"], named) if named else None


def _number(typed: str) -> int | None:
    return int(typed) if typed.isdecimal() and len(typed) < 8 else None
