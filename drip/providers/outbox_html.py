"""The pieces of an outbox page. Every word that came from outside passes through `shown` or `quoted`."""

import re
from datetime import datetime
from html import escape

from drip.core.model import Channel
from drip.providers.outbox_people import Day, LeftOut, Moment, Story, Week
from drip.providers.outbox_read import Sent

_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
MANY_WEEKS = 16
"""Above this, a run of empty weeks becomes a single line."""

_LINKS_GO_NOWHERE = '<base target="_blank">'
"""A sandbox without pop-ups: the links of a mail look right and open nothing."""


def quoted(words: str) -> str:
    """For an attribute. Line ends are kept, which a browser would otherwise make spaces of."""
    return escape(words).replace("\n", "&#10;")


def shown(words: str) -> str:
    """For the page, walled in: right-to-left marks inside cannot reorder what is around."""
    return f'<bdi dir="auto">{escape(words)}</bdi>'


def glyph(name: str) -> str:
    """A small drawing that says nothing to a screen reader."""
    return f'<svg aria-hidden="true"><use href="#{name}"/></svg>'


def counted(number: int, one: str, many: str = "") -> str:
    """1 email, 2 emails."""
    return f"{number:,}\N{NO-BREAK SPACE}{one if number == 1 else many or one + 's'}"


def story(tale: Story, number: int) -> str:
    """One person: who, and their calendar."""
    emails = sum(message.channel is Channel.EMAIL for message in tale.sent)
    counts = f"{counted(emails, 'email')} and {counted(len(tale.sent) - emails, 'text')}"
    note = f"{shown(tale.person.note)} · " if tale.person.note else ""
    addresses = "".join(
        f"<span>{glyph('mail' if '@' in address else 'text')}{shown(address)}</span>" for address in tale.addresses
    )
    free = " free-weekends" if all(day.is_empty for week in tale.weeks for day in week.days[5:]) else ""
    names = "".join(f"<span>{name}</span>" for name in ("", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
    return (
        f'<section class="story" id="p{number}" aria-labelledby="n{number}"><header>'
        f'<div><h2 id="n{number}">{shown(tale.person.name)}</h2><p class="note">{note}{counts}</p></div>'
        f'<p class="addresses">{addresses}</p></header>'
        f'<div class="calendar{free}"><div class="names" aria-hidden="true">{names}</div>'
        f"{_weeks(tale.weeks)}</div></section>"
    )


def _weeks(weeks: tuple[Week, ...]) -> str:
    pieces: list[str] = []
    run: list[Week] = []
    for week in (*weeks, None):
        if week is not None and week.is_empty:
            run.append(week)
            continue
        folds = len(weeks) > MANY_WEEKS and len(run) > 2
        if folds:
            pieces.append(f'<p class="gap">Weeks {run[0].number} to {run[-1].number}: nothing sent</p>')
        pieces.extend(_week(empty) for empty in run if not folds)
        run = []
        if week is not None:
            pieces.append(_week(week))
    return "".join(pieces)


def _week(week: Week) -> str:
    quiet = " quiet" if week.is_empty else ""
    days = "".join(_day(day, first=index == 0) for index, day in enumerate(week.days))
    return f'<div class="week{quiet}"><h3>Week <b>{week.number}</b></h3><ol class="days">{days}</ol></div>'


def _day(day: Day, *, first: bool) -> str:
    if day.is_empty:
        month = f" {day.date:%b}" if first or day.date.day == 1 else ""
        return f'<li class="day empty" aria-hidden="true"><span class="date">{day.date.day}{month}</span></li>'
    chips = [(moment.at, _visit(moment)) for moment in day.moments]
    chips += [(message.at, _chip(message)) for message in day.sent]
    chips += [(left.at, _not_sent(number, left)) for number, left in day.left_out]
    inside = "".join(chip for _, chip in sorted(chips, key=lambda pair: pair[0]))
    date = f'<i class="name">{day.date:%a}</i>{day.date.day} {day.date:%b}'
    return f'<li class="day"><time class="date" datetime="{day.date}">{date}</time><div>{inside}</div></li>'


def _visit(moment: Moment) -> str:
    at = f'<span class="when">{moment.at:%H:%M}</span>'
    return f'<div class="chip visit">{at}<span class="gist">{shown(moment.words)}</span></div>'


def _chip(message: Sent) -> str:
    kind, drawing = ("Email", "mail") if message.channel is Channel.EMAIL else ("Text", "text")
    when = f'{glyph(drawing)}<span class="aloud">{kind} at </span>{message.at:%H:%M}'
    return (
        f'<a class="chip {message.channel}" id="c{message.number}" href="#m{message.number}">'
        f'<span class="when">{when}</span><span class="gist">{shown(message.gist)}</span></a>'
    )


def _not_sent(number: int, left: LeftOut) -> str:
    when = f'{glyph("none")}<span class="aloud">Not sent at </span>{left.at:%H:%M}'
    step = f'<span class="gist">{shown(left.step)}</span>'
    return f'<a class="chip not" href="#l{number}"><span class="when">{when}</span>{step}</a>'


def left_out(rows: list[tuple[int, LeftOut]]) -> str:
    """Every message that was planned and did not go, with the reason as a sentence."""
    if not rows:
        return ""
    body = "".join(
        f'<tr id="l{number}"><th scope="row">{shown(left.name)}</th><td>{full_time(left.at)}</td>'
        f"<td>{shown(left.step)}</td><td>{shown(_sentence(left.reason))}</td></tr>"
        for number, left in rows
    )
    return (
        '<section class="left" aria-labelledby="left"><h2 id="left">Planned and not sent</h2>'
        "<p>Nothing disappears: each of these has a reason that staff can read.</p>"
        "<table><thead><tr><th>Who</th><th>When</th><th>Step</th><th>Why not</th></tr></thead>"
        f"<tbody>{body}</tbody></table></section>"
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "?", "!")) else ".")


