"""The words of one step for one patient, real or invented."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drip import clock
from drip.cli.show import Complaint, out
from drip.content.context import values_for
from drip.content.folder import Folder
from drip.content.render import RenderError, TemplateError, TemplateSet
from drip.content.sms import measure
from drip.core.clinic import Clinic
from drip.core.letter import Words
from drip.core.model import Channel
from drip.core.patient import Patient
from drip.core.sequence import Sequence, Step

INVENTED: Mapping[str, Mapping[str, Any]] = {
    "patient": {"first_name": "Amina", "last_name": "Shah", "language": "en", "subtype": "insertional"},
    "appointment": {
        "type": "initial",
        "starts_at": "2026-06-11T10:00:00+01:00",
        "ends_at": "2026-06-11T10:45:00+01:00",
        "changed": ["time"],
    },
    "previous": {"starts_at": "2026-06-09T14:30:00+01:00"},
    "treatment": {"code": "eswt", "performed_at": "2026-06-11T10:30:00+01:00", "session": 1, "course_of": 3},
    "programme": {"code": "loading", "starts_on": "2026-06-15", "side": "left"},
    "reply": {"channel": "sms", "word": "help", "question": "pain", "value": 3},
    "alert": {"kind": "digest", "count": 1, "summary": "1 message is held for a decision."},
}
"""Someone to preview for, when no patient is named."""


def preview_words(
    folder: Folder, clinic: Clinic, sequence: Sequence, step_id: str, channel: str | None, facts: Any
) -> tuple[Channel, Words]:
    """The channel and the words. Complaint when there are none."""
    step = sequence.step(step_id)
    if step is None:
        raise Complaint(f"{sequence.id} has no step {step_id!r}: {', '.join(one.id for one in sequence.steps)}", 2)
    used = _channel(step, channel)
    objects = {**INVENTED, **(facts or {})}
    patient = Patient(facts=objects["patient"])
    templates = TemplateSet(folder.sources)
    path = templates.find(sequence.id, step.template(used) or "", used, patient.language)
    if path is None:
        raise Complaint(f"templates/{sequence.id}/ has no {used.value} template {step.template(used)!r}", 1)
    values = values_for(clinic, clinic.sites[0], patient, objects, on=_on(objects))
    try:
        return used, templates.render(path, values)
    except (RenderError, TemplateError) as problem:
        raise Complaint(f"templates/{path}: {problem}", 1) from None


def _channel(step: Step, asked: str | None) -> Channel:
    if asked is None:
        return step.channels[0]
    if asked not in {channel.value for channel in step.channels}:
        named = " and ".join(channel.value for channel in step.channels)
        raise Complaint(f"--channel {asked}: step {step.id} goes by {named}", 2)
    return Channel(asked)


def _on(objects: Mapping[str, Mapping[str, Any]]) -> datetime:
    told = objects.get("appointment", {}).get("starts_at")
    return datetime.fromisoformat(told) if isinstance(told, str) else clock.now()


def words_as_json(sequence: Sequence, step: str, channel: Channel, words: Words) -> dict[str, Any]:
    """The words, with the size of a text message."""
    told: dict[str, Any] = {"sequence": sequence.id, "step": step, "channel": channel.value, "subject": words.subject}
    told |= {"text": words.text, "html": words.html}
    if channel is Channel.SMS:
        size = measure(words.text)
        told["sms"] = {"parts": size.parts, "units": size.units, "encoding": size.encoding.value}
    return told


def print_words(channel: Channel, words: Words) -> None:
    """The words, as plain as they go."""
    if channel is Channel.EMAIL:
        out.print("Subject:", style="bold", end=" ")
        out.print(f"{words.subject}\n", soft_wrap=True)
    out.print(words.text, soft_wrap=True)
    if channel is Channel.SMS:
        size = measure(words.text)
        parts = f"{size.parts} part{'s' * (size.parts != 1)}"
        out.print(f"\n{len(words.text)} characters, {size.encoding.value}, {parts}", style="dim")
