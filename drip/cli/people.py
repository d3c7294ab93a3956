"""For those who ask about patients: explain, forecast."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drip.cli.listing import message_as_json, one_patient, print_messages
from drip.cli.show import counted, out, print_json, table, zulu

if TYPE_CHECKING:
    from drip.store.views import MessageView


def add_to(app: typer.Typer) -> None:
    """These commands."""
    for command in (explain, forecast):
        app.command()(command)


def explain(
    patient: Annotated[str, typer.Argument(metavar="PATIENT_REF", help="REF or SOURCE:REF")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """A patient's whole story: events, enrolments, every message with its state and why."""
    from drip.cli.opening import opened
    from drip.flows.story import tell, when

    with opened() as app, app.store.read() as tx:
        story = tell(app, tx, one_patient(tx, patient))
    if as_json:
        lines = [{"at": zulu(line.at), "kind": line.kind, "sentence": line.sentence} for line in story.lines]
        messages = [message_as_json(one) for one in story.messages]
        print_json({"patient": story.patient, "story": lines, "messages": messages})
        return
    out.print(f"Patient {story.patient}", style="bold", end="")
    out.print(f"  times in {story.zone.key}\n", style="dim")
    shown = table("when", "what")
    styles = {"event": "cyan", "enrolment": "bold", "task": "bold yellow", "message": ""}
    for line in story.lines:
        shown.add_row(when(line.at, story.zone), line.sentence, style=styles[line.kind])
    out.print(shown)


def forecast(
    days: Annotated[int, typer.Option(min=1, max=400, help="how far ahead")] = 14,
    now: Annotated[str | None, typer.Option(help="from when")] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="also write a page with pictures, such as forecast.html")
    ] = None,
    sms_price: Annotated[
        float | None, typer.Option(min=0, help="of one part of a text, for the page; default: as clinic.yaml says")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Who will hear what in the next days, from the real plan."""
    from drip.cli.opening import opened
    from drip.cli.show import read_time
    from drip.pages.page import write_page
    from drip.simulation import forecast as ahead
    from drip.store import views

    start = read_time(now, "--now")
    with opened() as app, app.store.read() as tx:
        found = views.list_messages(tx, state="planned", until=start + timedelta(days=days))
        parts = ahead.parts_of(app, tx, found)
        clinic = app.clinic
    if page is not None:
        price = clinic.sms_price if sms_price is None else sms_price
        what = ahead.Ahead(clinic=clinic.name, zone=clinic.zone, start=start, days=days, parts=parts, sms_price=price)
        write_page(page, ahead.as_page(found, what))
    if as_json:
        print_json({"from": zulu(start), "days": days, "messages": [message_as_json(one) for one in found]})
        return
    if not found:
        out.print(f"Nothing is planned for the next {counted(days, 'day')}.")
        return
    _print_ahead(found, sum(many * texts for many, texts in parts.items()))


def _print_ahead(found: "list[MessageView]", billed: int) -> None:
    """Each message, and how much that is together."""
    print_messages(found)
    emails = sum(one.channel == "email" for one in found)
    people = len({one.patient_id for one in found})
    says = f"{counted(emails, 'email')} and {counted(len(found) - emails, 'text')} to {counted(people, 'patient')}"
    out.print(f"\n{says}, before caps. The texts come to about {counted(billed, 'part')}.", style="dim")
