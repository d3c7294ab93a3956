"""What a provider told us survives a database that is away: sealed, in order, and taken in once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from drip.app import App
from drip.core.handover import Fault
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import News, Receipt, Reply
from drip.core.reason import Reason
from drip.flows import receive
from drip.flows.news_spool import CannotKeep, check_folder, put_aside_news, take_up_news
from tests.world import World, at

NOON = at("2026-06-11 12:00")
LATER = at("2026-06-11 13:00")
BOUNCE = Receipt(
    provider="carrier", key="key-1", says=State.UNDELIVERED, attempt_id="attempt-1", provider_ref="ref-1",
    fault=Fault.ADDRESS, code="550", closes=Reason.BOUNCED, address="amina@example.org", at=NOON,
)  # fmt: skip
COMPLAINT = Receipt(provider="carrier", key="key-2", says=None, closes=Reason.COMPLAINED)
STOP = Reply(provider="carrier", key="key-3", channel=Channel.SMS, address="+447700900123", text="Stop, says Amina")


class Inbox:
    """In place of the flow that takes news in. `refuses` are keys that it cannot take."""

    def __init__(self) -> None:
        self.heard: list[tuple[News, str]] = []
        self.refuses: set[str] = set()
        self.away = False

    def take_news(self, _: App, news: News, now: object) -> None:
        """Remember, or fail as a database does."""
        if self.away:
            raise OperationalError("select", {}, Exception("gone"))
        if self.refuses & set(_keys(news)):
            raise ValueError("+447700900123")
        self.heard.append((news, str(now)))

    @property
    def keys(self) -> list[str]:
        """Whose news it was, in order."""
        return [key for news, _ in self.heard for key in _keys(news)]


def _keys(news: News) -> list[str]:
    return [one.key for one in news.receipts] + [one.key for one in news.replies]


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """Where news goes."""
    inbox = Inbox()
    monkeypatch.setattr(receive, "take_news", inbox.take_news)
    return inbox


@pytest.fixture
def app(a_clinic: Callable[..., World], tmp_path: Path) -> App:
    """A clinic with a spool."""
    return a_clinic(spool=tmp_path / "spool").app


def files(app: App) -> list[Path]:
    """What is on the disk."""
    assert app.spool
    return sorted(app.spool.iterdir())


def test_news_comes_back_as_it_was_and_as_of_when_it_came(app: App, inbox: Inbox) -> None:
    news = News(receipts=(BOUNCE, COMPLAINT), replies=(STOP,))
    put_aside_news(app, news, NOON)
    assert take_up_news(app, LATER) == 1
    assert inbox.heard == [(news, str(NOON))]
    assert files(app) == []


def test_news_is_taken_up_in_the_order_in_which_it_came(app: App, inbox: Inbox) -> None:
    for minutes, one in ((2, "c"), (0, "a"), (1, "b")):
        reply = Reply(provider="carrier", key=one, channel=Channel.SMS, address="+447700900123", text="")
        put_aside_news(app, News(replies=(reply,)), NOON + timedelta(minutes=minutes))
    take_up_news(app, LATER)
    assert inbox.keys == ["a", "b", "c"]


def test_the_files_hold_nothing_that_can_be_read_and_are_for_their_owner_alone(app: App) -> None:
    path = put_aside_news(app, News(receipts=(BOUNCE,), replies=(STOP,)), NOON)
    assert not any(word in path.read_bytes().lower() for word in (b"amina", b"44770", b"bounced", b"key-1"))
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_while_the_database_stays_away_everything_stays(app: App, inbox: Inbox) -> None:
    put_aside_news(app, News(replies=(STOP,)), NOON)
    inbox.away = True
    assert take_up_news(app, LATER) == 0
    inbox.away = False
    assert take_up_news(app, LATER) == 1
    assert inbox.keys == ["key-3"]


def test_one_word_that_is_refused_does_not_drop_the_others(app: App, inbox: Inbox) -> None:
    put_aside_news(app, News(receipts=(BOUNCE, COMPLAINT), replies=(STOP,)), NOON)
    inbox.refuses = {"key-2"}
    take_up_news(app, LATER)
    assert inbox.keys == ["key-1", "key-3"]
    assert [path.suffix for path in files(app)] == [".broken"]


def test_a_file_that_cannot_be_read_is_kept_for_a_person_and_stops_nothing(app: App, inbox: Inbox) -> None:
    moved = put_aside_news(app, News(receipts=(BOUNCE,)), NOON)
    moved.rename(moved.with_name("news-0-another.sealed"))
    moved.with_name("news-1-empty.sealed").touch()
    put_aside_news(app, News(replies=(STOP,)), NOON)
    assert take_up_news(app, LATER) == 1
    assert inbox.keys == ["key-3"]
    assert [path.suffix for path in files(app)] == [".broken", ".broken"]


def test_what_is_refused_is_not_told_in_the_log(app: App, inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    put_aside_news(app, News(replies=(STOP,)), NOON)
    inbox.refuses = {"key-3"}
    take_up_news(app, LATER)
    assert "ValueError" in caplog.text
    assert not any(word in caplog.text for word in ("Amina", "44770"))


def test_a_clock_that_was_set_back_does_not_make_news_of_tomorrow(app: App, inbox: Inbox) -> None:
    put_aside_news(app, News(replies=(STOP,)), LATER)
    take_up_news(app, NOON)
    assert [now for _, now in inbox.heard] == [str(NOON)]


def test_a_folder_that_cannot_be_written_to_is_known_at_the_start(
    a_clinic: Callable[..., World], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    app = a_clinic(spool=tmp_path / "file" / "spool").app
    for refused in (lambda: check_folder(app), lambda: put_aside_news(app, News(), NOON)):
        with pytest.raises(CannotKeep):
            refused()