def full_time(at: datetime) -> str:
    """Thu 11 June 2026, 09:30."""
    return f'<time datetime="{at.isoformat(timespec="minutes")}">{at:%a} {at.day} {at:%B} {at.year}, {at:%H:%M}</time>'


def message(sent: Sent, name: str, before: int | None, after: int | None) -> str:
    """One message as the patient had it, with the way to the one before, the one after, and back."""
    body = _email(sent, name) if sent.channel is Channel.EMAIL else _text(sent, name)
    bar = (
        f'<nav class="bar" aria-label="Messages of this person">{_step("Earlier", before)}{_step("Later", after)}'
        f'<a class="back" href="#c{sent.number}"><span class="aloud">Back to the </span>Calendar</a></nav>'
    )
    named = f'id="m{sent.number}" aria-labelledby="h{sent.number}"'
    return f'<article class="message" {named} tabindex="-1">{bar}{body}</article>'


def _step(word: str, number: int | None) -> str:
    return f"<span>{word}</span>" if number is None else f'<a href="#m{number}">{word}</a>'


def _email(sent: Sent, name: str) -> str:
    number, lang = sent.number, f'lang="{quoted(sent.language)}" dir="auto"'
    to = shown(sent.to) if name == sent.to else f"{shown(name)} {shown(f'<{sent.to}>')}"
    head = (
        f'<header><h3 id="h{number}">{shown(sent.subject or "No subject")}</h3>'
        f"<dl><dt>From</dt><dd>{shown(sent.sender)}</dd>"
        f"<dt>To</dt><dd>{to}</dd><dt>Date</dt><dd>{full_time(sent.at)}</dd></dl></header>"
    )
    plain = f'<div class="plain" tabindex="0" {lang}>{escape(sent.text)}</div>'
    if not sent.html:
        return f'{head}<div class="views">{plain}</div>'
    return (
        f'{head}<div class="views">'
        f'<input class="designed" type="radio" name="v{number}" id="d{number}" checked>'
        f'<label for="d{number}">As designed</label>'
        f'<input class="words" type="radio" name="v{number}" id="w{number}"><label for="w{number}">Plain text</label>'
        f'<div class="paper" data-html="{quoted(_inert(sent.html))}"></div>{plain}</div>'
    )


def _inert(html: str) -> str:
    """The frame's sandbox and the page's policy keep a mail from doing anything; this keeps its links from trying."""
    with_base, found = _HEAD.subn(lambda head: head[0] + _LINKS_GO_NOWHERE, html, count=1)
    return with_base if found else f"<!doctype html>{_LINKS_GO_NOWHERE}{html}"


def _text(sent: Sent, name: str) -> str:
    return (
        f'<header><h3 id="h{sent.number}">Text to {shown(name)}</h3></header>'
        f'<div class="phone"><p class="who">{shown(sent.sender_address)}</p>{full_time(sent.at)}'
        f'<div class="bubble" dir="auto">{escape(sent.text)}</div></div>'
        f'<p class="parts">{counted(sent.parts, "part")}, {counted(len(sent.text), "character")}.</p>'
    )
