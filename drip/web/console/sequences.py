"""Which sequences there are, and how many patients are in each."""

from dataclasses import dataclass
from datetime import date, datetime

from drip.core.role import Permission
from drip.store import statistics, versions
from drip.web.console.door import Door
from drip.web.console.visit import Page, Visit


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/sequences", Permission.SEE, _sequences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A sequence that is live."""

    id: str
    title: str
    number: int
    published_at: datetime
    published_by: str
    approved_by: str
    review_due: date | None
    patients: int
    """In it now."""


def _sequences(visit: Visit) -> Page:
    with visit.app.store.read() as tx:
        live = versions.live(tx)
        rows = {row.sequence: row for row in versions.load(tx, live.values())}
        published = visit.app.versions.get(tx, live.values())
        enrolled = {one.sequence: one.number for one in statistics.count_enrolments(tx) if one.state == "active"}
    found = []
    for name, row in sorted(rows.items()):
        sequence = published[row.id].sequence
        found.append(
            Live(
                id=name,
                title=sequence.title,
                number=row.number,
                published_at=row.published_at,
                published_by=row.published_by,
                approved_by=row.approved_by,
                review_due=sequence.review.review_due if sequence.review else None,
                patients=enrolled.get(name, 0),
            )
        )
    today = visit.now.astimezone(visit.app.clinic.zone).date()
    return Page(name="sequences", values={"sequences": found, "zone": visit.app.clinic.zone, "today": today})
