"""The approver's name and dates, written into a sequence's own file: what is said of it elsewhere stands there too."""

from dataclasses import dataclass
from datetime import date

from drip.content.amend import drop, put
from drip.content.sequence_file import load_sequence
from drip.content.written import CannotAmend

ORDER = ("author", "approved_by", "registration", "approved_on", "review_due", "evidence", "interests")


class CannotSign(Exception):
    """The file is written in a way in which its review cannot be changed without changing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who answers for a file."""

    name: str
    on: date
    due: date | None
    """The last day on which it may go; None leaves what the file says."""
    registration: str = ""


def signed(text: str, by: Signature) -> str:
    """The file with this signature in its `review`; every other character stays."""
    told = {"approved_by": by.name, "registration": by.registration, "approved_on": by.on.isoformat()}
    told |= {"review_due": by.due.isoformat()} if by.due else {}
    sequence, _ = load_sequence("sequence.yaml", text.encode())
    if sequence is None:
        raise CannotSign("The file has errors: they are to be put right first.")
    try:
        for name, value in told.items():
            text = put(text, ("review", name), value, ORDER) if value else drop(text, ("review", name))
    except CannotAmend:
        raise CannotSign("The `review:` of this file is written in an unusual way: put its keys on lines.") from None
    return text
