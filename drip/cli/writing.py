"""For those who write: init, check, timeline, preview, publish."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from drip.cli.facts import read_facts
from drip.cli.show import FIRST_YEAR, LAST_YEAR, Complaint, note, out, print_json, read_time

NAMES = "a sequence's id, as in its file"


def add_to(app: typer.Typer) -> None:
    """These commands, in the order in which one needs them."""
    for command in (init, check, timeline, preview, publish):
        app.command()(command)


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="where to put it")]) -> None:
    """Make a new clinic's folder: clinic.yaml, the shipped sequences and templates, and .env with comments."""
    from drip.cli.shipped import copy_into

    if folder.exists() and not folder.is_dir():
        raise Complaint(f"{folder} is a file: choose a new folder", 2)
    if folder.exists() and any(folder.iterdir()):
        raise Complaint(f"{folder} is not empty: choose a new folder, or empty this one first", 2)
    copy_into(folder)
    out.print(f"Made a clinic's folder in {folder}.", style="bold")
    out.print("Next: put your own clinic into clinic.yaml, then, in that folder:")
    for line in (
        "drip check",
        "drip migrate",
        "drip publish --by 'Your Name' --approved-by 'A Colleague'",
        "drip worker",
    ):
        out.print(f"  {line}")


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="files or folders; default all")
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="print the JSON Schema of a sequence, for editors")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Check the content: one line per finding, `file:line:col: level: rule: message`."""
    from drip.cli.checking import checked, print_findings

    if schema:
        from drip.content.json_schema import as_file

        out.print(as_file(), end="", soft_wrap=True)
        return
    folder, findings = checked(paths)
    if as_json:
        errors = sum(finding.level == "error" for finding in findings)
        print_json({"findings": [finding_as_json(finding) for finding in findings], "errors": errors})
    else:
        print_findings(findings, len(folder.sequences))
    raise typer.Exit(1 if any(finding.level == "error" for finding in findings) else 0)


def finding_as_json(finding: Any) -> dict[str, Any]:
    """A finding, for editors: docs/checks.md promises these names."""
    return {
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "level": finding.level,
        "rule": finding.rule,
        "message": finding.message,
    }


def timeline(
    sequence: Annotated[str, typer.Argument(metavar="SEQUENCE", help=NAMES)],
    anchor: Annotated[str, typer.Option(help="the visit, treatment or start: 2026-06-11T10:00+01:00")],
    now: Annotated[str | None, typer.Option(help="the moment of enrolment; default the anchor")] = None,
    site: Annotated[str | None, typer.Option(help="a site's id; default the first")] = None,
    timezone: Annotated[str | None, typer.Option(help="the zone that decides; default the site's")] = None,
    patient: Annotated[Path | None, typer.Option(help="JSON with patient, appointment, treatment objects")] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="also write a calendar page with all words, such as plan.html")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Every message a sequence would send, with times and skips, without touching the database."""
    from drip.cli.calendar import print_calendar, timeline_as_json
    from drip.cli.timeline_words import words_for
    from drip.content.examples import timeline as timeline_of

    folder, clinic, loaded = find_sequence(sequence)
    typed = {"anchor": anchor, "now": now, "site": site, "timezone": timezone}
    given: dict[str, Any] = {name: value for name, value in typed.items() if value is not None}
    given |= read_facts(patient) if patient else {}
    situation = situation_for(loaded, given, clinic)
    messages = timeline_of(loaded, situation)
    if page is not None:
        words = words_for(folder, clinic, loaded, situation.anchor, given)
        _write_calendar(page, loaded, situation, messages, words)
    if as_json:
        print_json(timeline_as_json(loaded, messages, situation.hours.zone))
    else:
        print_calendar(loaded, messages, situation.hours.zone)


def _write_calendar(page: Path, sequence: Any, situation: Any, messages: Any, words: Any) -> None:
    from drip.cli.timeline_page import Timeline, as_page
    from drip.pages.page import write_page

    zone = situation.hours.zone
    shown = Timeline(sequence=sequence, messages=messages, anchor=situation.anchor, zone=zone, words=words)
    write_page(page, as_page(shown))


