"""A few people's weeks beside each other, week for week: how differently their plans run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drip.core.model import Channel
from drip.providers.outbox_html import counted, glyph, shown
from drip.providers.outbox_people import Day, LeftOut, Moment, Story, Week
from drip.providers.outbox_read import Sent

WEEKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Somebody to show among the first, and since when their weeks are counted."""

    ref: str
    plan: str = field(repr=False)
    """What they are being written to about."""
    since: datetime


def beside(stories: Sequence[Story], chosen: Sequence[Chosen]) -> str:
    """The chosen people's first weeks; nothing where none of them was written to."""
    by_ref = {story.person.ref: (number, story) for number, story in enumerate(stories, start=1)}
    found = [(one, *by_ref[one.ref]) for one in chosen if one.ref in by_ref]
    if not found:
        return ""
    people = "".join(_person(one, number, story) for one, number, story in found)
    return (
        f'<section class="beside" aria-labelledby="beside" style="--people:{len(found)}">'
        '<h2 id="beside">Twelve weeks, beside each other</h2>'
        "<p>Boxes with an envelope or a bubble were really sent. Dashed ones were not, and say why. "
        "Choose one to read it.</p>"
        f'<div class="people">{people}</div></section>'
    )


def _person(one: Chosen, number: int, story: Story) -> str:
    weeks = [week for week in story.weeks if week.days[-1].date >= one.since.date()][:WEEKS]
    sent = [message for week in weeks for day in week.days for message in day.sent]
    emails = sum(message.channel is Channel.EMAIL for message in sent)
    told = f"{counted(emails, 'email')}, {counted(len(sent) - emails, 'text')}"
    rows = "".join(_week(week, place) for place, week in enumerate(weeks, start=1))
    return (
        f'<article><header><h3><a href="#p{number}">{shown(story.person.name)}</a></h3><p>{shown(one.plan)}</p>'
        f'<p class="note">{told}</p></header>{rows}</article>'
    )


def _week(week: Week, place: int) -> str:
    inside = "".join(_day(day) for day in week.days if not day.is_empty)
    empty = "" if inside else " empty"
    return f'<div class="row{empty}"><h4><span class="aloud">Week </span>{place}</h4><div>{inside}</div></div>'


def _day(day: Day) -> str:
    things: list[tuple[datetime, str]] = [(moment.at, _moment(moment)) for moment in day.moments]
    things += [(message.at, _sent(message)) for message in day.sent]
    things += [(left.at, _left_out(number, left)) for number, left in day.left_out]
    return "".join(thing for _, thing in sorted(things, key=lambda pair: pair[0]))


def _moment(moment: Moment) -> str:
    return f'<div class="chip visit"><span class="when">{_on(moment.at)}</span>{shown(moment.words)}</div>'


def _sent(message: Sent) -> str:
    kind, drawing = ("Email", "mail") if message.channel is Channel.EMAIL else ("Text", "text")
    when = f'{glyph(drawing)}<span class="aloud">{kind} on </span>{_on(message.at)}'
    return (
        f'<a class="chip {message.channel}" href="#m{message.number}"><span class="when">{when}</span>'
        f'<span class="gist">{shown(message.gist)}</span></a>'
    )


def _left_out(number: int, left: LeftOut) -> str:
    when = f'{glyph("none")}<span class="aloud">Not sent on </span>{_on(left.at)}'
    step = left.step.replace("-", " ")
    return f'<a class="chip not" href="#l{number}"><span class="when">{when}</span>{shown(step)}</a>'


def _on(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b}"
