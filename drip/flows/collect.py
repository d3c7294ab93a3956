"""A mailbox -> the inboxes: replies to our emails, and mails that came back."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from drip.app import App
from drip.core.model import Channel
from drip.core.news import News
from drip.flows.receive import take_news
from drip.providers.mailbox import MailboxAway
from drip.store import records

EVERY = timedelta(seconds=60)

log = logging.getLogger("drip.collect")


def collect_replies(app: App, now: datetime) -> bool:
    """Take in what has arrived, once a minute. Answers whether the mailbox was looked through.

    A mail is marked as read only once it is stored: after a crash in between it is read again, and known.
    """
    if app.mailbox is None or not _is_time(app, now):
        return False
    try:
        while fetched := app.mailbox.fetch():
            take_news(app, _of_our_provider(app, app.mailbox.news(fetched)), now)
            app.mailbox.done([one.uid for one in fetched])
    except MailboxAway as problem:
        log.error("the mailbox cannot be read: %s", problem)
        return False
    return True


def _is_time(app: App, now: datetime) -> bool:
    with app.store.read() as tx:
        last = records.beats(tx).get("mailbox")
    return last is None or now - last >= EVERY


def _of_our_provider(app: App, news: News) -> News:
    """A mail that came back is about a mail of the provider that keeps no other track.

    Anybody can write one: it closes the address that our own attempt went to, whichever address it names.
    """
    names = [one.name for one in app.providers[Channel.EMAIL] if not one.ability.gives_receipts]
    if not names:
        return replace(news, receipts=())
    return replace(news, receipts=tuple(replace(one, provider=names[0], address=None) for one in news.receipts))
