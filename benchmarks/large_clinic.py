"""A clinic that has been at it for four months: 100,000 patients with twenty messages each, some still to come."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text

from benchmarks.burst import AT_ALL_HOURS, DUE_SOON
from benchmarks.clinic import Database, a_clinic, bookings, read, visits
from drip.clock import now as real_now
from drip.core.draft import Draft
from drip.core.role import Role
from drip.flows import staff
from drip.flows.draft import begin, save
from drip.flows.enrol import apply_news
from drip.flows.sign_in import who_is
from drip.flows.staff import NewAccount
from drip.flows.take_in import take_in
from drip.store import accounts, records
from drip.store import patients as people
from drip.store.passwords import new_secret
from drip.store.records import NewTask
from drip.web.console.sought import sealed
from tests.world import World

CLINIC = AT_ALL_HOURS
DAYS = 120
TASKS = 2_000

STEPS = "\n".join(
    f'  - {{id: step-{day}, after: {day}d, at: "10:00", {"sms" if day % 2 else "email"}: words}}'
    for day in (1, 2, 4, 6, 8, 11, 15, 20, 25, 32, 39, 46, 53, 60, 67, 74, 81, 90, 100, 110)
)

TWENTY = f"""
sequence: twenty
title: Twenty messages
purpose: care
kind: education
enrol: {{on: appointment.attended}}
anchor: appointment
steps:
{STEPS}
review: {{author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}}
"""

REMINDED = """
sequence: reminded
title: Before your visit
purpose: service
kind: service
enrol: {on: appointment.booked}
anchor: appointment
steps:
  - {id: tomorrow, before: 1d, at: "10:00", sms: words}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

WENT = """
UPDATE messages SET accepted_at = due_at, attempts = 1, attempt_id = md5(id),
       counted_on = to_char(due_at, 'YYYY-MM-DD'),
       provider = 'noop', state = CASE WHEN substr(id, 1, 2) < '04' THEN 'undelivered'
                                       WHEN substr(id, 1, 2) < '20' THEN 'accepted' ELSE 'delivered' END
WHERE state = 'planned' AND due_at < :now AND sequence = 'twenty' AND substr(id, 1, 2) >= '02'
"""
LEFT_OUT = """
UPDATE messages SET state = CASE WHEN substr(id, 1, 2) = '00' THEN 'failed' ELSE 'skipped' END,
       reason = CASE WHEN substr(id, 1, 2) = '00' THEN 'address_refused' ELSE 'capped' END
WHERE state = 'planned' AND due_at < :now AND sequence = 'twenty'
"""
ATTEMPTS = """
INSERT INTO attempts (id, message_id, number, channel, provider, contact_id, version, body_hash, started_at, asked,
                      outcome, detail, provider_ref, receipt, receipt_at)
SELECT attempt_id, m.id, 1, channel, 'noop', CASE WHEN channel = 'sms' THEN phone_contact ELSE email_contact END,
       version, md5(m.id), due_at, 0, 'accepted', '', m.id, state, due_at
FROM messages m JOIN patients p ON p.id = m.patient_id WHERE attempt_id IS NOT NULL AND m.sequence = 'twenty'
"""


ON_HOLD = """
INSERT INTO patient_pauses (patient_id, paused_at, until, who)
SELECT id, :now - mod(number, 40) * interval '1 day', CASE WHEN mod(number, 2) = 0 THEN :now + interval '9 days' END,
       'nobody'
FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM patients) AS numbered WHERE mod(number, 500) < 2
"""
"""Four patients of a thousand are paused, some of them without an end."""


LOOKED_FOR = {"a number": "p-7", "a name": "amina 77"}

ABOUT = {
    "booked": "SELECT patient_id || '/date?of=' || id FROM enrolments WHERE sequence = 'reminded'",
    "message": "SELECT id FROM messages WHERE state = 'planned' AND sequence = 'twenty' LIMIT 1",
    "sent": "SELECT id FROM messages WHERE attempt_id IS NOT NULL AND patient_id = :patient LIMIT 1",
    "failed": "SELECT id FROM messages WHERE state = 'failed' ORDER BY planned_for DESC LIMIT 1",
}
"""What pages are about, besides a patient and a draft."""

EXAMPLES = {
    "/console/drafts/{id}": "/console/drafts/{draft}",
    "/console/drafts/{id}/calendar": "/console/drafts/{draft}/calendar",
    "/console/drafts/{id}/form": "/console/drafts/{draft}/form",
    "/console/drafts/{id}/form/{name}": "/console/drafts/{draft}/form/step-8",
    "/console/drafts/{id}/form/{name}/ask": "/console/drafts/{draft}/form/step-1/ask",
    "/console/drafts/{id}/form/{name}/said": "/console/drafts/{draft}/form/step-1.words/said",
    "/console/drafts/{id}/form/{name}/remove": "/console/drafts/{draft}/form/step-8/remove",
    "/console/drafts/{id}/review": "/console/drafts/{draft}/review",
    "/console/drafts/{id}/whole": "/console/drafts/{draft}/whole",
    "/console/reports/{name}.csv": "/console/reports/steps.csv",
    "/console/sequences/{id}": "/console/sequences/twenty",
    "/console/sequences/{id}/calendar": "/console/sequences/twenty/calendar",
    "/console/sequences/{id}/versions": "/console/sequences/twenty/versions",
    "/console/sequences/{id}/versions/compare": "/console/sequences/twenty/versions/compare?was=1&now=1",
    "/console/sequences/{id}/versions/{number}": "/console/sequences/twenty/versions/1",
    "/console/patients/{id}": "/console/patients/{patient}",
    "/console/patients/{id}/replies": "/console/patients/{patient}/replies",
    "/console/letters/{id}": "/console/letters/{failed}",
    "/console/calls/{id}": "/console/calls/{failed}",
    "/console/patients/{id}/date": "/console/patients/{booked}",
    "/console/messages/{id}": "/console/messages/{message}",
    "/console/messages/{id}/words": "/console/messages/{sent}/words",
}
"""Page -> where there is one, with gaps for what it is about."""

