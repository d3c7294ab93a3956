"""The page on which an outbox folder is read: one file, nothing fetched from anywhere, every message as it was sent."""

import os
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from hashlib import sha256
from html import escape
from importlib.resources import files
from itertools import chain
from pathlib import Path
from string import Template

from drip.core.model import Channel
from drip.providers import outbox_html as html
from drip.providers.outbox_beside import Chosen, beside
from drip.providers.outbox_people import LeftOut, Moment, Person, Story, tell
from drip.providers.outbox_read import Sent, read_sent

__all__ = ["Chosen", "LeftOut", "Moment", "Person", "write_index"]

MOST_SHOWN = 2000
"""More would make a page that browsers struggle with; the files are all there."""

MANY_PEOPLE = 24
"""Above this, a list of names to jump to is longer than it is useful."""


def write_index(
    folder: Path,
    *,
    title: str,
    zone: tzinfo,
    people: Mapping[str, Person] | None = None,
    left_out: Sequence[LeftOut] = (),
    first: Sequence[Chosen] = (),
) -> Path:
    """Write `index.html` for an outbox folder and say where it is. `people` are found by address.

    Those to show `first` come beside each other before everybody's own calendar.
    """
    sent, in_all = read_sent(folder, zone=zone, most=MOST_SHOWN)
    ordered = sorted(left_out, key=lambda left: (left.at, left.name, left.step))
    missed = [(number, replace(left, at=left.at.astimezone(zone))) for number, left in enumerate(ordered, start=1)]
    stories = tell(sent, people or {}, missed, zone)
    page = _template("outbox.html").substitute(
        _frame(),
        title=escape(title),
        lede=_lede(sent, stories, len(missed)),
        aside=_aside(zone, in_all - len(sent)),
        jump=_jump(stories),
        beside=beside(stories, first),
        stories="\n".join(html.story(story, number) for number, story in enumerate(stories, start=1)),
        left_out=html.left_out(missed),
        messages="\n".join(chain.from_iterable(_messages(story) for story in stories)),
    )
    return _put(folder / "index.html", page)


def _lede(sent: list[Sent], stories: list[Story], missed: int) -> str:
    if not sent:
        return "Nothing has been sent."
    emails = sum(message.channel is Channel.EMAIL for message in sent)
    first, last = sent[0].at, sent[-1].at
    days = f"from {first.day} {first:%B}" + (f" {first.year}" if first.year != last.year else "")
    not_sent = f" {html.counted(missed, 'more was', 'more were')} planned and not sent." if missed else ""
    return (
        f"{html.counted(emails, 'email')} and {html.counted(len(sent) - emails, 'text')} to "
        f"{html.counted(len(stories), 'person', 'people')}, {days} to {last.day} {last:%B} {last.year}.{not_sent}"
    )


def _aside(zone: tzinfo, unshown: int) -> str:
    older = f" {html.counted(unshown, 'older message is', 'older messages are')} in the folder only." if unshown else ""
    return f"Times are those of {escape(str(zone))}. Nothing here reached anyone: these are files in a folder.{older}"


def _jump(stories: list[Story]) -> str:
    if not 1 < len(stories) <= MANY_PEOPLE:
        return ""
    links = "".join(
        f'<a href="#p{number}">{html.shown(story.person.name)}</a>' for number, story in enumerate(stories, start=1)
    )
    return f'<nav class="jump" aria-label="People">{links}</nav>'


def _messages(story: Story) -> list[str]:
    numbers = [None, *(message.number for message in story.sent), None]
    return [
        html.message(message, story.person.name, before, after)
        for message, before, after in zip(story.sent, numbers, numbers[2:], strict=False)
    ]


def _frame() -> dict[str, str]:
    """The page's own style and script; the policy in its head lets this one script run and no other."""
    script = _read("outbox.js")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return {"style": _read("outbox.css"), "script": script, "script_hash": f"sha256-{digest}"}


def _template(name: str) -> Template:
    return Template(_read(name))


def _read(name: str) -> str:
    return (files("drip.providers") / name).read_text(encoding="utf-8")


def _put(path: Path, page: str) -> Path:
    """Whole or not at all: an open browser never reads half a page."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    hidden.write_text(page, encoding="utf-8", newline="\n")
    hidden.replace(path)
    return path
