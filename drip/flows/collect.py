"""A mailbox -> the inboxes: replies to our emails, and mails that came back."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from drip.app import App
from drip.core.handover import Fault
from drip.core.model import Channel
from drip.core.news import News, Receipt
from drip.flows.receive import take_news
from drip.providers.mailbox import MailboxAway
from drip.store import records

EVERY = timedelta(seconds=60)

MOST_FETCHES = 10
"""At one tick: a flood of mails must not keep messages from going. The next tick goes on with it."""

log = logging.getLogger("drip.collect")


def collect_replies(app: App, now: datetime) -> bool:
    """Take in what has arrived, once a minute. Answers whether the mailbox was looked through.

    A mail is marked as read only once it is stored: after a crash in between it is read again, and known.
    """
    if app.mailbox is None or not _is_time(app, now):
        return False
    try:
        for _ in range(MOST_FETCHES):
            fetched = app.mailbox.fetch()
            if not fetched:
                return True
            take_news(app, _of_our_provider(app, app.mailbox.news(fetched)), now)
            app.mailbox.done([one.uid for one in fetched])
    except MailboxAway as problem:
        log.error("the mailbox cannot be read: %s", problem)
    return False


def _is_time(app: App, now: datetime) -> bool:
    with app.store.read() as tx:
        last = records.beats(tx).get("mailbox")
    return last is None or now - last >= EVERY


def _of_our_provider(app: App, news: News) -> News:
    """A mail that came back is about a mail of the provider that keeps no other track.

    Anybody can write one: it closes the address that our own attempt went to, whichever address it names, and what it
    says of our account is not believed, which would pause the provider for everybody.
    """
    names = [one.name for one in app.providers[Channel.EMAIL] if not one.ability.gives_receipts]
    if not names:
        return replace(news, receipts=())
    return replace(news, receipts=tuple(_doubted(one, names[0]) for one in news.receipts))


def _doubted(told: Receipt, provider: str) -> Receipt:
    fault = None if told.fault is Fault.ACCOUNT else told.fault
    return replace(told, provider=provider, address=None, fault=fault)
