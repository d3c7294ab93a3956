"""What patients wrote: what waits for an answer first, then the newest; and one patient's whole conversation."""

from datetime import datetime

from drip.core.role import Permission
from drip.flows.called import called
from drip.flows.converse import Said, conversation, replies_of
from drip.store import audit, conversations, patients
from drip.store.audit import Deed
from drip.store.conversations import Place, Whose
from drip.web.console.door import Door
from drip.web.console.patients import may_see
from drip.web.console.visit import Page, Visit

MOST = 30
MOST_WAITING = 50


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/replies", Permission.SEE, _replies)
    door.page("/console/patients/{id}/replies", Permission.SEE, _conversation)


def _replies(visit: Visit) -> Page:
    strangers = visit.query.get("who") == "unknown" and not visit.person.sites
    whose, before = Whose(sites=visit.person.sites, strangers=strangers), _before(visit)
    with visit.app.store.read() as tx:
        first = [] if before else conversations.waiting(tx, whose, limit=MOST_WAITING)
        shown = {row.id for row in first}
        rows = conversations.page(tx, whose, limit=MOST, before=before)
        waiting, others = replies_of(tx, first), replies_of(tx, [row for row in rows if row.id not in shown])
    values = {
        "waiting": waiting,
        "others": others,
        "strangers": strangers,
        "sees_strangers": not visit.person.sites,
        "older": _older(rows[-1].place, "&who=unknown" if strangers else "") if len(rows) == MOST else "",
        "zone": visit.app.clinic.zone,
    }
    return Page(name="replies", values=values)


def _conversation(visit: Visit) -> Page:
    with visit.app.store.write() as tx:  # that somebody read it is written down
        row = patients.load(tx, [visit.path["id"]]).get(visit.path["id"])
        if row is None or row.id not in may_see(visit, tx, [row.id]):
            return Page(name="nobody", status=404)
        audit.write(tx, Deed(who=visit.person.id, deed="patient_read", about=f"patient:{row.id}"), visit.now)
    with visit.app.store.read() as tx:
        said: list[Said] = conversation(visit.app, tx, row, limit=MOST, before=_before(visit))
    values = {
        "lines": said,
        "patient_id": row.id,
        "called": called(row),
        "older": _older(said[-1].place) if len(said) == MOST else "",
        "zone": visit.app.clinic.zone,
    }
    return Page(name="conversation", values=values)


def _older(before: Place, more: str = "") -> str:
    at, name = before
    return f"?before={at.timestamp():.6f}~{name}{more}"


def _before(visit: Visit) -> Place | None:
    """A place as `_older` writes it; anything else is none."""
    at, _, name = visit.query.get("before", "").partition("~")
    try:
        return datetime.fromtimestamp(float(at), visit.now.tzinfo), name
    except (ValueError, OverflowError, OSError):
        return None
