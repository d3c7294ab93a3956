"""What pages are put together from: figures, pictures with their scales, tables. Every word passes through `shown`."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from drip.pages.svg import Bar, bars, heat, top_of

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_LABELS = 6


def shown(words: object) -> str:
    """For the page."""
    return escape(str(words))


def facts(told: Iterable[tuple[str, str, str]]) -> str:
    """Numbers that one wants to know first: what, how many, and a word on it."""
    items = "".join(
        f"<div><dt>{shown(what)}</dt><dd><b>{shown(number)}</b> <span>{shown(note)}</span></dd></div>"
        for what, number, note in told
    )
    return f'<dl class="facts">{items}</dl>'


def section(name: str, title: str, words: str, body: str) -> str:
    """A part of a page, with one sentence on what it shows."""
    told = f"<p>{shown(words)}</p>" if words else ""
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{shown(title)}</h2>{told}{body}</section>'


def chart(columns: Sequence[Bar], labels: Mapping[int, str], says: str, legend: Mapping[str, str] | None = None) -> str:
    """Columns with a scale. `labels`: what stands below which column; `legend`: what each colour means."""
    top = top_of(max((one.total for one in columns), default=0))
    scale = "".join(f"<span>{top * quarter // 4:,}</span>" for quarter in (4, 3, 2, 1, 0))
    below = "".join(
        f'<span class="{_side(number, len(columns))}" style="left:{100 * (number + 0.5) / len(columns):.2f}%">'
        f"{shown(label)}</span>"
        for number, label in labels.items()
    )
    return (
        f'<figure class="chart">{_legend(legend or {})}<div class="scale" aria-hidden="true">{scale}</div>'
        f'<div class="plot">{bars(columns, top, says)}</div>'
        f'<div class="below" aria-hidden="true">{below}</div></figure>'
    )


def _side(number: int, of: int) -> str:
    """Labels at the edges stay within the picture."""
    place = (number + 0.5) / of
    return "first" if place < 0.06 else "last" if place > 0.94 else ""


def _legend(legend: Mapping[str, str]) -> str:
    if not legend:
        return ""
    items = "".join(f'<li><i class="{colour}"></i>{shown(means)}</li>' for colour, means in legend.items())
    return f'<ul class="legend">{items}</ul>'


def some_of(labels: Sequence[str]) -> dict[int, str]:
    """Few enough of the labels that they do not touch on a telephone."""
    every = -(-len(labels) // MOST_LABELS)
    return {number: label for number, label in enumerate(labels) if number % every == 0}


def week_heat(cells: Mapping[tuple[int, int], int], says: str) -> str:
    """Weekdays as rows, the hours in which anything happens as columns."""
    hours = range(min(hour for _, hour in cells), max(hour for _, hour in cells) + 1) if cells else range(8, 18)
    days = "".join(f"<span>{day}</span>" for day in WEEKDAYS)
    below = "".join(f"<span>{hour:02}</span>" for hour in hours)
    return (
        f'<figure class="heat"><div class="scale" aria-hidden="true">{days}</div>'
        f'<div class="plot">{heat(cells, 7, hours, WEEKDAYS, says)}</div>'
        f'<div class="hours" aria-hidden="true">{below}</div></figure>'
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], numbers: frozenset[int] = frozenset()) -> str:
    """A table; the columns in `numbers` (from 0) are set to the right. On a telephone each cell says what it is."""
    head = "".join(
        f'<th scope="col"{_right(number in numbers)}>{shown(name)}</th>' for number, name in enumerate(columns)
    )
    body = "".join(f"<tr>{''.join(_cell(columns, numbers, number, told) for number, told in enumerate(row))}</tr>"
                   for row in rows)  # fmt: skip
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(columns: Sequence[str], numbers: frozenset[int], number: int, told: object) -> str:
    words = f"{told:,}" if isinstance(told, int) else shown(told)
    if number == 0:
        return f'<th scope="row">{words}</th>'
    return f'<td data-name="{shown(columns[number])}"{_right(number in numbers)}>{words}</td>'


def _right(is_number: bool) -> str:
    return ' class="number"' if is_number else ""
