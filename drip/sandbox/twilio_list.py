"""Reading back what Twilio took: one message, or the list."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from drip import clock
from drip.sandbox.ledger import Entry, Ledger
from drip.sandbox.rules import as_json
from drip.sandbox.script import Behaviour, Receipts
from drip.sandbox.twilio_shape import error, message, page, sent_at, status_of
from drip.sandbox.wire import Answer

MOST_ON_A_PAGE = 1000
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FILTERS = frozenset(("To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioList:
    """Answers questions about messages."""

    ledger: Ledger

    def one(self, account: str, sid: str, how: Behaviour) -> Answer:
        """A message by its sid."""
        if how.listing.state == "down":
            return error(None, 503)
        entry = self.ledger.entry(sid)
        if entry is None or entry.provider != "twilio" or entry.account != account:
            return error(20404, 404)
        return as_json(200, _written(entry, clock.now(), how))

    def page(self, account: str, query: str, how: Behaviour) -> Answer:
        """A page of the list, newest first."""
        if how.listing.state == "down":
            return error(None, 503)
        asked, now = dict(parse_qsl(query)), clock.now()
        wanted = _wanted(asked, how.receipts, now)
        size, number = _number(asked.get("PageSize", "50")), _number(asked.get("Page", "0"))
        if wanted is None or not size or number is None or asked.keys() - _FILTERS:
            return error(20001, 400)
        size = min(size, MOST_ON_A_PAGE)
        asked["PageSize"] = str(size)
        seen = now - timedelta(seconds=how.listing.lag)
        candidates = self.ledger.of_address(asked["To"]) if asked.get("To") else self.ledger.newest_first()
        found = (e for e in candidates if e.provider == "twilio" and e.account == account and e.at <= seen)
        shown, has_more = _first(size, (e for e in _from(asked.get("PageToken"), found) if wanted(e)))
        written = [_written(entry, now, how) for entry in shown]
        return page(account, written, asked, number, shown[-1].ref if has_more else None)


def _written(entry: Entry, now: datetime, how: Behaviour) -> dict[str, Any]:
    receipts = how.receipts
    return message(entry, status_of(entry, now, receipts), sent_at(entry, receipts), blank=how.listing.blank_bodies)


def _first(size: int, entries: Iterable[Entry]) -> tuple[list[Entry], bool]:
    """So many, and whether there are others."""
    shown: list[Entry] = []
    for entry in entries:
        if len(shown) == size:
            return shown, True
        shown.append(entry)
    return shown, False


def _from(token: str | None, entries: Iterable[Entry]) -> Iterable[Entry]:
    """Those after the last one of the page before, so that new messages do not shift the pages."""
    passed = not token
    for entry in entries:
        if passed:
            yield entry
        passed = passed or f"PA{entry.ref}" == token


def _wanted(asked: dict[str, str], how: Receipts, now: datetime) -> Callable[[Entry], bool] | None:
    """The filters; None if a date cannot be read. What has not been sent has no date yet, and passes none of them."""
    tests: list[Callable[[datetime], bool]] = []
    for name, side in (("DateSent", "on"), ("DateSent<", "until"), ("DateSent>", "from")):
        if asked.get(name):
            span = _span(asked[name])
            if span is None:
                return None
            tests.append(_date_test(span, side))
    sender = asked.get("From")
    if tests:
        tests.append(lambda sent: sent <= now)
    return lambda entry: (not sender or entry.sender == sender) and all(test(sent_at(entry, how)) for test in tests)


def _date_test(span: tuple[datetime, datetime], side: str) -> Callable[[datetime], bool]:
    begins, ends = span
    if side == "on":  # equality is by the day, whatever time is written with it
        return lambda at: at.date() == begins.date()
    return (lambda at: at < ends) if side == "until" else (lambda at: at >= begins)


def _span(written: str) -> tuple[datetime, datetime] | None:
    """A day in UTC, or an instant."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at, at + (timedelta(days=1) if _DAY.fullmatch(written) else timedelta(seconds=1))


def _number(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 9 else None
