"""Replies and bounces that arrive in a mailbox: read once a minute, kept before they are marked, and doubted."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from drip.cli import checkup
from drip.core.handover import Accepted
from drip.core.model import Channel
from drip.core.news import News
from drip.flows import collect
from drip.flows.collect import collect_replies
from drip.flows.receive import take_news
from drip.flows.trouble import still_parts, watched_beats
from drip.providers.inbound_mail import read_inbound
from drip.providers.mailbox import Fetched, MailboxAway
from drip.store import inbox_schema, records, versions
from tests.world import ADVICE, CLINIC, Sink, World, a_visit, at

AMINA, SENDER = "amina@example.org", "clinic.example"


@dataclass
class FakeMailbox:
    """Unread mails. While `away`, it cannot be read; a mail stays unread until it is done with."""

    mails: dict[str, bytes] = field(default_factory=dict)
    asked: int = 0
    away: bool = False
    forgets: bool = False
    marked: list[str] = field(default_factory=list)

    def fetch(self, limit: int = 2) -> Sequence[Fetched]:
        """A few at a time."""
        self.asked += 1
        if self.away:
            raise MailboxAway("no connection")
        return [Fetched(uid=uid, raw=raw) for uid, raw in list(self.mails.items())[:limit]]

    def news(self, fetched: Sequence[Fetched]) -> News:
        """As the real one reads them."""
        told = [read_inbound(one.raw, provider="mailbox") for one in fetched]
        return News(
            receipts=tuple(receipt for one in told for receipt in one.receipts),
            replies=tuple(reply for one in told for reply in one.replies),
        )

    def done(self, uids: Collection[str]) -> None:
        """These are read."""
        if self.away:
            raise MailboxAway("no connection")
        self.marked += uids
        for uid in () if self.forgets else uids:
            del self.mails[uid]

    def close(self) -> None:
        """Nothing to let go of."""

    def add(self, raw: str) -> None:
        """One more unread mail."""
        self.mails[f"7.{len(self.mails) + len(self.marked) + 1}"] = raw.encode()


def a_reply(words: str, *, sender: str = AMINA, name: str = "r-1", answers: str = "") -> str:
    """A patient's mail."""
    return f"From: <{sender}>\nMessage-ID: <{name}@example.org>\nIn-Reply-To: {answers}\nSubject: Re\n\n{words}\n"


def a_bounce(original: str, *, status: str = "5.1.1", address: str = AMINA, name: str = "b-1") -> str:
    """A mail that says that another one did not arrive. Anybody can write it."""
    return f"""From: MAILER-DAEMON@mx.example.org
Message-ID: <{name}@mx.example.org>
Content-Type: multipart/report; report-type=delivery-status; boundary=b
MIME-Version: 1.0

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {address}
Action: failed
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: {original}

--b--
"""


@pytest.fixture
def box() -> FakeMailbox:
    """Empty."""
    return FakeMailbox()


@pytest.fixture
def clinic(a_clinic: Callable[..., World], box: FakeMailbox) -> World:
    """Amina's first email went out at one o'clock, by a server that gives no receipts."""
    sink = Sink(name="smtp", answer=lambda letter: Accepted(f"<{letter.message_id}@{SENDER}>"))
    clinic = a_clinic(sink=sink, mailbox=box)
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    clinic.tick("2026-06-11 13:00")
    assert clinic.heard() == [(AMINA, "About hello")]
    return clinic


def original(clinic: World) -> str:
    """The Message-ID of the mail that Amina got."""
    return f"<{clinic.sink.letters[0].message_id}@{SENDER}>"


def tasks(clinic: World) -> list[str]:
    """The kinds of what waits for a person."""
    with clinic.store.read() as tx:
        return sorted(task.kind for task in records.open_tasks(tx))


def kept(clinic: World) -> int:
    """How many replies are stored."""
    with clinic.store.read() as tx:
        return int(tx.connection.execute(select(func.count()).select_from(inbox_schema.replies)).scalar_one())


