"""For whoever looks after it day by day: tasks, held, attendance."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from drip.cli.show import Complaint, counted, out, print_json, table, zulu

if TYPE_CHECKING:
    from datetime import datetime

    from drip.flows.decide import Held
    from drip.store.patients import PatientRow
    from drip.store.records import TaskRow


def add_to(app: typer.Typer) -> None:
    """These commands."""
    for command in (tasks, held, attendance):
        app.command()(command)


By = Annotated[str, typer.Option("--by", help="who decided: kept with it")]


def tasks(
    done: Annotated[str | None, typer.Option("--done", metavar="ID", help="this one has been dealt with")] = None,
    by: By = "",
    note: Annotated[
        str, typer.Option("--note", help="what was done: kept with the task, and needed for red flags")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """What waits for a person at the clinic: red flags first. Shows what patients wrote."""
    from drip.cli.opening import opened
    from drip.clock import now

    with opened() as app:
        if done is not None:
            _finish(app, done, by, note)
            return
        with app.store.read() as tx:
            found = _tasks(tx)
    if as_json:
        print_json({"tasks": found})
    elif not found:
        out.print("Nothing waits for a person.")
    else:
        _list(found, now())


def _list(found: list[dict[str, Any]], now: "datetime") -> None:
    from drip.flows import attendance as attendance_flow
    from drip.store import records

    shown = table("since (UTC)", "patient", "what", "says", "id")
    for one in found:
        style = "bold red" if one["kind"] == records.RED_FLAG else ""
        kind = str(one["kind"]).replace("_", " ")
        since, patient = str(one["raised_at"])[:16], str(one["patient"] or "")
        shown.add_row(since, Text(patient), kind, Text(_harmless(one["detail"])), one["id"], style=style)
    out.print(shown)
    out.print(
        f"\n{counted(len(found), 'task')} at {now:%Y-%m-%d %H:%M} UTC. `drip tasks --done ID --by NAME` closes one;"
        " a red flag needs --note as well."
    )
    if any(one["kind"] == attendance_flow.KIND for one in found):
        out.print("`drip attendance PATIENT VISIT attended` (or no-show, or cancelled) says whether somebody came.")


def _harmless(words: str) -> str:
    """As it was written, but for what a terminal would take for an order. As `Text`, `:pill:` stays what it is."""
    return "".join(one if one.isprintable() or one == "\n" else " " for one in words)


def _finish(app: Any, task_id: str, by: str, note: str) -> None:
    from drip.clock import now
    from drip.core.role import Person, Role
    from drip.flows.see_to import Outcome, Seen, finish
    from drip.store import audit

    if not by:
        raise Complaint("say who has dealt with it: --by NAME", 2)
    person = Person(id=audit.COMMAND, name=audit.COMMAND, full_name=by, role=Role.SENDER)
    outcome = finish(app, Seen(task_id=task_id, by=person, note=note), now())
    if outcome is Outcome.GONE:
        raise Complaint(f"no open task has the id {task_id}: `drip tasks` lists them")
    if outcome is Outcome.NOT_YET:
        raise Complaint("a red flag is done only with a note of what you did: --note WORDS", 2)
    if outcome is Outcome.DECIDE:
        raise Complaint("this is done by deciding about its message: `drip held`")
    out.print("Done. It no longer holds loading exercises back." if outcome is Outcome.RELEASED else "Done.")


def _tasks(tx: Any) -> list[dict[str, Any]]:
    from drip.store import patients, records

    rows = records.open_tasks(tx)
    people = patients.readable(tx, {row.patient_id for row in rows if row.patient_id})
    rows.sort(key=lambda row: (row.kind != records.RED_FLAG, row.raised_at))
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "patient": people[row.patient_id].ref if row.patient_id in people else None,
            "raised_at": zulu(row.raised_at),
            "detail": _detail(tx, row, people),
        }
        for row in rows
    ]


def _detail(tx: Any, task: "TaskRow", people: "Mapping[str, PatientRow]") -> str:
    """A record that cannot be unsealed hides no other task."""
    from drip.store import records

    if task.patient_id and task.patient_id not in people:
        return "the record of this patient cannot be unsealed: see `drip doctor`"
    return records.detail_of(tx, task, people[task.patient_id].data_key if task.patient_id else None)


def held(
    message: Annotated[str | None, typer.Argument(metavar="[MESSAGE_ID]", help="the one to decide about")] = None,
    went: Annotated[bool, typer.Option("--went", help="it reached the patient")] = False,
    again: Annotated[bool, typer.Option("--again", help="it did not: send it again")] = False,
    by: By = "",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Messages that may or may not have gone, with what is known; decide about one with --went or --again."""
    from drip.cli.opening import opened
    from drip.flows.decide import held_messages

    if message is not None:
        _decide(message, by, went=went, again=again)
        return
    if went or again:
        raise Complaint("say which message: drip held MESSAGE_ID --went|--again --by NAME", 2)
    with opened() as app, app.store.read() as tx:
        rows = [_shown(one) for one in held_messages(tx)]
    if as_json:
        print_json({"held": rows})
    elif not rows:
        out.print("No message is held.")
    else:
        shown = table(*(name.replace("_", " ") for name in rows[0]))
        for row in rows:
            shown.add_row(*(str(value or "") for value in row.values()))
        out.print(shown)
        out.print("\n`drip held MESSAGE_ID --went|--again --by NAME` decides about one.")


def _shown(one: "Held") -> dict[str, object]:
    doubt = one.doubt
    return {
        "message": one.message_id,
        "patient": one.patient,
        "step": doubt.step,
        "channel": doubt.channel.value,
        "provider": doubt.provider,
        "tried_at": zulu(doubt.started_at),
        "asked_at": zulu(doubt.asked_at),
        "left_no_trace": doubt.asked,
    }


def _decide(message: str, by: str, *, went: bool, again: bool) -> None:
    from drip.cli.opening import opened
    from drip.clock import now
    from drip.flows.decide import By, Decision, decide

    if went is again or not by:
        raise Complaint("decide with --went or --again, and say who decides: --by NAME", 2)
    with opened() as app:
        if not decide(app, message, Decision.WENT if went else Decision.AGAIN, By(name=by), now()):
            raise Complaint(f"no held message has the id {message}: `drip held` lists them")
    out.print("Noted: it went." if went else "It goes again at the next tick, if it is still useful.")


class Came(StrEnum):
    """What a person says of a visit."""

    ATTENDED = "attended"
    NO_SHOW = "no-show"
    CANCELLED = "cancelled"


def attendance(
    patient: Annotated[str, typer.Argument(metavar="PATIENT_REF", help="REF or SOURCE:REF")],
    visit: Annotated[str, typer.Argument(metavar="APPOINTMENT_REF", help="the booking system's own")],
    came: Annotated[Came, typer.Argument(help="whether the patient came", show_default=False)],
    by: By = "",
) -> None:
    """Say whether a patient came to a visit, where the booking system did not."""
    from drip.cli.listing import one_patient
    from drip.cli.opening import opened
    from drip.clock import now
    from drip.flows import attendance as flow

    with opened() as app:
        with app.store.read() as tx:
            person = one_patient(tx, patient)
        told = flow.Answer(ref=visit, came=flow.Came(came.value), by=by)
        noted = flow.answer(app, person.id, told, now())
    if noted is flow.Noted.NO_SUCH_VISIT:
        raise Complaint(f"{patient} has no visit {visit!r}; `drip explain {patient}` shows what we were told")
    out.print("Noted; the next tick acts on it." if noted is flow.Noted.NOTED else "That is known already.")
