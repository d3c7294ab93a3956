"""What was sent and what was written back -> one conversation, with what each reply came to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drip.app import App
from drip.core.asked import asked
from drip.core.model import Channel
from drip.core.replies import Word
from drip.core.spoken import readable
from drip.flows.called import called
from drip.flows.titles import titles
from drip.store import conversations, patients, sent_words
from drip.store.conversations import Became, Place, ReplyRow, SentRow, Whose
from drip.store.database import Tx
from drip.store.patients import PatientRow

LINE = 120
"""Letters of an email that are shown before somebody opens it."""

UNREADABLE = "The record of this patient cannot be unsealed: see `drip doctor`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing that was said, by the clinic or to it."""

    id: str
    at: datetime
    is_ours: bool
    channel: Channel
    patient_id: str | None
    patient: str = field(repr=False)
    """Name and reference; empty where nobody is known at the address."""
    subject: str = field(default="", repr=False)
    words: str = field(repr=False)
    begins: str = field(default="", repr=False)
    """Of an email of ours: it is long, and hides what the patient wrote unless only so much shows at first."""
    about: str = ""
    """Which step it was, or was an answer to."""
    came_to: Sequence[str] = ()
    waits: bool = False
    """A person must still see to it."""
    is_red_flag: bool = False

    @property
    def place(self) -> Place:
        """Where it stands: what is older comes after it."""
        return self.at, self.id


def replies_of(tx: Tx, rows: Sequence[ReplyRow]) -> list[Said]:
    """These replies in words, in their order."""
    people = patients.readable(tx, {row.patient_id for row in rows if row.patient_id})
    tasks = conversations.became(tx, rows)
    return [_reply(tx, row, people, tasks.get(row.id, ())) for row in rows]


def conversation(app: App, tx: Tx, row: PatientRow, *, limit: int, before: Place | None = None) -> list[Said]:
    """What was sent to one patient and what they wrote, newest first: at most `limit` of both together."""
    told = replies_of(tx, conversations.page(tx, Whose(patient_id=row.id), limit=limit, before=before))
    sent = conversations.sent(tx, row.id, limit=limit, before=before)
    bodies = sent_words.words_of(tx, {one.attempt_id: row.data_key for one in sent})
    named = titles(app, tx)
    ours = [_sent(app, one, row, bodies.get(one.attempt_id) or {}, named[one.sequence]) for one in sent]
    return sorted([*told, *ours], key=lambda one: one.place, reverse=True)[:limit]


def _reply(tx: Tx, row: ReplyRow, people: Mapping[str, PatientRow], tasks: Sequence[Became]) -> Said:
    keys = {one.id: one.data_key for one in people.values()}
    person = people.get(row.patient_id or "")
    words = conversations.words_of(tx, row, keys)
    return Said(
        id=row.id,
        at=row.received_at,
        is_ours=False,
        channel=row.channel,
        patient_id=row.patient_id,
        patient=called(person) if person else "",
        words=UNREADABLE if words is None else words,
        about=row.answers or "",
        came_to=list(_came_to(row, tasks)),
        waits=any(one.done_at is None for one in tasks),
        is_red_flag=any(one.kind == "red_flag" and one.done_at is None for one in tasks),
    )


_READ_AS = {
    Word.STOP: "Read as a stop: nothing more goes to this address.",
    Word.START: "Read as wanting to hear from us again.",
    Word.HELP: "Read as a question who this is: they were told, if they had not been a moment ago.",
}


def _came_to(row: ReplyRow, tasks: Sequence[Became]) -> Iterator[str]:
    """In sentences, so that nobody has to guess whether anything was done about it."""
    if row.word in _READ_AS:
        yield _READ_AS[row.word]
    if row.answers and row.word not in _READ_AS:
        yield f"It answers “{readable(row.answers)}”."
    for one in tasks:
        name = asked(one.kind).title
        done = f"{name}: done by {one.done_by}." if one.done_by else f"{name}: settled."
        yield f"{name}: waits for a person." if one.done_at is None else done
    if not tasks and row.word not in _READ_AS and not row.answers:
        yield "Nobody was asked to look at it."


def _sent(app: App, one: SentRow, row: PatientRow, said: Mapping[str, str | None], title: str) -> Said:
    words = said.get("text") or ""
    return Said(
        id=one.attempt_id,
        at=one.at,
        is_ours=True,
        channel=one.channel,
        patient_id=row.id,
        patient=called(row),
        subject=said.get("subject") or "",
        words=words or "Its words are not kept any more.",
        begins=_first_line(words, app.clinic.name) if one.channel is Channel.EMAIL else "",
        about=f"“{readable(one.step)}” of “{title}”",
        came_to=[f"It stands as {one.state}."],
    )


def _first_line(words: str, clinic: str) -> str:
    """The first line that says something: emails bear the clinic's name above their words."""
    lines = (line.strip() for line in words.splitlines())
    line = next((line for line in lines if line and line != clinic), "")
    return line if len(line) <= LINE else f"{line[: LINE - 1].rstrip()}…"
