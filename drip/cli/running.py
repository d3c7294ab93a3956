"""For running it: demo, simulate, worker, doctor."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from drip.cli.show import Complaint, out, print_json, progress, state_in_colour, table

if TYPE_CHECKING:
    from drip.app import App


def add_to(app: typer.Typer) -> None:
    """These commands."""
    for command in (demo, simulate, worker, doctor):
        app.command()(command)


def demo(
    days: Annotated[int, typer.Option(min=1, max=400, help="how long to let time pass")] = 84,
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="where to put it")] = Path("demo"),
    console: Annotated[bool, typer.Option("--console", help="the staff's pages instead, as of today")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="where the console is; 0 is any free one")] = 8000,
) -> None:
    """The real job on invented patients: twelve weeks on a virtual clock, messages into a folder; or the console."""
    if console:
        from drip.cli.demo_console import show_console

        show_console(folder, port)
    else:
        _twelve_weeks(folder, days)


def _twelve_weeks(folder: Path, days: int) -> None:
    from drip.cli.shipped import samples, shipped
    from drip.demo import START, NotOurFolder, run_demo

    home = shipped("clinic.yaml").parent
    try:
        with progress("days", days) as show:
            done = run_demo(home, samples(), folder, days=days, at_tick=lambda now, _: show((now - START).days))
    except NotOurFolder as problem:
        raise Complaint(str(problem), 2) from None
    out.print(f"{'Twelve weeks' if days == 84 else f'{days} days'} at an invented clinic", style="bold")
    out.print(
        "A key for this demo's patient data was made and thrown away: nothing in its database can be read now.",
        style="dim",
    )
    out.print(f"\n{len(done.published)} sequences published, {done.events} booking events taken in, ", end="")
    out.print(f"{done.rehearsal.ticks} ticks of the worker.\n")
    _print_people(done)
    _print_one(done)
    counts = Counter(one.state for one in done.messages)
    told = Text(", ").join(Text(f"{number} ") + state_in_colour(state) for state, number in sorted(counts.items()))
    out.print(f"\n{len(done.messages)} messages:", told)
    out.print(f"Read them as the patients would: {done.page}", soft_wrap=True)


def _print_people(done: Any) -> None:
    shown = table("patient", "emails", "texts", "first", "last", "not sent, because")
    by_patient: dict[str, list[Any]] = {}
    for one in done.messages:
        by_patient.setdefault(one.patient, []).append(one)
    for ref, name in sorted(done.names.items()):
        messages = by_patient.get(ref, [])
        went = [one for one in messages if one.accepted_at]
        emails = sum(one.channel == "email" for one in went)
        reasons = Counter(one.reason.replace("_", " ") for one in messages if one.reason and not one.accepted_at)
        first, last = (f"{went[n].accepted_at:%d %b}" if went else "" for n in (0, -1))
        why = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())
        shown.add_row(name, str(emails), str(len(went) - emails), first, last, why or ("" if went else "not enrolled"))
    out.print(shown)


def _print_one(done: Any) -> None:
    """The twelve weeks of the patient who heard most, as a calendar."""
    from drip.cli.calendar import weeks_of

    went = [one for one in done.messages if one.accepted_at]
    if went:
        ref, _ = Counter(one.patient for one in went).most_common(1)[0]
        mine = [(one.accepted_at.astimezone(done.zone), one.channel) for one in went if one.patient == ref]
        out.print(Text.assemble("\n", (done.names[ref], "bold"), ", week by week"))
        out.print(weeks_of(mine))


def simulate(
    patients: Annotated[int, typer.Option(min=1, max=1_000_000, help="how many invented patients")],
    days: Annotated[int, typer.Option(min=1, max=400, help="how long")],
    seed: Annotated[int, typer.Option(help="the same seed invents the same patients")] = 1,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="also write a page with pictures, such as report.html")
    ] = None,
    sms_price: Annotated[
        float | None, typer.Option(min=0, metavar="PRICE", help="what a part of a text costs, such as 0.04")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Invented patients through the real planner, gate and store, on a virtual clock."""
    from drip.app import read_clinic
    from drip.cli.opening import home
    from drip.pages.page import write_page
    from drip.simulation import run_simulation
    from drip.simulation.page import as_page

    with progress("days", days) as show:
        told = run_simulation(home(), patients=patients, days=days, seed=seed, at_day=show)
    if report is not None:
        write_page(report, as_page(told, read_clinic(home()).name, sms_price))
    if as_json:
        print_json(told.as_json(sms_price))
        return
    _print_report(told, sms_price)
    if report is not None:
        out.print(f"The same as a page with pictures: {report}", soft_wrap=True)


def _print_report(told: Any, sms_price: float | None) -> None:
    from drip.simulation.tables import tables

    for title, rows in tables(told, sms_price):
        shown = table(*rows[0], title=title)
        for row in rows[1:]:
            shown.add_row(*map(str, row))
        out.print(shown)
        out.print()


def worker() -> None:
    """Send what is due, for ever: the same as `python worker.py`. Stops gracefully on Ctrl-C and SIGTERM."""
    from drip.worker import run

    with opened_to_work() as (app, stop):
        run(app, stop)


@contextmanager
def opened_to_work() -> Iterator[tuple["App", threading.Event]]:
    """What a worker on this machine works with, and what tells it to stop."""
    import socket
    from os import getpid

    from drip.cli.logs import set_up_logs
    from drip.cli.opening import opened
    from drip.settings import read_settings
    from drip.worker import stop_on_signals

    set_up_logs(read_settings().log)
    host, stop = socket.gethostname(), threading.Event()
    with opened(worker=f"{host}:{getpid()}") as app:
        refuse_second_host(app, host)
        stop_on_signals(stop)
        yield app, stop


def refuse_second_host(app: Any, host: str) -> None:
    """SQLite's locks do not reach from machine to machine: two worker hosts on one file would send twice."""
    from datetime import timedelta

    from drip import clock
    from drip.store import records

    with app.store.read() as tx:
        beat_at, worker = records.last_beat(tx, "worker")
        is_recent = beat_at is not None and clock.now() - beat_at < timedelta(minutes=2)
        if is_recent and not tx.is_postgres and worker.rpartition(":")[0] != host:
            other = worker.rpartition(":")[0]
            raise Complaint(
                f"a worker on {other} uses this SQLite file; several machines need PostgreSQL: set DRIP_DATABASE_URL", 2
            )


def doctor(as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False) -> None:
    """Look at settings, database, schema, providers, clock and heartbeats, and say what to mend."""
    from drip.cli.checkup import check_up

    findings = check_up()
    if as_json:
        print_json({"checks": [{"name": one.name, "ok": one.ok, "says": one.says} for one in findings]})
    else:
        shown = table("", "what", "says")
        for one in findings:
            shown.add_row(Text("ok", "green") if one.ok else Text("mend", "bold red"), one.name, one.says)
        out.print(shown)
    worst = max((one.code for one in findings if not one.ok), default=0)
    raise typer.Exit(worst)
