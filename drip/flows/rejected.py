"""An event of a booking system that could not be taken in -> a task for staff, once. Never what it said."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from drip.bookings.parsed import Rejected
from drip.store import records
from drip.store.database import Tx

KIND = "booking_rejected"


def ask_about(tx: Tx, source: str, rejected: Sequence[Rejected], now: datetime, about: str = "") -> None:
    """Staff are asked to look at what a booking system said; `about` tells two of its records apart. Safe to repeat."""
    by_key = {}
    for one in rejected:
        said = f"{source}: {one.path} {one.message}".replace(":  ", ": ")
        told = sha256(f"{about}|{one.index}|{said}|{now.date()}".encode()).hexdigest()[:32]
        by_key[told] = records.NewTask(key=f"{KIND}:{source}:{told}", kind=KIND, detail=said[:500])
    records.raise_tasks(tx, list(by_key.values()), now)
