"""Which sequences there are: what is live, who is writing at what, and how many patients are in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from drip.core.draft import Draft
from drip.core.role import Permission
from drip.store import accounts, drafts, statistics, versions
from drip.store.database import Tx
from drip.web.console.door import Door
from drip.web.console.visit import Page, Visit


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/sequences", Permission.SEE, _sequences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sequence on the list."""

    id: str
    title: str
    is_live: bool
    number: int = 0
    approved_by: str = ""
    review_due: date | None = None
    patients: int = 0
    """In it now; of the sites that this person sees."""
    draft: Draft | None = None
    draft_by: str = ""
    changed_at: datetime
    changed_by: str


def _sequences(visit: Visit) -> Page:
    with visit.app.store.read() as tx:
        unfinished = {one.sequence: one for one in drafts.unfinished(tx)}
        names = accounts.names(tx)
        lines = [*_live(visit, tx, unfinished, names), *_new(unfinished, names, versions.live(tx))]
    today = visit.now.astimezone(visit.app.clinic.zone).date()
    values = {"sequences": sorted(lines, key=lambda one: one.id), "zone": visit.app.clinic.zone, "today": today}
    return Page(name="sequences", values=values)


def _live(visit: Visit, tx: Tx, unfinished: Mapping[str, Draft], names: Mapping[str, str]) -> Sequence[Line]:
    published = visit.app.versions.live(tx)
    told = {row.id: row for row in versions.load(tx, [one.id for one in published.values()])}
    enrolled = statistics.count_active(tx, visit.person.sites)
    lines = []
    for name, one in published.items():
        row, draft = told[one.id], unfinished.get(name)
        lines.append(
            Line(
                id=name,
                title=one.sequence.title,
                is_live=True,
                number=row.number,
                approved_by=row.approved_by,
                review_due=one.sequence.review.review_due,
                patients=enrolled.get(name, 0),
                draft=draft,
                draft_by=names.get(draft.changed_by, "") if draft else "",
                changed_at=row.published_at,
                changed_by=row.published_by,
            )
        )
    return lines


def _new(unfinished: Mapping[str, Draft], names: Mapping[str, str], live: Mapping[str, str]) -> Sequence[Line]:
    """Those that are still nothing but a draft."""
    return [
        Line(
            id=name,
            title="",
            is_live=False,
            draft=draft,
            draft_by=names.get(draft.changed_by, ""),
            changed_at=draft.changed_at,
            changed_by=names.get(draft.changed_by, ""),
        )
        for name, draft in unfinished.items()
        if name not in live
    ]
