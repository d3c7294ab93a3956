"""Cliniko: asked for what has changed. It never calls us. https://docs.api.cliniko.com"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from drip import clock
from drip.bookings.cliniko_api import Account, Api, NotAllowed, NotSearchable, NotThere
from drip.bookings.cliniko_feed import FEEDS, Paging
from drip.bookings.cliniko_file import read_file
from drip.bookings.cliniko_links import Links
from drip.bookings.cliniko_record import moment
from drip.bookings.cliniko_teller import Teller
from drip.bookings.cliniko_turn import CONNECTED, OVERLAP, Turn
from drip.bookings.source import Connection, Page, SourceAway
from drip.core.clinic import Clinic

__all__ = ["Cliniko", "connect", "read_file"]


def connect(connection: Connection) -> "Cliniko | None":
    """The clinic's Cliniko; None without CLINIKO_API_KEY. ValueError names the variable that is wrong."""
    key = connection.said("CLINIKO_API_KEY").strip()
    if not key:
        return None
    account = Account(
        key=key,
        contact=connection.said("CLINIKO_CONTACT").strip() or connection.clinic.email,
        base=connection.said("CLINIKO_API_BASE").strip(),
    )
    return Cliniko(connection.clinic, account, deadline=connection.deadline)


class Cliniko:
    """One connected account."""

    name = "cliniko"
    tells_attendance = True

    def __init__(self, clinic: Clinic, account: Account, *, deadline: float = 30.0) -> None:
        self._clinic = clinic
        self._api = Api(account, deadline=deadline)
        self._paging = Paging(self._api)
        self._links = Links(self._api)

    def poll(self, cursors: Mapping[str, str], now: datetime) -> Iterator[Page]:
        """List after list, page after page. Raises SourceAway; what was yielded before is kept.

        A list that this account may not read, or not by time, does not keep the others from being read first.
        """
        turn = self._turn(cursors, now)
        trouble: SourceAway | None = None
        for feed in FEEDS:
            try:
                yield from turn.pages(feed)
            except (NotSearchable, NotThere, NotAllowed) as refused:
                trouble = trouble or refused
        if trouble is not None:
            raise trouble
        yield Page(outcomes=(), through=now - OVERLAP)

    def check(self) -> None:
        """Raises SourceAway or SourceRefuses, else the key works."""
        self._api.ask("/businesses?per_page=1", clock.now())

    def close(self) -> None:
        """Let go of connections. Safe to repeat."""
        self._api.close()

    def _turn(self, cursors: Mapping[str, str], now: datetime) -> Turn:
        connected_at = moment(cursors.get(CONNECTED)) or now
        return Turn(
            paging=self._paging,
            links=self._links,
            teller=Teller.of(self._clinic, self.name, connected_at),
            cursors=cursors,
            connected_at=connected_at,
            now=now,
        )
