"""The three inboxes together: whether anything waits in one of them."""

from sqlalchemy import exists, or_, select

from drip.store.database import Tx
from drip.store.inbox_schema import events, receipts, replies


def is_anything_waiting(tx: Tx) -> bool:
    """Whether an event, a receipt or a reply came in that nobody has looked at yet."""
    waiting = (
        exists().where(events.c.state != "applied", events.c.state == "pending"),
        exists().where(receipts.c.state == "pending"),
        exists().where(replies.c.state == "pending"),
    )
    return bool(tx.connection.execute(select(or_(*waiting))).scalar())
