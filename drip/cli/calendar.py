"""A sequence's timeline, as a calendar and a list."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.text import Text

from drip.cli.show import out, state_in_colour, table, zulu
from drip.core.lifecycle import State
from drip.core.plan import Wanted
from drip.core.sequence import Sequence

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def timeline_as_json(sequence: Sequence, messages: Iterable[Wanted], zone: ZoneInfo) -> dict[str, Any]:
    """As the contract has it; a sequence that was not published has no version."""
    return {
        "sequence": sequence.id,
        "version": None,
        "messages": [
            {
                "step": message.step,
                "occurrence": message.occurrence,
                "channel": message.channel.value,
                "due_at": zulu(message.due_at),
                "local": message.due_at.astimezone(zone).isoformat(),
                "state": message.state.value,
                "reason": message.reason.value,
            }
            for message in messages
        ],
    }


def print_calendar(sequence: Sequence, messages: list[Wanted], zone: ZoneInfo) -> None:
    """Weeks as rows with what goes on each day, then every message on a line."""
    out.print(Text.assemble((sequence.title, "bold"), (f"  {sequence.id}, times in {zone.key}\n", "dim")))
    goes = [message for message in messages if message.state is State.PLANNED]
    if goes:
        out.print(weeks_of((message.due_at.astimezone(zone), message.channel.value) for message in goes))
        out.print()
    out.print(_list(messages, zone))
    skipped = len(messages) - len(goes)
    out.print(f"\n{len(goes)} messages would go, {skipped} would be skipped.", style="dim")


def weeks_of(times: Iterable[tuple[datetime, str]]) -> Any:
    """A calendar of local times and what happens at each: weeks as rows."""
    by_day: dict[date, list[str]] = {}
    for at, what in sorted(times):
        by_day.setdefault(at.date(), []).append(f"{at:%H:%M} {what}")
    first, last = min(by_day), max(by_day)
    monday = first - timedelta(days=first.weekday())
    weeks = table("week of", *DAYS)
    while monday <= last:
        days = [monday + timedelta(days=n) for n in range(7)]
        weeks.add_row(f"{monday.day} {monday:%b %Y}", *(_day(by_day.get(day)) for day in days))
        monday += timedelta(days=7)
    return weeks


def _day(told: list[str] | None) -> Text:
    return Text("\n".join(told)) if told else Text("·", style="dim")


def _list(messages: list[Wanted], zone: ZoneInfo) -> Any:
    lines = table("day", "time", "step", "", "channel", "state", "why")
    for message in messages:
        at = message.due_at.astimezone(zone)
        repeat = f"no. {message.occurrence}" if message.occurrence > 1 else ""
        lines.add_row(
            f"{at:%a} {at.day:2} {at:%b %Y}", f"{at:%H:%M}", message.step, repeat, message.channel.value,
            state_in_colour(message.state.value), message.reason.sentence,
        )  # fmt: skip
    return lines
