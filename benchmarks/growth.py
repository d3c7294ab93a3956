"""What is due among 10,000 planned rows and among 1,000,000: what a claim of 100 costs."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import text

from benchmarks.clinic import DUE, HEARD, ONE_TEXT, Database, a_clinic, expect, read, visits
from benchmarks.measure import Laps, Line
from drip.flows.enrol import apply_news
from drip.flows.take_in import take_in
from drip.store import outgoing
from drip.store.ids import new_id
from drip.store.outgoing import Lease
from tests.world import World, at

CLAIM = 100

_NUMBERS = {
    "postgresql": "SELECT n FROM generate_series(1, :rows) AS numbers (n)",
    "sqlite": "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :rows) "
    "SELECT n FROM numbers",
}
_ID = {"postgresql": "md5(id || n)", "sqlite": "lower(hex(randomblob(16)))"}
_LATER = {
    "postgresql": "CAST(:due AS timestamptz) + n * interval '1 second'",
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%S.000000Z', :due, '+' || n || ' seconds')",
}


def run(databases: list[Database], *, quick: bool) -> Iterator[Line]:
    """The same claims on a small and on a large plan."""
    for database in databases:
        slow = {}
        claims = 5 if quick else 50
        for rows in (1_000, 10_000) if quick else (10_000, 1_000_000):
            laps = _claims(database, rows, claims)
            slow[rows] = laps.milliseconds(95)
            what = f"claim of {CLAIM} among {rows:,} planned"
            note = f"p95 {slow[rows]:.1f} ms; {claims} claims"
            yield Line(what=what, database=database.name, measured=laps.milliseconds(50), unit="ms p50", note=note)
        few, many = slow
        growth = slow[many] / slow[few]
        what = f"p95 among {many:,} / {few:,}"
        yield Line(what=what, database=database.name, measured=growth, unit="x", goal=1.5, less_is_better=True)


def _claims(database: Database, rows: int, claims: int) -> Laps:
    """As many are due in a large plan as in a small one; the others go later."""
    laps = Laps()
    with a_clinic(database, ONE_TEXT) as world:
        _fill(world, rows, claims * CLAIM)
        for _ in range(claims):
            lease = Lease(owner="benchmark", token=new_id(), length=timedelta(seconds=120))
            with laps.lap(), world.store.write() as tx:
                claimed = outgoing.claim(tx, lease, at(DUE), CLAIM)
            expect(len(claimed), CLAIM)
    return laps


def _fill(world: World, rows: int, due_now: int) -> None:
    """One real message, copied: as many as will be claimed are due, each of the others a second later than the last."""
    take_in(world.app, read(world.app, visits(0, 1)), at(HEARD))
    apply_news(world.app, at(HEARD))
    name = world.store.engine.dialect.name
    copied = "enrolment_id, patient_id, sequence, version, step, position, occurrence, slot, channel, turned"
    copied += ", purpose, priority, state, reason, planned_for, expires_at, attempts"
    source = f"""
        INSERT INTO messages (id, {copied}, revision, due_at)
        SELECT {_ID[name]}, {copied}, n,
               CASE WHEN n <= :due_now THEN due_at ELSE {_LATER[name]} END
        FROM messages CROSS JOIN ({_NUMBERS[name]}) AS numbers
    """  # noqa: S608 - made of constants
    with world.store.write() as tx:
        due = at(DUE) if name == "postgresql" else f"{at(DUE):%Y-%m-%d %H:%M:%S}"
        made = tx.connection.execute(text(source), {"rows": rows, "due_now": due_now, "due": due}).rowcount
        tx.connection.execute(text("ANALYZE"))
    expect(made, rows)
