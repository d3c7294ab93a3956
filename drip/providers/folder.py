"""Messages as files in a folder, for a laptop, a rehearsal and the demo: nobody outside hears."""

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from threading import Lock

from drip.core.ability import Ability
from drip.core.evidence import Lost, Trace
from drip.core.handover import Accepted, NotTaken, Outcome, Refused
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.news import Callback, News
from drip.core.reason import Reason
from drip.providers.ledger import Entry, Ledger
from drip.providers.mail import as_mail, refusal
from drip.providers.outbox_page import Chosen, LeftOut, Person, write_index


class FolderProvider:
    """`<folder>/<local date>/<time>-<attempt id>.eml` or `.txt`, a list of them, and a page to read them on.

    A file appears whole or not at all, whatever happens to this process. No fsync: it would take four times as long,
    and only a power cut, on a folder that reaches nobody, could tell the difference.
    """

    name = "folder"
    channels = frozenset(Channel)
    ability = Ability(reaches_people=False, keeps_a_list=True)

    def __init__(self, folder: Path, *, zone: tzinfo = UTC) -> None:
        self._folder = folder
        self._zone = zone
        self._lock = Lock()
        self._ledger = Ledger(folder)
        self._files: dict[str, str] = {}
        self._write_page: Callable[[], Path] = partial(write_index, folder, title="Outbox", zone=zone)
        self._page_is_old = False

    def hand_over(self, letter: Letter) -> Outcome:
        """Write the message as a file. The same attempt again changes nothing and gets the same answer."""
        refused = refusal(letter)
        if refused is not None:
            return refused
        content = as_mail(letter, self._zone) if letter.channel is Channel.EMAIL else self._text_message(letter)
        if isinstance(content, Refused):
            return content
        try:
            with self._lock:
                return Accepted(self._find(letter.attempt_id) or self._write(letter, content))
        except OSError as trouble:
            problem = trouble.strerror or "not written in full"
            return NotTaken(Reason.PROVIDER_DOWN, detail=f"the outbox folder cannot be written: {problem}")

    def find(self, lost: Lost) -> Sequence[Trace] | None:
        """The attempt's file, if it is there; its path within the folder is the reference."""
        try:
            with self._lock:
                file = self._find(lost.attempt_id)
        except OSError:
            return None
        return [Trace(ref=file, attempt_id=lost.attempt_id)] if file else []

    def hear(self, callback: Callback) -> News | None:
        """A folder never calls back."""
        return None

    def finish(
        self,
        *,
        title: str,
        zone: tzinfo | None = None,
        people: Mapping[str, Person] | None = None,
        left_out: Sequence[LeftOut] = (),
        first: Sequence[Chosen] = (),
    ) -> Path:
        """Write `index.html`, where every message can be read as the patient would see it."""
        where = partial(write_index, self._folder, title=title, zone=zone or self._zone)
        self._write_page = partial(where, people=people, left_out=left_out, first=first)
        self._page_is_old = False
        return self._write_page()

    def close(self) -> None:
        """Bring the page up to date if messages came since it was written. Safe to repeat."""
        with self._lock:
            self._ledger.close()
            page_is_old, self._page_is_old = self._page_is_old, False
        if page_is_old:
            with contextlib.suppress(OSError):  # an unwritable folder was already said at every hand-over
                self._write_page()

    def _find(self, attempt_id: str) -> str | None:
        if attempt_id not in self._files:
            self._files |= {entry.attempt_id: entry.file for entry in self._ledger.news()}
        file = self._files.get(attempt_id)
        return file if file and (self._folder / file).is_file() else None

    def _write(self, letter: Letter, content: bytes) -> str:
        """Hidden file, then its line in the list, then the name: a crash between them leaves no message behind."""
        local = letter.handed_at.astimezone(self._zone)
        name = f"{local:%H%M%S}-{letter.attempt_id}.{'eml' if letter.channel is Channel.EMAIL else 'txt'}"
        day = self._folder / local.date().isoformat()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        day.mkdir(mode=0o700, exist_ok=True)
        file = f"{day.name}/{name}"
        entry = Entry(
            attempt_id=letter.attempt_id,
            message_id=letter.message_id,
            channel=letter.channel,
            to=letter.to,
            at=letter.handed_at,
            file=file,
            parts=letter.words.parts,
        )
        self._place(day, name, content, entry)
        self._files[letter.attempt_id] = file
        self._page_is_old = True
        return file

    def _place(self, day: Path, name: str, content: bytes, entry: Entry) -> None:
        hidden = day / f".{name}"
        try:
            with open(hidden, "wb", opener=_private) as file:
                file.write(content)
            self._ledger.add(entry)
            hidden.replace(day / name)
        except OSError:
            with contextlib.suppress(OSError):
                hidden.unlink(missing_ok=True)
            raise

    def _text_message(self, letter: Letter) -> bytes:
        sender = f"{letter.sender_name} <{letter.sender}>" if letter.sender_name else letter.sender
        at = letter.handed_at.astimezone(self._zone).isoformat(timespec="seconds")
        return f"To: {letter.to}\nFrom: {sender}\nTime: {at}\n\n{letter.words.text}".encode()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
