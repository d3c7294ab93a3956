"""What came of everything that was due in a period: as pages, to print, and for a spreadsheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from markupsafe import Markup

from drip.core.funnel import Funnel, funnel
from drip.core.role import Permission
from drip.flows.tally import PART
from drip.flows.titles import titles
from drip.pages.spreadsheet import as_csv
from drip.pages.svg import Bar, bars, top_of
from drip.store import audit, records, tallies
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.web.console.door import Door
from drip.web.console.period import CHOICES, Period, read_period
from drip.web.console.report_tables import Known, Table, days_table, tables, to_patients
from drip.web.console.visit import Answer, File, Page, Visit

PAGE = "/console/reports"


def add_to(door: Door) -> None:
    """These pages."""
    door.page(PAGE, Permission.SEE, _reports)
    door.page(f"{PAGE}/{{name}}.csv", Permission.SEE, _file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything there is to say about a period."""

    period: Period
    wrong: str
    total: Funnel
    """Of what went to patients."""
    parts: int
    """Of all texts, as they are billed."""
    tables: Sequence[Table] = field(default=(), repr=False)
    days: Table = field(repr=False)
    counted_at: datetime | None


def _reports(visit: Visit) -> Page:
    told = _report(visit)
    values = {
        "told": told,
        "choices": CHOICES,
        "price": visit.app.clinic.sms_price,
        "picture": _picture(told.days),
        "zone": visit.app.clinic.zone,
        "today": _today(visit),
    }
    return Page(name="reports", values=values, status=422 if told.wrong else 200)


def _report(visit: Visit) -> Report:
    period, wrong = read_period(visit.query, _today(visit))
    first, last, sites = period.first.isoformat(), period.last.isoformat(), visit.person.sites
    with visit.app.store.read() as tx:
        counts = tallies.between(tx, first, last, sites)
        by_day = tallies.by_day(tx, first, last, sites)
        heard = tallies.heard(tx, last, sites)
        counted_at, _ = records.last_beat(tx, PART)
        known = Known(titles=titles(visit.app, tx), order=_order(visit, tx), price=visit.app.clinic.sms_price)
    return Report(
        period=period,
        wrong=wrong,
        total=funnel(to_patients(counts)),
        parts=funnel(counts).parts,
        tables=list(tables(counts, heard, known)),
        days=days_table(by_day, period.all_days),
        counted_at=counted_at,
    )


def _order(visit: Visit, tx: Tx) -> Mapping[tuple[str, str], int]:
    """Where each step of the live versions stands."""
    live = visit.app.versions.live(tx)
    return {
        (name, step.id): position
        for name, version in live.items()
        for position, step in enumerate(version.sequence.steps)
    }


def _picture(days: Table) -> Markup:
    """A column for each day. Nothing in it is anybody's words: dates and numbers."""
    columns = [
        Bar(
            says=f"{row[0]}: {one.handed_over:,} handed over, {one.failed + one.left + one.unclear:,} not",
            layers=(("took", one.handed_over), ("stayed", one.refused + one.left + one.unclear)),
        )
        for row, one in zip(days.rows, days.bars, strict=True)
    ]
    top = top_of(max((one.total for one in columns), default=0))
    return Markup(bars(columns, top, f"Messages due each day; the top line is {top:,}"))  # noqa: S704 - our own numbers


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.app.clinic.zone).date()


def _file(visit: Visit) -> Answer:
    told = _report(visit)
    found = next((one for one in (*told.tables, told.days) if one.name == visit.path["name"]), None)
    if found is None:
        return Page(name="missing", status=404)
    period = {"first": told.period.first.isoformat(), "last": told.period.last.isoformat()}
    with visit.app.store.write() as tx:
        what = Deed(who=visit.person.id, deed="report_exported", about=f"report:{found.name}", detail=period)
        audit.write(tx, what, visit.now)
    name = f"drip-{found.name}-{period['first']}-{period['last']}.csv"
    return File(name=name, body=as_csv(*found.in_file))