def situation_for(sequence: Any, given: dict[str, Any], clinic: Any) -> Any:
    """What was typed, as the planner takes it; each mistake names its option."""
    from dataclasses import replace

    from drip.content.examples import situation_of
    from drip.core.patient import zone_named

    for name in ("anchor", "now"):
        if name in given:
            given[name] = _checked_time(given[name], f"--{name}")
    if "timezone" in given and zone_named(given["timezone"]) is None:
        raise Complaint(f"--timezone {given['timezone']!r} is not a time zone: write it as Europe/London", 2)
    if "site" in given and given["site"] not in {one.id for one in clinic.sites}:
        raise Complaint(
            f"--site {given['site']!r} is not in clinic.yaml: {', '.join(one.id for one in clinic.sites)}", 2
        )
    site = clinic.site(given.get("site"))
    return replace(situation_of(sequence, given, clinic), reminds_itself=site.reminds_itself)


def _checked_time(text: str, option: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Complaint(f"{option} {text!r} is not a time: write it as 2026-06-11T10:00+01:00", 2) from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Complaint(f"{option} {text!r} must be between the years {FIRST_YEAR} and {LAST_YEAR}", 2)
    return text


def find_sequence(name: str) -> tuple[Any, Any, Any]:
    """(folder, clinic, sequence): the sequence of that id in the clinic's folder."""
    from difflib import get_close_matches

    from drip.cli.opening import clinic_of, home
    from drip.content.folder import read_folder

    folder = read_folder(home())
    clinic = clinic_of(folder.clinic, folder.home)
    for file in folder.sequences:
        if file.sequence and file.sequence.id == name:
            return folder, clinic, file.sequence
        if file.sequence is None and Path(file.path).stem == name:
            problems = [str(finding) for finding in folder.findings if finding.path == file.path]
            raise Complaint("\n".join(problems), 1)
    known = [file.sequence.id for file in folder.sequences if file.sequence]
    close = get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known) or 'none'}"
    raise Complaint(f"there is no sequence {name!r} in {folder.home / 'sequences'}: {hint}", 2)


def preview(
    sequence: Annotated[str, typer.Argument(metavar="SEQUENCE", help=NAMES)],
    step: Annotated[str, typer.Argument(metavar="STEP", help="a step's id")],
    channel: Annotated[str | None, typer.Option(help="email or sms; default the step's first")] = None,
    patient: Annotated[Path | None, typer.Option(help="JSON with patient, appointment, treatment objects")] = None,
    html: Annotated[Path | None, typer.Option(help="write the email's HTML to this file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """The words of one step, as sent."""
    from drip.cli.previewing import preview_words, print_words, words_as_json

    folder, clinic, loaded = find_sequence(sequence)
    facts = read_facts(patient) if patient else None
    used, words = preview_words(folder, clinic, loaded, step, channel, facts)
    if html:
        if words.html is None:
            raise Complaint(f"a text message has no HTML: add --channel email, or leave out --html {html}", 2)
        try:
            html.write_text(words.html)
        except OSError as problem:
            raise Complaint(f"--html {html} cannot be written: {problem.strerror}", 2) from None
        note(f"Wrote {html}")
    if as_json:
        print_json(words_as_json(loaded, step, used, words))
    else:
        print_words(used, words)


def publish(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="sequence files; default all")] = None,
    by: Annotated[str, typer.Option(help="who publishes")] = "",
    approved_by: Annotated[str, typer.Option(help="who approved the words: someone else")] = "",
    in_flight: Annotated[str, typer.Option(help="people already in it: pin, follow or migrate")] = "pin",
    patients: Annotated[str, typer.Option(help="for migrate: references with commas, or @FILE, one a line")] = "",
    late: Annotated[
        str, typer.Option(help="messages late by the new times: skip, or send at the next opening")
    ] = "skip",
    safety_fix: Annotated[bool, typer.Option("--safety-fix", help="everyone follows, whatever was chosen")] = False,
    force: Annotated[bool, typer.Option("--force", help="even over what the console published since")] = False,
    expect: Annotated[str, typer.Option(help="only the words that a dry run showed: the code that it printed")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change, and change nothing")] = False,
    now: Annotated[str | None, typer.Option(help="the moment of publishing")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Make the files the live versions. A broken file never replaces a live version."""
    from drip.cli.publication import print_publication, publication_as_json, warn_of_renamed
    from drip.cli.publishing import Wish, publish_files

    at = read_time(now, "--now")
    wish = Wish(
        by=by,
        approved_by=approved_by,
        in_flight=in_flight,
        patients=patients,
        safety_fix=safety_fix,
        expect=expect,
        late=late,
        force=force,
    )
    done = publish_files(paths, wish, dry_run, at)
    warn_of_renamed(done.results)
    if as_json:
        print_json(publication_as_json(done))
    else:
        print_publication(done)
