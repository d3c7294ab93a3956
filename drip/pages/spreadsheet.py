"""Tables for spreadsheet programs, in which no cell is ever taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

BOM = "\ufeff"
"""By which Excel knows that it is UTF-8."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that Excel or LibreOffice would reckon with, or even run."""


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """One file. Numbers stay numbers; any text that could be a formula begins with an apostrophe instead."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow([_safe(one) for one in columns])
    writer.writerows([_safe(one) for one in row] for row in rows)
    return (BOM + written.getvalue()).encode()


def _safe(cell: object) -> object:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell
    text = "" if cell is None else str(cell).replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
