"""A sequence's timeline as a calendar page: weeks as rows, a box for each message, its words when it is opened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from drip.cli.show import counted
from drip.content.sms import measure
from drip.core.letter import Words
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.plan import Wanted
from drip.core.sequence import Sequence as Written
from drip.pages.page import Page
from drip.pages.pieces import WEEKDAYS, shown

GIST = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What the page is about."""

    sequence: Written
    messages: Sequence[Wanted]
    anchor: datetime
    zone: ZoneInfo
    words: Callable[[Wanted], Words | str] = field(repr=False)
    """The words of a message, or why there are none."""


def as_page(timeline: Timeline) -> Page:
    """The whole calendar, from the week of the first message to that of the last."""
    goes = [one for one in timeline.messages if one.state is State.PLANNED]
    emails = sum(one.channel is Channel.EMAIL for one in goes)
    anchor, skipped = timeline.anchor.astimezone(timeline.zone), len(timeline.messages) - len(goes)
    told = f"{counted(emails, 'email')} and {counted(len(goes) - emails, 'text')} would go, {skipped} would be skipped"
    return Page(
        title=timeline.sequence.title,
        lede=f"{told}, for an anchor on {anchor:%A} {anchor.day} {anchor:%B %Y}, {anchor:%H:%M}.",
        small=f"Sequence {timeline.sequence.id}. Times are those of {timeline.zone.key}. The words are for an invented "
        "patient: open a box to read them.",
        parts=[_calendar(timeline)] if timeline.messages else [],
    )


def _calendar(timeline: Timeline) -> str:
    by_day: dict[date, list[Wanted]] = {}
    for one in timeline.messages:
        by_day.setdefault(one.due_at.astimezone(timeline.zone).date(), []).append(one)
    first, last = min(by_day), max(by_day)
    monday = first - timedelta(days=first.weekday())
    mondays = [monday + timedelta(weeks=n) for n in range((last - monday).days // 7 + 1)]
    weeks = [_week(timeline, by_day, monday, number) for number, monday in enumerate(mondays, start=1)]
    names = "".join(f"<span>{name}</span>" for name in ("", *WEEKDAYS))
    return f'<div class="calendar"><div class="names" aria-hidden="true">{names}</div>{"".join(weeks)}</div>'


def _week(timeline: Timeline, by_day: dict[date, list[Wanted]], monday: date, number: int) -> str:
    days = (monday + timedelta(days=n) for n in range(7))
    inside = "".join(_day(timeline, day, by_day.get(day, [])) for day in days)
    return f'<div class="week"><h3><b>Week {number}</b> from {monday.day} {monday:%b}</h3>{inside}</div>'


def _day(timeline: Timeline, day: date, messages: list[Wanted]) -> str:
    empty = "" if messages else " empty"
    boxes = "".join(_box(timeline, one) for one in messages)
    name = f"<i>{day:%a} </i>{day.day} {day:%b}"
    return f'<div class="day{empty}"><time class="date" datetime="{day}">{name}</time><div>{boxes}</div></div>'


def _box(timeline: Timeline, one: Wanted) -> str:
    at = one.due_at.astimezone(timeline.zone)
    words = timeline.words(one)
    kind = "not" if one.state is not State.PLANNED else one.channel.value
    name = {Channel.EMAIL: "email", Channel.SMS: "text"}[one.channel]
    head = f"{at:%H:%M} {name}" + ("" if one.state is State.PLANNED else f", {one.state.value}")
    repeat = f", no. {one.occurrence}" if one.occurrence > 1 else ""
    step = f'<p class="size">Step {shown(one.step)}{repeat}.</p>'
    return (
        f'<details class="{kind}"><summary><b>{head}</b>{shown(_gist(words, one.step))}</summary>'
        f'<div class="letter">{_why(one)}{_words(words)}{step}</div></details>'
    )


def _gist(words: Words | str, step: str) -> str:
    told = step if isinstance(words, str) else words.subject or " ".join(words.text.split())
    return told if len(told) <= GIST else f"{told[: GIST - 1].rstrip()}…"


def _why(one: Wanted) -> str:
    return "" if one.state is State.PLANNED else f"<p>It would not go: {shown(one.reason.sentence)}.</p>"


def _words(words: Words | str) -> str:
    if isinstance(words, str):
        return f"<p>{shown(words)}</p>"
    subject = f'<p class="subject">{shown(words.subject)}</p>' if words.subject else ""
    size = (
        ""
        if words.subject
        else f"{counted(len(words.text), 'character')}, {counted(measure(words.text).parts, 'part')}."
    )
    return f'{subject}<pre>{shown(words.text)}</pre><p class="size">{size}</p>'
