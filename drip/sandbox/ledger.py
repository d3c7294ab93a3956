"""The truth: what was accepted, whatever the answer said, and what was told of it afterwards."""

import json
import os
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from drip.sandbox.wire import Request

MOST_ENTRIES = 1_000_000
MOST_LETTERS = 500_000_000
"""Of all words together: what keeps an endless run from filling the memory."""
MOST_TURNED_AWAY = 1_000
MOST_REQUESTS = 200
LARGEST_KEPT = 1_000_000
"""Bytes of a request that is remembered."""
MOST_REPLIES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One callback, and what was answered to it."""

    says: str
    at: datetime
    answer: str
    """The status, or why there was none."""
    forged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message that was accepted."""

    number: int = 0
    provider: str
    ref: str
    to: str = field(repr=False)
    sender: str = field(repr=False)
    text: str = field(repr=False)
    subject: str | None = field(default=None, repr=False)
    attempt: str | None = None
    """Our own id of the attempt, as it travelled with the message."""
    message: str | None = None
    at: datetime
    fault: str = "ok"
    ends: str = "delivered"
    """What becomes of it in the end, in the provider's word."""
    code: int | None = None
    """Twilio's number for why it did not arrive."""
    account: str = ""
    callback_url: str = field(default="", repr=False)
    extra: dict[str, Any] = field(default_factory=dict, repr=False)
    """What else came with it and is needed later: custom arguments, reply address."""
    told: tuple[Told, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the ledger's file and page."""
        return {
            "number": self.number, "provider": self.provider, "ref": self.ref, "to": self.to, "from": self.sender,
            "text": self.text, "subject": self.subject, "attempt": self.attempt, "message": self.message,
            "at": self.at.isoformat(), "fault": self.fault, "ends": self.ends, "code": self.code,
            "callbacks": [_told_as_json(told) for told in self.told],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAway:
    """A call that was answered, or not, and accepted nothing."""

    provider: str
    to: str = field(repr=False)
    attempt: str | None
    at: datetime
    why: str

    def as_json(self) -> dict[str, Any]:
        """For the ledger's page."""
        return {"provider": self.provider, "to": self.to, "attempt": self.attempt, "at": self.at.isoformat(),
                "why": self.why}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """What a patient wrote back, and what was answered to the callback that carried it."""

    sender: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime
    answer: str

    def as_json(self) -> dict[str, Any]:
        """For the ledger's page."""
        return {"from": self.sender, "text": self.text, "at": self.at.isoformat(), "answer": self.answer}


class Ledger:
    """In memory, and in a file if there is one. Safe to read from any thread while the sandbox writes."""

    def __init__(self, file: Path | None = None, *, most: int = MOST_ENTRIES, most_letters: int = MOST_LETTERS) -> None:
        self._most, self._most_letters = most, most_letters
        self._lock = Lock()
        self._file = _open_for_owner(file) if file else None
        self.reset()

    def reset(self) -> None:
        """Forget everything in memory; the file keeps it."""
        with self._lock:
            self._entries: dict[int, Entry] = {}
            self._by_ref: dict[str, int] = {}
            self._by_attempt: dict[str, list[int]] = {}
            self._by_address: dict[str, deque[int]] = {}
            self._letters = 0
            self._number = 0
            self._turned_away: deque[TurnedAway] = deque(maxlen=MOST_TURNED_AWAY)
            self._replies: deque[Replied] = deque(maxlen=MOST_REPLIES)
            self._requests: deque[Request] = deque(maxlen=MOST_REQUESTS)
            self._calls: Counter[tuple[str, str]] = Counter()

    def close(self) -> None:
        """Let go of the file. Safe to repeat."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    # Writing: only the sandbox's own thread.

    def accept(self, entries: Sequence[Entry]) -> list[Entry]:
        """Keep these, in the file first: OSError means that nothing was accepted."""
        with self._lock:
            numbered = [replace(entry, number=self._number + n) for n, entry in enumerate(entries, start=1)]
            self._write([{"what": "accepted", **entry.as_json()} for entry in numbered])
            self._number += len(numbered)
            for entry in numbered:
                self._keep(entry)
            self._calls[numbered[0].provider, numbered[0].fault] += 1
            return numbered

    def turn_away(self, turned: TurnedAway) -> None:
        """Remember a call that accepted nothing."""
        with self._lock:
            self._turned_away.append(turned)
            self._calls[turned.provider, turned.why] += 1

    def remember(self, request: Request) -> None:
        """Keep a call as it came, for whoever tests an adapter."""
        if len(request.body) <= LARGEST_KEPT:
            self._requests.append(request)

    def hear(self, replied: Replied) -> None:
        """Remember what a patient wrote back."""
        with self._lock:
            self._replies.append(replied)

    def tell(self, number: int, told: Told) -> None:
        """Add what was answered to a callback."""
        with self._lock:
            if entry := self._entries.get(number):
                self._entries[number] = replace(entry, told=(*entry.told, told))
                self._write([{"what": "callback", "ref": entry.ref, **_told_as_json(told)}])

    def _keep(self, entry: Entry) -> None:
        self._entries[entry.number] = entry
        self._by_ref.setdefault(entry.ref, entry.number)
        if entry.attempt:
            self._by_attempt.setdefault(entry.attempt, []).append(entry.number)
        self._by_address.setdefault(entry.to.lower(), deque()).append(entry.number)
        self._letters += len(entry.text)
        while len(self._entries) > self._most or self._letters > self._most_letters:
            self._forget(self._entries.pop(next(iter(self._entries))))

    def _forget(self, entry: Entry) -> None:
        """Always the oldest, so it is the first wherever it is listed."""
        self._letters -= len(entry.text)
        self._by_ref.pop(entry.ref, None)
        of_address = self._by_address[entry.to.lower()]
        of_address.popleft()
        if not of_address:
            del self._by_address[entry.to.lower()]
        if entry.attempt:
            of_attempt = self._by_attempt[entry.attempt]
            del of_attempt[0]
            if not of_attempt:
                del self._by_attempt[entry.attempt]

    def _write(self, documents: list[dict[str, Any]]) -> None:
        if self._file is not None:
            line = "".join(json.dumps(document) + "\n" for document in documents).encode()
            if os.write(self._file, line) != len(line):
                raise OSError("the ledger's file took only a part")

    # Reading: any thread.

    def entries(self, *, after: int = 0, most: int | None = None) -> list[Entry]:
        """What was accepted, oldest first, from after this number on."""
        with self._lock:
            kept = [entry for entry in self._entries.values() if entry.number > after] if after else [
                *self._entries.values()]  # fmt: skip
        return kept if most is None else kept[:most]

    def latest(self, most: int) -> list[Entry]:
        """The newest, newest first."""
        with self._lock:
            return [entry for entry, _ in zip(reversed(self._entries.values()), range(most), strict=False)]

    def entry(self, ref: str) -> Entry | None:
        """By the provider's reference."""
        with self._lock:
            number = self._by_ref.get(ref)
            return None if number is None else self._entries[number]

    def of_attempt(self, attempt: str) -> list[Entry]:
        """What was accepted for one attempt of ours; more than one is a message sent twice."""
        with self._lock:
            return [self._entries[number] for number in self._by_attempt.get(attempt, ())]

    def of_address(self, address: str) -> list[Entry]:
        """What was accepted for one address, newest first."""
        with self._lock:
            return [self._entries[number] for number in reversed(self._by_address.get(address.lower(), ()))]

    def newest_first(self) -> Iterator[Entry]:
        """All, newest first."""
        with self._lock:
            return iter([*reversed(self._entries.values())])

    def turned_away(self) -> list[TurnedAway]:
        """The last calls that accepted nothing, oldest first."""
        with self._lock:
            return [*self._turned_away]

    def replies(self) -> list[Replied]:
        """The last that patients wrote back, oldest first."""
        with self._lock:
            return [*self._replies]

    def requests(self) -> list[Request]:
        """The last calls to the providers as they came, oldest first."""
        return [*self._requests]

    def calls(self) -> dict[tuple[str, str], int]:
        """How many calls met what: by provider, and name of the fault or of the refusal."""
        with self._lock:
            return dict(self._calls)

    @property
    def count(self) -> int:
        """How many messages were accepted, those included that there was no room to keep."""
        return self._number


def _told_as_json(told: Told) -> dict[str, Any]:
    return {"says": told.says, "at": told.at.isoformat(), "answer": told.answer, "forged": told.forged}


def _open_for_owner(path: Path) -> int:
    """For this user's eyes only, even if it was there before."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor
