"""A file of patients to enrol -> what is wrong in which cell, and what it would come to. Nothing of it is stored."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from drip.app import App
from drip.bookings.by_hand_file import Row, Sheet, read_sheet
from drip.bookings.parsed import Parsed
from drip.flows.by_hand import Entry, Misplaced, place
from drip.flows.foresee import Outlook, foresee
from drip.flows.known_words import KnownWords, known_words
from drip.store import enrolments

NAMESAKE = "Somebody of the same name and date of birth has another record as well."


@dataclass(frozen=True, slots=True, kw_only=True)
class Joins:
    """How many would join a sequence, and what they would hear."""

    title: str
    patients: int = 0
    messages: int = 0
    left_out: int = 0
    """Messages that would not go: their time has passed, or nothing can reach the patient there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A file that was looked at, row by row."""

    sheet: Sheet
    entries: tuple[Entry, ...] = ()
    """What can be taken in: every row, or none while any is wrong."""
    outlooks: Mapping[int, Outlook] = field(default_factory=dict)
    """By a row's number; empty while any row is wrong."""
    doubts: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """By a row's number: field -> a word that nothing is known of. It keeps nothing out."""

    @property
    def is_right(self) -> bool:
        """Whether all of it can be taken in."""
        return self.sheet.is_right

    @property
    def wrong_rows(self) -> int:
        """How many rows have something wrong in them."""
        return sum(not row.parsed for row in self.sheet.rows)

    @property
    def known(self) -> int:
        """How many rows were taken in before."""
        return sum(one.is_known for one in self.outlooks.values())

    @property
    def in_nothing(self) -> tuple[int, ...]:
        """The new rows that would begin nothing."""
        return tuple(number for number, one in self.outlooks.items() if not one.is_known and not one.joins)

    @property
    def warnings(self) -> Sequence[tuple[str, Sequence[int]]]:
        """What to know before saying yes, each once, with the rows it is about."""
        told: dict[str, list[int]] = {}
        twice = self._namesakes() if self.outlooks else frozenset[int]()
        for number, one in self.outlooks.items():
            namesake = [NAMESAKE] if one.also or number in twice else []
            for says in (*one.warnings, *one.ends, *one.asks, *namesake):
                told.setdefault(says, []).append(number)
        return list(told.items())

    def _namesakes(self) -> frozenset[int]:
        """Rows about people of one name and birth under different numbers."""
        by_name: dict[tuple[str, ...], dict[str, int]] = {}
        for row, one in zip(self.sheet.rows, (entry.parsed for entry in self.entries), strict=True):
            number = row.number
            facts = one.event.patient
            who = tuple(str(facts.get(name)).casefold() for name in ("first_name", "last_name", "date_of_birth"))
            if facts.get("date_of_birth"):
                by_name.setdefault(who, {}).setdefault(one.patient_ref, number)
        return frozenset(number for refs in by_name.values() if len(refs) > 1 for number in refs.values())

    @property
    def joins(self) -> Sequence[Joins]:
        """What would begin, most first. Rows of one patient tell of the same: that counts once."""
        each = {one.enrolment: one for outlook in self.outlooks.values() for one in outlook.joins}.values()
        goes, stays = Counter[str](), Counter[str]()
        for one in each:
            goes[one.title] += sum(message.goes for message in one.messages)
            stays[one.title] += sum(not message.goes for message in one.messages)
        counted = Counter(title for title, _ in {(one.title, one.patient) for one in each}).most_common()
        return [Joins(title=title, patients=n, messages=goes[title], left_out=stays[title]) for title, n in counted]


def check_file(app: App, content: bytes, sites: Collection[str], now: datetime) -> Checked:
    """Every row as it would be taken in for somebody who sees these sites; none named is all."""
    sheet = read_sheet(content, app.clinic, now, site=next(iter(sites)) if len(sites) == 1 else "")
    parsed = [row.parsed for row in sheet.rows if row.parsed]
    with app.store.read() as tx:
        placed = place(tx, parsed, sites) if parsed else []
    of_row = {one.index: where for one, where in zip(parsed, placed, strict=True)}
    sheet = replace(sheet, rows=tuple(_with_place(row, row.parsed, of_row) for row in sheet.rows))
    entries = [one for one in placed if isinstance(one, Entry)]
    known = known_words(app)
    doubts = {row.number: found for row in sheet.rows if row.parsed and (found := known.doubts(row.parsed.event))}
    sheet = replace(sheet, rows=tuple(_with_languages(row, known) for row in sheet.rows))
    return Checked(sheet=sheet, entries=tuple(entries) if sheet.is_right else (), doubts=doubts)


def _with_languages(row: Row, known: KnownWords) -> Row:
    """Where what was typed is no language: which there are."""
    if "language" not in row.wrong:
        return row
    return replace(row, wrong={**row.wrong, "language": f"Write one of: {', '.join(known.languages)}."})


def foresee_file(app: App, checked: Checked, sites: Collection[str], now: datetime) -> Checked:
    """With what every row would come to, where all of them are right."""
    outlooks = [_for_them(app, one, sites) for one in foresee(app, checked.entries, now)]
    numbers = [row.number for row in checked.sheet.rows]
    return replace(checked, outlooks=dict(zip(numbers, outlooks, strict=True)))


def _with_place(row: Row, parsed: Parsed | None, of_row: Mapping[int, Entry | Misplaced]) -> Row:
    where = of_row.get(parsed.index) if parsed else None
    if not isinstance(where, Misplaced):
        return row
    return replace(row, parsed=None, wrong={where.field: where.message})


def _for_them(app: App, outlook: Outlook, sites: Collection[str]) -> Outlook:
    """Without records of sites that this person is told nothing of."""
    if not outlook.also or not sites:
        return outlook
    with app.store.read() as tx:
        return replace(outlook, also=tuple(sorted(enrolments.at_sites(tx, outlook.also, sites))))
