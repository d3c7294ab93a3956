"""Emails for the frame of a preview, for minutes and in memory alone: what is real in them is stored nowhere."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

KEPT_FOR = timedelta(minutes=15)
MOST = 300


@dataclass(frozen=True, slots=True)
class _Kept:
    owner: str
    html: str = field(repr=False)
    since: datetime


class Shelf:
    """What was made for one person is shown to nobody else. Safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, owner: str, html: str, now: datetime) -> str:
        """Keep it; answers under which name. What is too old goes, and then the oldest make room."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._kept[name] = _Kept(owner, html, now)
            while len(self._kept) > MOST or now - next(iter(self._kept.values())).since > KEPT_FOR:
                self._kept.popitem(last=False)
        return name

    def take(self, owner: str, name: str, now: datetime) -> str | None:
        """What is kept under that name, if it is this person's and not too old."""
        with self._lock:
            kept = self._kept.get(name)
        if kept is None or kept.owner != owner or now - kept.since > KEPT_FOR:
            return None
        return kept.html


SHELF = Shelf()
"""One for all pages of this process."""
