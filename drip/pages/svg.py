"""Pictures of numbers. They stretch to any width: what must stay readable is not written in them but beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

HEIGHT = 100
GAP = 0.14
"""Between two bars, of a bar's width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A column of a picture: its layers from the ground up, each with the name of its colour."""

    says: str
    layers: Sequence[tuple[str, int]]

    @property
    def total(self) -> int:
        """How high it is."""
        return sum(number for _, number in self.layers)


def top_of(most: int) -> int:
    """The next round number: four lines divide what lies below it into whole steps."""
    step = max(1, -(-most // 4))
    power = int("1" + "0" * (len(str(step)) - 1))
    return -(-step // power) * power * 4


def bars(columns: Sequence[Bar], top: int, says: str) -> str:
    """Columns side by side, each with what it says when it is pointed at."""
    lines = "".join(
        f'<line x1="0" x2="{len(columns)}" y1="{y}" y2="{y}"/>' for y in (HEIGHT * quarter // 4 for quarter in range(4))
    )
    drawn = "".join(_bar(number, one, top) for number, one in enumerate(columns))
    return _picture(len(columns), HEIGHT, says, f'<g class="lines">{lines}</g>{drawn}')


def _bar(number: int, bar: Bar, top: int) -> str:
    pieces, ground = [f"<title>{escape(bar.says)}</title>"], float(HEIGHT)
    for colour, many in bar.layers:
        height = many * HEIGHT / top
        ground -= height
        if many:
            pieces.append(
                f'<rect class="{colour}" x="{number + GAP / 2:.2f}" y="{ground:.2f}" width="{1 - GAP:.2f}" '
                f'height="{height:.2f}"/>'
            )
    # The whole column can be pointed at, however low it is.
    pieces.append(f'<rect class="hold" x="{number}" y="0" width="1" height="{HEIGHT}"/>')
    return f"<g>{''.join(pieces)}</g>"


def heat(cells: Mapping[tuple[int, int], int], rows: int, columns: range, names: Sequence[str], says: str) -> str:
    """A grid whose cells are the darker the more they hold; `columns` are hours of the day, `names` those of rows."""
    most = max(cells.values(), default=0) or 1
    drawn = []
    for row in range(rows):
        for column, hour in enumerate(columns):
            number = cells.get((row, hour), 0)
            shade = 0.0 if not number else 0.12 + 0.88 * number / most
            title = f"{names[row]} {hour:02}:00 to {hour + 1:02}:00: {number:,}"
            drawn.append(
                f'<g><title>{escape(title)}</title><rect class="cell" x="{column + 0.04:.2f}" y="{row + 0.06:.2f}" '
                f'width="0.92" height="0.88"/><rect class="warm" x="{column + 0.04:.2f}" y="{row + 0.06:.2f}" '
                f'width="0.92" height="0.88" fill-opacity="{shade:.3f}"/></g>'
            )
    return _picture(len(columns), rows, says, "".join(drawn))


def _picture(width: int, height: int, says: str, inside: str) -> str:
    return (
        f'<svg viewBox="0 0 {max(width, 1)} {height}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(says)}">{inside}</svg>'
    )