MORE = {
    "/console/reports (90 days)": "/console/reports?days=90",
    "/console/outgoing (14 days)": "/console/outgoing?days=14",
}
"""Pages worth looking at in another way as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """The clinic, and where its pages are."""

    world: World
    token: str = field(repr=False)
    """Of somebody signed in who may see everything."""
    site_token: str = field(repr=False)
    """Of somebody signed in who sees one site."""
    patients: int
    messages: int
    examples: Mapping[str, str]
    """An address for each page that needs one."""
    more: Mapping[str, str]
    """Pages worth looking at in another way as well."""


@contextmanager
def lived_in(database: Database, patients: int) -> Iterator[Lived]:
    """The clinic, while this lasts."""
    now = real_now()
    with a_clinic(database, TWENTY, REMINDED, clinic=CLINIC) as world:
        for day in range(DAYS):
            _enrol(world, day * patients // DAYS, (day + 1) * patients // DAYS, now - timedelta(days=DAYS - day))
        _live(world, now)
        patient = _ask(world, now)
        _book(world, now)
        world.publish(DUE_SOON)  # of these, only who comes from now on has any
        token = _sign_in(world, "sam", real_now())
        yield Lived(
            world=world,
            token=token,
            site_token=_sign_in(world, "ann", real_now(), "quay"),
            patients=patients,
            messages=_count(world),
            examples=_examples(world, patient),
            more=_looked_for(world, token) | MORE,
        )


def _looked_for(world: World, token: str) -> dict[str, str]:
    session = who_is(world.app, token, real_now())
    if session is None:
        raise RuntimeError("nobody is signed in")
    return {
        f"/console/patients ({what})": f"/console/patients?for={sealed(world.store.vault, session, words)}"
        for what, words in LOOKED_FOR.items()
    }


def _enrol(world: World, first: int, end: int, on: datetime) -> None:
    told = json.loads(visits(first, end - first)) if end > first else []
    for one in told:
        one["occurred_at"] = one["appointment"]["starts_at"] = on.isoformat()
    take_in(world.app, read(world.app, json.dumps(told).encode()), on)
    apply_news(world.app, on)


def _live(world: World, now: datetime) -> None:
    """What was due has gone, as a worker would have written it down."""
    with world.store.write() as tx:
        for statement in (WENT, LEFT_OUT):
            tx.connection.execute(text(statement), {"now": now})
        tx.connection.execute(text(ATTEMPTS))
        tx.connection.execute(text(ON_HOLD), {"now": now})
    with world.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _ask(world: World, now: datetime) -> str:
    """Tasks for staff. Answers one patient of whom there is much to tell."""
    with world.store.write() as tx:
        ids = [row.id for row in tx.connection.execute(text("SELECT id FROM patients ORDER BY id LIMIT 2000"))]
        rows = people.load(tx, ids)
        tasks = [
            NewTask(key=f"bench:{one}", kind="reply", patient_id=one, data_key=rows[one].data_key, detail="Still sore.")
            for one in ids
        ]
        records.raise_tasks(tx, tasks, now)
        first = "SELECT patient_id FROM enrolments WHERE sequence = 'twenty' ORDER BY enrolled_at LIMIT 1"
        return str(tx.connection.execute(text(first)).scalar_one())


def _sign_in(world: World, name: str, now: datetime, *sites: str) -> str:
    new = NewAccount(name=name, full_name=f"{name.capitalize()} Okoro", role=Role.ADMIN, sites=sites)
    given = staff.add(world.app, new, now)
    with world.store.write() as tx:
        account = accounts.named(tx, name)
        if account is None:
            raise RuntimeError(f"{given.person.name} is not there")
        accounts.set_password(tx, account.person.id, account.password, is_given=False)
        accounts.set_secret(tx, account.person.id, new_secret())
        return accounts.begin(tx, account.person.id, now)


def _write(world: World) -> str:
    """A draft that somebody has begun, whose first step asks something."""
    with world.store.read() as tx:
        account = accounts.named(tx, "sam")
    if account is None:
        raise RuntimeError("sam is not there")
    draft = begin(world.app, "twenty", account.person, real_now())
    step, asks = "sms: words}", "sms: words, ask: {id: pain, answer: number, then: [{if: answer > 7, sms: words}]}}"
    files = {path: words.replace(step, asks, 1) for path, words in draft.files.items()}
    kept = save(world.app, draft.id, files, draft.edit, account.person, real_now())
    return kept.id if isinstance(kept, Draft) else draft.id


def _count(world: World) -> int:
    with world.store.read() as tx:
        return int(tx.connection.execute(text("SELECT count(*) FROM messages")).scalar_one())


def _book(world: World, now: datetime) -> None:
    """One visit is still to come: its date can be changed."""
    (told,) = json.loads(bookings(0, 1, f"{now + timedelta(days=30):%Y-%m-%d}", "booked"))
    told["occurred_at"] = now.isoformat()
    take_in(world.app, read(world.app, json.dumps([told]).encode()), now)
    apply_news(world.app, now)


def _examples(world: World, patient: str) -> Mapping[str, str]:
    with world.store.read() as tx:
        about = {
            name: str(tx.connection.execute(text(query), {"patient": patient}).scalar_one())
            for name, query in ABOUT.items()
        }
    about |= {"patient": patient, "draft": _write(world)}
    return {page: address.format(**about) for page, address in EXAMPLES.items()}