def test_a_stop_in_a_mail_is_heeded_before_anything_goes_and_the_mail_is_marked(
    clinic: World, box: FakeMailbox
) -> None:
    box.add(a_reply("Unsubscribe\n\n> Hello Amina.", answers=original(clinic)))
    clinic.tick("2026-06-18 09:30")
    assert clinic.is_closed(AMINA)
    assert clinic.states()["later"] == "suppressed suppressed_by_patient"
    assert box.marked == ["7.1"]


def test_every_mail_is_taken_in_however_few_come_at_once(clinic: World, box: FakeMailbox) -> None:
    for number in range(7):
        box.add(a_reply("Is it meant to ache?", name=f"r-{number}"))
    clinic.tick("2026-06-11 14:00")
    assert box.mails == {}
    assert tasks(clinic) == ["reply"] * 7


def test_the_mailbox_is_looked_through_once_a_minute(clinic: World, box: FakeMailbox) -> None:
    before = box.asked
    for second in (0, 10, 30, 59):
        clinic.tick(f"2026-06-11 14:00:{second:02d}")
    assert box.asked == before + 1
    clinic.tick("2026-06-11 14:01:00")
    assert box.asked == before + 2


def test_a_mailbox_that_is_away_stops_nothing_else_and_is_seen_to_stand_still(
    clinic: World, box: FakeMailbox, caplog: pytest.LogCaptureFixture
) -> None:
    box.away = True
    assert clinic.tick("2026-06-12 10:00").accepted == 1
    clinic.tick("2026-06-12 10:06")
    with clinic.store.read() as tx:
        assert still_parts(watched_beats(clinic.app, tx)) == [("mailbox", at("2026-06-11 13:00"))]
    assert caplog.messages[-1] == "the mailbox cannot be read: no connection"
    box.away = False
    clinic.tick("2026-06-12 10:07")
    with clinic.store.read() as tx:
        assert still_parts(watched_beats(clinic.app, tx)) == []


def test_a_mailbox_that_nobody_looks_through_any_more_is_not_told_of_for_ever(
    a_clinic: Callable[..., World], box: FakeMailbox
) -> None:
    named = CLINIC + "alerts: {email: nurse@example.org}\n"
    a_clinic(clinic=named, mailbox=box).tick("2026-06-11 09:00")
    without = a_clinic(clinic=named)
    for time in ("2026-06-11 10:00", "2026-06-11 10:10", "2026-06-11 10:20"):
        without.tick(time)
    assert without.sink.letters == []
    looked_at = {one.name for one in checkup._working(without.app, at("2026-06-11 10:21"))}
    assert "worker: receive" in looked_at
    assert "worker: mailbox" not in looked_at, "nor does the doctor"


