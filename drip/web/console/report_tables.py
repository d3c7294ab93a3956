"""What reports say, as tables: the same for the page, for print and for a spreadsheet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from drip.core.alerts import ALERT
from drip.core.funnel import Count, Funnel, by_provider, by_sequence, by_step, funnel, why_left
from drip.core.spoken import readable


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One report."""

    name: str
    """Of its file."""
    title: str
    says: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    words: int = 1
    """How many of the first columns are words; the others are numbers."""
    bars: Sequence[Funnel] = field(default=())
    """Beside each row, what became of its messages, where that is shown as a bar."""
    ids: Sequence[tuple[str, ...]] = field(default=())
    """Of each row, the ids that its first columns are the words for: a file has both."""

    @property
    def in_file(self) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        """Columns and rows for a spreadsheet: ids stand where others look for them, and their words at the end."""
        if not self.ids:
            return self.columns, self.rows
        number = len(self.ids[0])
        told = [(*ids, *row[number:], *row[:number]) for ids, row in zip(self.ids, self.rows, strict=True)]
        return [*self.columns, *(f"{name} in words" for name in self.columns[:number])], told


PARTS = ("due", "handed over", "delivered", "not confirmed", "failed", "left out", "unclear", "opted out")


def _numbers(told: Funnel) -> Sequence[int]:
    return (
        told.due,
        told.handed_over,
        told.delivered,
        told.unconfirmed,
        told.failed,
        told.left,
        told.unclear,
        told.opted_out,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What reports are told in the terms of."""

    titles: Mapping[str, str]
    """Of sequences."""
    order: Mapping[tuple[str, str], int]
    """Where a step stands in its sequence."""
    price: float | None
    """Of one part of a text."""


def tables(counts: Sequence[Count], heard: Mapping[int, int], known: Known) -> Iterator[Table]:
    """Every report: of what goes to patients, and apart from that of alerts. Both are billed."""
    patients = to_patients(counts)
    yield _steps(patients, known)
    yield _reasons(patients)
    yield _providers(patients)
    yield _costs(counts, known)
    yield _patients(heard)
    yield _alerts([one for one in counts if one.sequence == ALERT])


def to_patients(counts: Sequence[Count]) -> Sequence[Count]:
    """Without alerts to the clinic's own people."""
    return [one for one in counts if one.sequence != ALERT]


def _steps(counts: Sequence[Count], known: Known) -> Table:
    found, titles, order = by_step(counts), known.titles, known.order
    keys = sorted(found, key=lambda key: (titles[key[0]].casefold(), order.get(key[:2], len(order)), key[1:]))
    return Table(
        name="steps",
        title="Step by step",
        says="Due: its time had come. Failed: it did not arrive, or could not be handed over. Left out: see below why. "
        "Opted out: addresses that said stop, or complained, with this as the last message before; counted on the day "
        "on which they did, and no more once they want to hear again.",
        columns=("sequence", "step", "channel", *PARTS),
        rows=[(titles[key[0]], readable(key[1]), key[2], *_numbers(found[key])) for key in keys],
        words=3,
        bars=[found[key] for key in keys],
        ids=[key[:2] for key in keys],
    )


def _reasons(counts: Sequence[Count]) -> Table:
    return Table(
        name="left-out",
        title="Why messages were left out",
        says="Each stands in its patient's story as well.",
        columns=("because", "messages"),
        rows=[(reason.sentence or "no reason was written down", number) for reason, number in why_left(counts)],
    )


def _providers(counts: Sequence[Count]) -> Table:
    found = by_provider(counts)
    return Table(
        name="providers",
        title="Delivery by provider",
        says="Of those that a provider took. Some providers never confirm, and some confirm only what goes wrong.",
        columns=("channel", "provider", "handed over", "delivered", "not confirmed", "failed", "delivered in 100"),
        rows=[(*key, *_of_provider(found[key])) for key in sorted(found)],
        words=2,
        bars=[found[key] for key in sorted(found)],
    )


def _of_provider(told: Funnel) -> Sequence[object]:
    share = round(100 * told.delivered / told.handed_over, 1) if told.handed_over else 0
    return told.handed_over, told.delivered, told.unconfirmed, told.failed, share


def _costs(counts: Sequence[Count], known: Known) -> Table:
    price = known.price
    found = {name: told.parts for name, told in sorted(by_sequence(counts).items()) if told.parts}
    rows = [(known.titles[name], parts, *_cost(parts, price)) for name, parts in found.items()]
    total = sum(found.values())
    priced = f"At {price:g} a part." if price is not None else "Write sms_price in clinic.yaml to see what they cost."
    return Table(
        name="texts",
        title="Texts, as they are billed",
        says=f"Networks bill each part of a text that a provider took, also when it did not arrive. {priced} "
        "Alerts to the clinic's own people are billed as well, and are counted here.",
        columns=("sequence", "parts", *(("cost",) if price is not None else ())),
        rows=[*rows, ("all", total, *_cost(total, price))] if rows else (),
        ids=[(name,) for name in (*found, "all")] if rows else (),
    )


def _alerts(counts: Sequence[Count]) -> Table:
    found = by_step(counts)
    return Table(
        name="alerts",
        title="Alerts to the clinic's own people",
        says="These go to colleagues and not to patients, and are in no other number here but the parts of texts and "
        "their cost. Each alert goes by one channel: by the other it is left out.",
        columns=("step", "channel", *PARTS),
        rows=[(readable(key[1]), key[2], *_numbers(found[key])) for key in sorted(found)],
        words=2,
        bars=[found[key] for key in sorted(found)],
        ids=[key[1:2] for key in sorted(found)],
    )


def _cost(parts: int, price: float | None) -> Sequence[object]:
    return () if price is None else (f"{parts * price:,.2f}",)


def _patients(heard: Mapping[int, int]) -> Table:
    most = max(heard, default=0)
    return Table(
        name="patients",
        title="How often patients heard from us",
        says="In the seven days that the period ends with, of patients who heard at all.",
        columns=("messages", "patients"),
        rows=[
            (f"{often}" + (" or more" if often == most and often > 4 else ""), heard[often]) for often in sorted(heard)
        ],
    )


def days_table(counts: Mapping[str, Sequence[Count]], days: Sequence[date]) -> Table:
    """Day by day."""
    told = [(day.isoformat(), funnel(counts.get(day.isoformat(), ()))) for day in days]
    return Table(
        name="days",
        title="Day by day",
        says="Messages stand under the day that they were planned for.",
        columns=("day", *PARTS),
        rows=[(day, *_numbers(one)) for day, one in told],
        bars=[one for _, one in told],
    )
