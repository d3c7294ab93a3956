"""The page on which a sandbox is read. Every word that came from outside passes through `shown` or `escape`."""

from collections.abc import Iterable
from datetime import datetime
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import quote

from drip.sandbox.ledger import Entry, Ledger, Replied, Told, TurnedAway

MOST_SHOWN = 200
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_PAGE = Template(files("drip.sandbox").joinpath("page.html").read_text("utf-8"))
STYLE = files("drip.sandbox").joinpath("page.css").read_text("utf-8")

_ENDS = {
    "delivered": ("good", "Arrives"),
    "undelivered": ("bad", "Does not arrive"),
    "failed": ("bad", "Is not sent"),
    "bounce": ("bad", "Bounces"),
    "blocked": ("bad", "Is blocked"),
    "dropped": ("bad", "Is dropped"),
    "spam": ("bad", "Arrives, and is called spam"),
    "unsubscribe": ("warn", "Arrives, and is unsubscribed from"),
    "deferred": ("warn", "Arrives late"),
}


def shown(words: str) -> str:
    """For the page, walled in: right-to-left marks inside cannot reorder what is around."""
    return f'<bdi dir="auto">{escape(words)}</bdi>'


def write_page(ledger: Ledger, *, only: str, follows: bool, can_text: bool, can_mail: bool) -> str:
    """Newest first. `only`: one person's address."""
    entries = ledger.of_address(only)[:MOST_SHOWN] if only else ledger.latest(MOST_SHOWN)
    turned = [one for one in ledger.turned_away() if not only or one.to == only]
    replies = [one for one in ledger.replies() if not only or one.sender == only]
    cards = [(entry.at, _message(entry, can_text=can_text, can_mail=can_mail)) for entry in entries]
    cards += [(one.at, _turned_away(one)) for one in turned]
    cards += [(one.at, _reply(one)) for one in replies]
    newest = [card for _, card in sorted(cards, key=lambda pair: pair[0], reverse=True)[:MOST_SHOWN]]
    return _PAGE.substitute(
        refresh='<meta http-equiv="refresh" content="3">' if follows else "",
        summary=_summary(ledger, len(turned), only),
        links=_links(only, follows=follows),
        cards="\n".join(newest) or '<p class="empty">Nothing has come in yet.</p>',
    )


def _summary(ledger: Ledger, turned: int, only: str) -> str:
    count = f"{ledger.count:,} accepted, {turned:,} turned away"
    return f"{count}. Only {shown(only)} is shown." if only else f"{count}. Nothing here reached anybody."


def _links(only: str, *, follows: bool) -> str:
    kept = f"with={quote(only)}" if only else ""
    where = "/sandbox/" + (f"?{kept}" if kept else "")
    follow = f"/sandbox/?{kept}{'&amp;' if kept else ''}follow=1"
    links = [("Stop following", where)] if follows else [("Look again", where), ("Follow", follow)]
    if only:
        links.insert(0, ("Everybody", "/sandbox/"))
    links.append(("As JSON", "/sandbox/ledger.json"))
    return "".join(f'<a href="{path}">{words}</a>' for words, path in links)


def _message(entry: Entry, *, can_text: bool, can_mail: bool) -> str:
    is_text = entry.provider == "twilio"
    tone, ends = _ENDS.get(entry.ends, ("warn", entry.ends))
    fault = f'<span class="tag warn">{escape(entry.fault)}</span>' if entry.fault != "ok" else ""
    code = f" ({entry.code})" if entry.code else ""
    title = f"<h3>{shown(entry.subject)}</h3>" if entry.subject else ""
    known = {"Reference": entry.ref, "Attempt": entry.attempt, "Message": entry.message, "From": entry.sender}
    listed = "".join(f"<dt>{name}</dt><dd>{shown(value)}</dd>" for name, value in known.items() if value)
    return (
        f'<article class="card {"text" if is_text else "email"}">{_head("Text" if is_text else "Email", entry)}{title}'
        f'<p class="words" dir="auto">{escape(entry.text)}</p>'
        f'<p class="tags"><span class="tag {tone}">{ends}{code}</span>{fault}</p>{_told(entry.told)}'
        f"<details><summary>Details</summary><dl>{listed}</dl></details>"
        f"{_form(entry, is_open=can_text if is_text else can_mail)}</article>"
    )


def _head(kind: str, entry: Entry) -> str:
    person = f'<a href="/sandbox/?with={quote(entry.to)}">{shown(entry.to)}</a>'
    return f"<header><span>{kind} to {person}</span>{_time(entry.at)}</header>"


def _told(told: Iterable[Told]) -> str:
    rows = "".join(
        f'<li class="{"good" if one.answer.startswith("2") != one.forged else "bad"}">'
        f"{'forged: ' if one.forged else ''}{shown(one.says)} <span>{shown(one.answer)}</span></li>"
        for one in told
    )
    return f'<ul class="told" aria-label="Callbacks and their answers">{rows}</ul>' if rows else ""


def _form(entry: Entry, *, is_open: bool) -> str:
    if not is_open:
        return ""
    hidden = f'<input type="hidden" name="from" value="{escape(entry.to)}">'
    label = f"reply-{entry.number}"
    return (
        f'<details><summary>Reply as this patient</summary><form method="post" action="/sandbox/inbound">{hidden}'
        f'<label for="{label}">What they write</label>'
        f'<textarea id="{label}" name="text" rows="2" required maxlength="1600"></textarea>'
        "<button>Send the reply</button></form></details>"
    )


def _turned_away(one: TurnedAway) -> str:
    to = f" to {shown(one.to)}" if one.to else ""
    return (
        f'<article class="card away"><header><span>Turned away{to}</span>{_time(one.at)}</header>'
        f'<p class="tags"><span class="tag bad">{shown(one.why)}</span></p></article>'
    )


def _reply(one: Replied) -> str:
    tone = "good" if one.answer.startswith("2") else "bad"
    return (
        f'<article class="card reply"><header><span>Reply from {shown(one.sender)}</span>{_time(one.at)}</header>'
        f'<p class="words" dir="auto">{escape(one.text)}</p>'
        f'<p class="tags"><span class="tag {tone}">{shown(one.answer)}</span></p></article>'
    )


def _time(at: datetime) -> str:
    return f'<time datetime="{at.isoformat(timespec="seconds")}">{at:%H:%M:%S} UTC</time>'
