"""How a patient is found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from drip.bookings.contact import email_of, phone_of
from drip.core.model import Channel
from drip.core.role import Permission
from drip.flows.called import name_of
from drip.store import addresses, enrolments, glance, names, patients
from drip.store.database import Tx
from drip.store.patients import PatientRow
from drip.store.vault import CannotUnseal
from drip.web.console.door import Door
from drip.web.console.sought import sealed, unsealed
from drip.web.console.visit import Onward, Page, Visit

PAGE = "/console/patients"

MOST = 50

LONGEST = 200
"""Characters of what is looked for."""

CANDIDATES = 400
"""Names that are unsealed to see whether they begin as the search does. A search that leaves more is too short."""


def add_to(door: Door) -> None:
    """This page. What is looked for is sent by a form, so that no name gets into an address."""
    door.page(PAGE, Permission.SEE, _search)
    door.deed(PAGE, Permission.SEE, _look_for)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Somebody who was looked for, and what they are in."""

    id: str
    ref: str = field(repr=False)
    source: str
    name: str = field(repr=False)
    born: date | None = field(repr=False)
    sequences: tuple[str, ...]
    sites: tuple[str, ...]
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Who was found, and whether there may be others."""

    rows: Sequence[PatientRow] = ()
    is_cut: bool = False
    is_sealed: bool = False
    """The record that was named cannot be unsealed."""


def _look_for(visit: Visit) -> Onward:
    """Back from a patient's page, the browser shows the list again without asking."""
    wanted = visit.form.get("q", "").strip()[:LONGEST]
    return Onward(to=f"{PAGE}?for={sealed(visit.app.store.vault, visit.session, wanted)}" if wanted else PAGE)


def _search(visit: Visit) -> Page:
    wanted = unsealed(visit.app.store.vault, visit.session, visit.query.get("for", ""))
    with visit.app.store.read() as tx:
        try:
            hits = _looked_for(visit, tx, wanted) if wanted else Hits(rows=_enrolled_last(visit, tx))
        except CannotUnseal:
            hits = Hits(is_sealed=not visit.person.sites)
        found = _beside(visit, tx, hits.rows[:MOST])
    is_more = hits.is_cut or len(hits.rows) > MOST
    values = {"wanted": wanted, "found": found, "is_more": is_more, "is_sealed": hits.is_sealed}
    return Page(name="patients", values=values | {"zone": visit.app.clinic.zone})


def _enrolled_last(visit: Visit, tx: Tx) -> Sequence[PatientRow]:
    """Whoever opens this page often looks for somebody who was here today."""
    ids = glance.enrolled_last(tx, visit.person.sites, MOST)
    rows = patients.readable(tx, ids)
    return [rows[one] for one in ids if one in rows]


def _looked_for(visit: Visit, tx: Tx, wanted: str) -> Hits:
    """By reference, else by an email address or a phone number, however it is written, else by name."""
    rows = patients.find(tx, wanted)
    channel = Channel.EMAIL if "@" in wanted else Channel.SMS
    address = email_of(wanted) if "@" in wanted else phone_of(wanted, visit.app.clinic.country)
    if not rows and address:
        rows = list(patients.readable(tx, addresses.patients_at(tx, channel, address)[:CANDIDATES]).values())
    seen = may_see(visit, tx, [row.id for row in rows])
    rows = [row for row in rows if row.id in seen and row.source != patients.STAFF]
    return Hits(rows=rows) if rows or address else _named(visit, tx, names.words_in(wanted))


def _named(visit: Visit, tx: Tx, words: Sequence[str]) -> Hits:
    """Everybody in whose name each of these words stands, or begins one."""
    found: dict[str, PatientRow] = {}
    is_cut = False
    for whole in (True, False) if words else ():  # a long word as it stands first: many may begin as it does
        most = MOST + 1 if names.are_indexed(words, whole=whole) else CANDIDATES
        ids = names.with_words(tx, words, visit.person.sites, most, whole=whole)
        rows = patients.readable(tx, [one for one in ids if one not in found])
        found |= {one: row for one, row in rows.items() if names.matches(row.patient.facts, words)}
        is_cut = len(ids) == most
        if len(found) > MOST or max(map(len, words)) <= names.LONGEST:
            break
    in_order = sorted(found.values(), key=lambda row: names.words_of(row.patient.facts)[::-1])
    return Hits(rows=in_order, is_cut=is_cut)


def may_see(visit: Visit, tx: Tx, patient_ids: Sequence[str]) -> frozenset[str]:
    """Those of these patients whom this person may see: of their sites, or all."""
    if not visit.person.sites:
        return frozenset(patient_ids)
    return enrolments.at_sites(tx, patient_ids, visit.person.sites)


def _beside(visit: Visit, tx: Tx, rows: Sequence[PatientRow]) -> Sequence[Found]:
    """As the list shows them. A site of theirs that this person does not see is not named."""
    looks = glance.look(tx, [row.id for row in rows])
    titles = {name: one.sequence.title for name, one in visit.app.versions.live(tx).items()}
    return [
        Found(
            id=row.id,
            ref=row.ref,
            source=row.source,
            name=name_of(row),
            born=_born(row),
            sequences=tuple(titles.get(one, one) for one in looks[row.id].sequences),
            sites=tuple(visit.app.clinic.site(one).name for one in looks[row.id].sites if visit.person.sees(one)),
            next_at=looks[row.id].next_at,
        )
        for row in rows
    ]


def _born(row: PatientRow) -> date | None:
    told = row.patient.facts.get("date_of_birth")
    return date.fromisoformat(told) if isinstance(told, str) and told else None
