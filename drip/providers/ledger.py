"""The list of everything an outbox folder holds: one line of JSON per message, only ever added to."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from drip.core.model import Channel

NAME = "index.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message in the folder. A line is written before its file appears, so a line alone proves nothing."""

    attempt_id: str
    message_id: str
    channel: Channel
    to: str = field(repr=False)
    at: datetime
    file: str
    """Relative to the folder, with `/`."""
    parts: int = 0
    """Of a text."""


class Ledger:
    """Not thread-safe: whoever owns it holds the lock. Several processes may add to one file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._file: int | None = None
        self._read_to = 0

    def add(self, entry: Entry) -> None:
        """One line in one write, after whatever a crash may have left of an earlier one."""
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        size = os.fstat(self._file).st_size
        torn = size > 0 and os.pread(self._file, 1, size - 1) != b"\n"
        line = json.dumps(asdict(entry) | {"at": entry.at.isoformat()}, ensure_ascii=False).encode() + b"\n"
        if os.write(self._file, b"\n" + line if torn else line) < len(line):
            raise OSError("the outbox's list could not be written in full")

    def news(self) -> Iterator[Entry]:
        """The entries added since the last look, by anyone. A torn last line waits until it is whole."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read_to)
                fresh = file.read()
        except FileNotFoundError:
            return
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            entry = _entry(line)
            if entry is not None:
                yield entry

    def close(self) -> None:
        """Safe to repeat; a later `add` opens it again."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def read_entries(folder: Path) -> list[Entry]:
    """Every message whose file is there, once each, in the order it was written."""
    entries = {entry.attempt_id: entry for entry in Ledger(folder).news()}
    return [entry for entry in entries.values() if (folder / entry.file).is_file()]


def _entry(line: bytes) -> Entry | None:
    """What a line says; nothing if a crash tore it or a hand spoilt it."""
    try:
        told = json.loads(line)
        entry = Entry(**told | {"channel": Channel(told["channel"]), "at": datetime.fromisoformat(told["at"])})
    except (ValueError, TypeError, KeyError):
        return None
    inside = not (entry.file.startswith("/") or ".." in entry.file.split("/"))
    return entry if inside and entry.at.tzinfo is not None else None
