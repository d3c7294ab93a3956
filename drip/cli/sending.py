"""For those who run it: migrate, ingest, tick, messages, suppress, pause, resume."""

import re
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from drip.cli.listing import message_as_json, one_patient, print_messages
from drip.cli.show import Complaint, counted, out, print_json, progress, read_time, table

if TYPE_CHECKING:
    from drip.app import App


def add_to(app: typer.Typer) -> None:
    """These commands, in the order in which one needs them."""
    for command in (migrate, ingest, tick, messages, suppress, pause, resume):
        app.command()(command)


SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
"""The name of a booking system, as in `source:ref` and in web addresses."""


def migrate() -> None:
    """Bring the database schema up to date."""
    from drip.settings import read_settings
    from drip.store import migrate as schema

    before, after = schema.migrate(read_settings().sqlalchemy_url)
    out.print(f"The schema is up to date ({after})." if before == after else f"Schema: {before or 'empty'} -> {after}.")


def ingest(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON, JSON lines or CSV; - reads standard input")],
    source: Annotated[str, typer.Option(help="who sent it")] = "generic",
    mapping: Annotated[Path | None, typer.Option(help="for CSV: which of their columns is which of ours")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="store nothing, show who would hear what")] = False,
    now: Annotated[str | None, typer.Option(help="the moment of arrival")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Take booking events into the inbox, and nothing more: the next tick enrols."""
    from drip.bookings.parsed import Parsed, Rejected
    from drip.cli.opening import opened
    from drip.flows.take_in import TakenIn, take_in

    if not SOURCE.fullmatch(source) or source == "drip":
        raise Complaint(f"--source {source!r}: choose lower-case letters, digits, - and _, and not drip itself", 2)
    at = read_time(now, "--now")
    with opened() as app:
        outcomes = _read(file, source, mapping, app.clinic)
        parsed = [one for one in outcomes if isinstance(one, Parsed)]
        rejected = [one for one in outcomes if isinstance(one, Rejected)]
        if dry_run:
            _show_dry_run(app, parsed, rejected, at, as_json)
        else:
            with progress("taking in", len(parsed)) as show:
                taken = TakenIn(0, 0)
                for start in range(0, len(parsed), 500):
                    part = take_in(app, parsed[start : start + 500], at)
                    taken = TakenIn(taken.accepted + part.accepted, taken.duplicates + part.duplicates)
                    show(start + 500)
            _show_taken(taken, rejected, as_json)
    raise typer.Exit(1 if rejected else 0)


def _read(file: str, source: str, mapping: Path | None, clinic: Any) -> list[Any]:
    from drip.bookings.registry import UnknownSourceError, reader_of

    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as problem:
        raise Complaint(f"{file} cannot be read: {problem.strerror}", 2) from None
    try:
        # A source without an adapter sends drip's own event under its own name.
        reader = reader_of(source)
    except UnknownSourceError:
        reader = reader_of("generic")
    name = "" if file == "-" else Path(file).name
    try:
        return reader(data, clinic, source, filename=name, mapping=_mapping(mapping))
    except ValueError as problem:
        raise Complaint(f"--mapping {mapping}: {problem}", 2) from None


def _mapping(path: Path | None) -> Any:
    """The mapping file: JSON or YAML, their column -> our path."""
    if path is None:
        return None
    from ruamel.yaml import YAML

    try:
        told = YAML(typ="safe", pure=True).load(path.read_text())
    except Exception as problem:
        raise Complaint(f"--mapping {path} cannot be read: {problem}", 2) from None
    if not isinstance(told, dict):
        raise Complaint(f"--mapping {path} must map their column names to ours", 2)
    return told


def _show_taken(taken: Any, rejected: list[Any], as_json: bool) -> None:
    if as_json:
        print_json({"accepted": taken.accepted, "duplicates": taken.duplicates, "rejected": _rejected_json(rejected)})
        return
    out.print(
        f"{counted(taken.accepted, 'event')} taken in, {taken.duplicates} known already, "
        f"{len({one.index for one in rejected})} rejected."
    )
    _print_rejected(rejected)


def _rejected_json(rejected: list[Any]) -> list[dict[str, Any]]:
    return [
        {"index": one.index, **({"row": one.row} if one.row else {}), "path": one.path, "message": one.message}
        for one in rejected
    ]


def _print_rejected(rejected: list[Any]) -> None:
    if rejected:
        shown = table("event", "where", "what to mend")
        for one in rejected:
            shown.add_row(f"row {one.row}" if one.row else f"no. {one.index + 1}", one.path, one.message)
        out.print(shown, style="red")


def _show_dry_run(app: Any, parsed: list[Any], rejected: list[Any], at: Any, as_json: bool) -> None:
    """The real flow, in a transaction that is rolled back."""
    from drip.flows.enrol import apply_news
    from drip.flows.take_in import take_in
    from drip.store import views

    with app.store.rehearse() as store:
        trial = replace(app, store=store)
        apply_news(trial, at)  # what waits in the inbox already is not this file's doing
        with store.read() as tx:
            before = {one.id for one in views.list_messages(tx)}
        taken = take_in(trial, parsed, at)
        news = apply_news(trial, at)
        with store.read() as tx:
            would = [one for one in views.list_messages(tx) if one.id not in before]
    if as_json:
        document = {"accepted": taken.accepted, "duplicates": taken.duplicates, "rejected": _rejected_json(rejected)}
        print_json({**document, "enrolled": news.enrolled, "messages": [message_as_json(one) for one in would]})
        return
    are = "is" if taken.accepted == 1 else "are"
    would_begin = f"{counted(news.enrolled, 'enrolment')} would begin"
    out.print(f"{counted(taken.accepted, 'event')} {are} new, {would_begin}. Nothing was stored.\n")
    if would:
        print_messages(would)
    _print_rejected(rejected)


def tick(
    now: Annotated[str | None, typer.Option(help="a virtual instant; refused when a provider reaches people")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Ask the booking systems, then do everything that is due at an instant, until nothing is."""
    from drip import clock
    from drip.cli.opening import opened
    from drip.flows.poll import poll_all
    from drip.flows.tally import tally
    from drip.flows.tick import tick as beat
    from drip.flows.tick import tick_until_done

    at = read_time(now, "--now")
    with opened() as app:
        if now and app.reaches_people:
            raise Complaint("--now is virtual time, and a provider that reaches people is configured", 2)
        poll_all(app, at)
        with progress("sending") as show:
            if now:
                counts = beat(app, at, progress=lambda counts: show(counts.claimed))
            else:
                counts = tick_until_done(app, clock.now, lambda counts: show(counts.claimed))
        # What went is said before it is counted for reports: a fault there must not hide it.
        print_json(asdict(counts)) if as_json else _print_counts(asdict(counts))
        tally(app, at)
    if counts.not_taken:
        raise Complaint(f"a provider did not take {counted(counts.not_taken, 'message')}: it will be tried again", 3)


def _print_counts(counts: dict[str, int]) -> None:
    told = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number)
    out.print(told or "Nothing was due.")


def messages(
    patient: Annotated[str | None, typer.Option(metavar="REF", help="one patient's; REF or SOURCE:REF")] = None,
    state: Annotated[str | None, typer.Option(help="planned, accepted, skipped, held, ...")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Planned and past messages."""
    from drip.cli.opening import opened
    from drip.core.lifecycle import State
    from drip.store import views

    if state is not None and state not in list(State):
        raise Complaint(f"--state {state!r}: choose from {', '.join(State)}", 2)
    with opened() as app, app.store.read() as tx:
        only = [one_patient(tx, patient).id] if patient is not None else None
        found = views.list_messages(tx, patient_ids=only, state=state)
    if as_json:
        print_json({"messages": [message_as_json(one) for one in found]})
    elif found:
        print_messages(found)
    else:
        out.print("No messages.")


def suppress(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="an email address, or a number with +")],
    reason: Annotated[str, typer.Option(help="suppressed_by_patient, bounced or complained")] = "suppressed_by_patient",
) -> None:
    """Never write to this address again, whoever is reached there."""
    from drip import clock
    from drip.cli.opening import opened
    from drip.core.reason import Reason
    from drip.flows.receive import suppress as close

    allowed = (Reason.SUPPRESSED_BY_PATIENT, Reason.BOUNCED, Reason.COMPLAINED)
    if reason not in allowed:
        raise Complaint(f"--reason {reason!r}: choose from {', '.join(allowed)}", 2)
    with opened() as app:
        news, people = close(app, _address(address, app.clinic.country), Reason(reason), clock.now())
    reached = f"{counted(people, 'patient')} reached there" if people else "nobody is known by it: is it spelt right?"
    done = "Nothing will be sent there any more" if news else "That address was closed already"
    out.print(f"{done} ({reached}).")


def _address(text: str, country: str) -> str:
    """An email address as it is, a number as E.164."""
    from drip.bookings.contact import email_of, phone_of

    found = email_of(text.strip()) if "@" in text else phone_of(text, country)
    if found is None:
        raise Complaint("that is neither an email address nor a phone number that can be read", 2)
    return found


def pause(
    sequence: Annotated[str | None, typer.Argument(metavar="[SEQUENCE]", help="default: everything")] = None,
    why: Annotated[str, typer.Option(help="for whoever asks")] = "",
) -> None:
    """Stop switch: nothing more goes, of one sequence or at all. Messages wait, and expire in their own time."""
    from drip import clock
    from drip.cli.opening import opened
    from drip.flows import switches
    from drip.store.audit import COMMAND

    with opened() as app:
        switches.pause(app, _scope(app, sequence), why, clock.now(), who=COMMAND)
    out.print(f"Paused {sequence or 'everything'}. `drip resume{' ' + sequence if sequence else ''}` goes on.")


def resume(
    sequence: Annotated[str | None, typer.Argument(metavar="[SEQUENCE]", help="default: everything")] = None,
    late: Annotated[
        str, typer.Option(metavar="skip|send", help="what becomes of messages whose day went by in the meantime")
    ] = "skip",
) -> None:
    """Lift a pause: what waits and is still useful goes at the next tick."""
    from drip import clock
    from drip.cli.opening import opened
    from drip.flows import switches
    from drip.store.audit import COMMAND

    if late not in list(switches.Late):
        raise Complaint(f"--late {late!r}: choose skip or send", 2)
    with opened() as app:
        scope = _scope(app, sequence)
        done = switches.resume(app, scope, clock.now(), who=COMMAND, late_ones=switches.Late(late))
    if done is None:
        out.print("It was not paused.")
        return
    left = f", {counted(done.skipped, 'late one')} left out" if done.skipped else ""
    out.print(f"Resumed; {counted(done.woken, 'message')} {'waits' if done.woken == 1 else 'wait'} to go{left}.")


def _scope(app: "App", sequence: str | None) -> str:
    from drip.store import versions

    if sequence is None:
        return versions.EVERYTHING
    with app.store.read() as tx:
        live = sorted(versions.live(tx))
    if sequence not in live:
        raise Complaint(f"no live sequence is called {sequence!r}: {', '.join(live) or 'none'}", 2)
    return f"sequence:{sequence}"
