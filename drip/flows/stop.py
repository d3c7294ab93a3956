"""A patient's link: stop what goes to an address, or take that back. Done before the answer goes out."""

from datetime import datetime

from drip.app import App
from drip.core.reason import Reason
from drip.store import links
from drip.store.links import Link


def stop(app: App, link: Link, now: datetime) -> None:
    """Nothing more goes to this address, for anyone who is reached there. A message in the gate waits for this."""
    app.store.attempt(lambda tx: links.close(tx, link, now))


def undo(app: App, link: Link, now: datetime) -> None:
    """The patient wants to hear from us again: lifts their own stop and nothing else, such as a bounce."""
    app.store.attempt(lambda tx: links.reopen(tx, link, now))


def is_stopped(app: App, link: Link) -> bool:
    """Whether nothing goes to this address any more, whoever closed it."""
    return why_stopped(app, link) is not None


def why_stopped(app: App, link: Link) -> Reason | None:
    """Why nothing goes to this address any more; None while it does."""
    with app.store.read() as tx:
        return links.why_closed(tx, link)
