"""For those who ask about one patient: explain."""

from typing import Annotated

import typer

from drip.cli.listing import message_as_json, one_patient
from drip.cli.show import out, print_json, table, zulu


def add_to(app: typer.Typer) -> None:
    """This command."""
    app.command()(explain)


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
