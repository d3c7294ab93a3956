"""Messages as a list or as JSON, and the patient whose they are."""

from typing import Any

from drip.cli.show import Complaint, out, state_in_colour, table, zulu

_FIELDS = ("id", "patient", "enrolment", "sequence", "version", "step", "occurrence", "channel")


def message_as_json(one: Any) -> dict[str, Any]:
    """As the contract has it."""
    told = {name: getattr(one, name) for name in _FIELDS}
    told |= {"due_at": zulu(one.due_at), "state": one.state, "reason": one.reason, "attempts": one.attempts}
    return told | {"provider": one.provider, "provider_ref": one.provider_ref, "accepted_at": zulu(one.accepted_at)}


def print_messages(found: list[Any]) -> None:
    """One line a message; the reason in words."""
    from drip.core.reason import Reason

    shown = table("due (UTC)", "patient", "sequence", "step", "", "channel", "state", "why")
    for one in found:
        repeat = f"no. {one.occurrence}" if one.occurrence > 1 else ""
        shown.add_row(
            f"{one.due_at:%Y-%m-%d %H:%M}", one.patient, one.sequence, one.step, repeat, one.channel,
            state_in_colour(one.state), Reason(one.reason).sentence,
        )  # fmt: skip
    out.print(shown)


def one_patient(tx: Any, ref: str) -> Any:
    """The patient of that reference. Complaint when there is none, or more than one."""
    from drip.store import patients

    found = patients.find(tx, ref)
    if not found:
        raise Complaint(f"nobody is known as {ref!r}; `drip messages` lists references", 1)
    if len(found) > 1:
        choices = ", ".join(sorted(f"{row.source}:{ref}" for row in found))
        raise Complaint(f"{ref!r} is known to several booking systems; choose one of {choices}", 2)
    return found[0]