def test_a_mail_is_marked_only_after_it_is_stored_and_is_known_when_it_is_read_again(
    clinic: World, box: FakeMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.add(a_reply("Is it meant to ache?"))
    now = at("2026-06-11 14:00")

    def away(*_: Any) -> None:
        raise OperationalError("insert", {}, Exception("gone"))

    def dies_after_the_commit(app: Any, news: News, at: datetime) -> None:
        take_news(app, news, at)
        raise KeyboardInterrupt

    for deed, stored in ((away, 0), (dies_after_the_commit, 1)):
        monkeypatch.setattr(collect, "take_news", deed)
        with pytest.raises((OperationalError, KeyboardInterrupt)):
            collect_replies(clinic.app, now)
        assert (box.marked, kept(clinic)) == ([], stored)
    monkeypatch.undo()
    assert collect_replies(clinic.app, now)
    assert (box.marked, kept(clinic)) == (["7.1"], 1)


def test_a_flood_of_mails_does_not_keep_messages_from_going(clinic: World, box: FakeMailbox) -> None:
    for number in range(2 * collect.MOST_FETCHES + 5):
        box.add(a_reply("Is it meant to ache?", name=f"r-{number}", sender=f"p{number}@example.org"))
    assert clinic.tick("2026-06-12 10:00").accepted == 1
    assert len(box.mails) == 5, "the rest is for the next tick"
    clinic.tick("2026-06-12 10:00:01")
    assert box.mails == {}


def test_a_mailbox_that_forgets_what_was_read_does_not_hold_up_a_tick_for_ever(clinic: World, box: FakeMailbox) -> None:
    box.forgets = True
    box.add(a_reply("Is it meant to ache?"))
    assert clinic.tick("2026-06-12 10:00").accepted == 1
    assert tasks(clinic) == ["reply"]


# Bounces: anybody can write one


def test_a_bounce_of_our_mail_closes_the_address_that_it_went_to(clinic: World, box: FakeMailbox) -> None:
    box.add(a_bounce(original(clinic), address="someone.else@example.org"))
    clinic.tick("2026-06-11 14:00")
    assert clinic.is_closed(AMINA)
    assert not clinic.is_closed("someone.else@example.org"), "whichever address it names"
    assert clinic.states()["hello"] == "undelivered bounced"
    assert tasks(clinic) == ["not_delivered"]


def test_a_forged_bounce_closes_nothing(clinic: World, box: FakeMailbox) -> None:
    for number, named in enumerate((f"<{'0' * 32}@{SENDER}>", "<made-up@example.org>", f"<{'a' * 180}@x>")):
        box.add(a_bounce(named, name=f"b-{number}"))
    clinic.tick("2026-06-11 14:00")
    assert not clinic.is_closed(AMINA)
    assert clinic.states()["hello"] == "accepted"
    assert tasks(clinic) == []


@pytest.mark.parametrize("status", ["5.1.7", "5.1.8"])
@pytest.mark.parametrize("is_ours", [True, False], ids=["about our mail", "about no mail of ours"])
def test_nobody_can_pause_a_provider_by_writing_a_mail(
    clinic: World, box: FakeMailbox, status: str, is_ours: bool
) -> None:
    box.add(a_bounce(original(clinic) if is_ours else "<made-up@example.org>", status=status))
    clinic.tick("2026-06-11 14:00")
    with clinic.store.read() as tx:
        assert versions.paused(tx) == {}
    assert not clinic.is_closed(AMINA)
    assert tasks(clinic) == (["not_delivered"] if is_ours else [])


def test_a_bounce_that_comes_twice_counts_once(clinic: World, box: FakeMailbox) -> None:
    for _ in range(2):
        box.add(a_bounce(original(clinic)))
    clinic.tick("2026-06-11 14:00")
    with clinic.store.read() as tx:
        assert len(tx.connection.execute(select(inbox_schema.receipts)).all()) == 1


def test_where_the_provider_keeps_track_itself_a_bounce_in_the_mailbox_is_nothing_to_us(
    a_clinic: Callable[..., World], box: FakeMailbox
) -> None:
    clinic = a_clinic(sink=Sink(gives_receipts=True), mailbox=box)
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 13:00")
    box.add(a_bounce(f"ref-{clinic.sink.letters[0].attempt_id}"))
    box.add(a_bounce(original(clinic)))
    clinic.tick("2026-06-11 14:00")
    with clinic.store.read() as tx:
        assert tx.connection.execute(select(inbox_schema.receipts)).all() == []
    assert not clinic.is_closed(AMINA)


def test_no_mailbox_is_no_trouble(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    now = at("2026-06-11 10:00")
    assert not collect_replies(clinic.app, now)
    clinic.tick((now + timedelta(minutes=1)).isoformat())
    with clinic.store.read() as tx:
        assert "mailbox" not in records.beats(tx)


def test_the_text_channel_is_none_of_the_mailboxs_business(clinic: World, box: FakeMailbox) -> None:
    box.add(a_reply("STOP"))
    clinic.tick("2026-06-11 14:00")
    assert not clinic.is_closed("+447700900123")
    with clinic.store.read() as tx:
        assert {row.channel for row in tx.connection.execute(select(inbox_schema.replies))} == {Channel.EMAIL.value}
