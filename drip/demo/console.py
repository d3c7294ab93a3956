"""An invented clinic as of today: some two and a half weeks into its sample bookings, with things to see to."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from drip.app import App, read_clinic
from drip.bookings.generic import read_events
from drip.bookings.parsed import Parsed
from drip.content.folder import read_folder
from drip.core.clinic import Clinic
from drip.core.model import Channel
from drip.core.news import News, Reply
from drip.core.role import Role
from drip.demo.weeks import CONSOLE, START, demo_app, make_empty
from drip.flows import staff
from drip.flows.publish import InFlight, Publication, publish
from drip.flows.receive import take_news
from drip.flows.rehearse import rehearse
from drip.flows.staff import NewAccount
from drip.flows.tick import Counts, tick
from drip.store import accounts, passwords

ABOUT = timedelta(days=18)
"""How long ago the bookings began: first visits are over, and exercise plans have started."""

WEEK = timedelta(weeks=1)

MOMENTS = ("occurred_at", "starts_at", "ends_at", "performed_at")
DATES = ("starts_on",)

REPLIES = (
    ("+447700900202", timedelta(hours=2), "Could I swap Friday for Monday?"),
    ("+447700900201", timedelta(minutes=25), "My calf is hot and swollen since last night"),
)
"""From whom, how long ago, and what: a question, and words that must not wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who can sign in, with everything that takes. It lasts as long as the demo."""

    name: str
    password: str = field(repr=False)
    secret: str = field(repr=False)

    def code(self, now: datetime) -> str:
        """What an authenticator app would show now."""
        return passwords.code(self.secret, now)


@contextmanager
def demo_to_sign_in_to(
    home: Path, samples: Path, out: Path, now: datetime, at_tick: Callable[[int], None]
) -> Iterator[tuple[App, Account]]:
    """The clinic as of `now`, below `out`, for as long as this lasts. `at_tick` hears how many of `days` are over."""
    folder = out / CONSOLE
    make_empty(folder)
    clinic = read_clinic(home).without_alerts()
    with tempfile.TemporaryDirectory(prefix="drip-demo-") as spool:
        app = demo_app(clinic, folder, Path(spool))
        try:
            _live_until(app, home, shifted(samples.read_text(encoding="utf-8"), clinic, now), now, at_tick)
            _hear_patients(app, now)
            yield app, _account(app, now)
        finally:
            app.close()


def began(now: datetime) -> datetime:
    """When the bookings began, seen from `now`: moved by whole weeks, so that visits stay on working days."""
    return START + round((now - ABOUT - START) / WEEK) * WEEK


def shifted(lines: str, clinic: Clinic, now: datetime) -> str:
    """The sample bookings as if they had begun lately, each at its own local time."""
    days = began(now) - START
    return "".join(json.dumps(_later(json.loads(line), clinic, days)) + "\n" for line in lines.splitlines())


def _later(event: dict[str, Any], clinic: Clinic, days: timedelta) -> dict[str, Any]:
    """A site that this clinic does not have is its first one."""
    site = clinic.site(event["site"])

    def moved(name: str, told: Any) -> Any:
        if isinstance(told, dict):
            return {key: moved(key, value) for key, value in told.items()}
        if name in MOMENTS:
            on_the_wall = datetime.fromisoformat(told).replace(tzinfo=None) + days
            return on_the_wall.replace(tzinfo=site.zone).isoformat()
        return (date.fromisoformat(told) + days).isoformat() if name in DATES else told

    return {key: moved(key, value) for key, value in event.items()} | {"site": site.id}


def _live_until(app: App, home: Path, told: str, now: datetime, at_tick: Callable[[int], None]) -> None:
    """Publish what the clinic has, and let the time since go by."""
    start = began(now)
    folder = read_folder(home)
    publish(app, folder, folder.sequences, Publication(by="demo", approved_by="", in_flight=InFlight.PIN), start)
    events = [one for one in read_events(told.encode(), app.clinic, "demo") if isinstance(one, Parsed)]

    def passed(at: datetime, _: Counts) -> None:
        at_tick((at - start).days)

    rehearse(app, events, start=start, end=now, at_tick=passed)


def _hear_patients(app: App, now: datetime) -> None:
    for address, ago, text in REPLIES:
        reply = Reply(provider="demo", key=address, channel=Channel.SMS, address=address, text=text)
        take_news(app, News(replies=(reply,)), now - ago)
    tick(app, now)


def _account(app: App, now: datetime) -> Account:
    """Somebody who has chosen a password and set up an app already."""
    given = staff.add(app, NewAccount(name="demo", full_name="Demo", role=Role.ADMIN), now)
    account = Account(name=given.person.name, password=given.password, secret=passwords.new_secret())
    with app.store.write() as tx:
        accounts.set_password(tx, given.person.id, passwords.hashed(account.password), is_given=False)
        accounts.set_secret(tx, given.person.id, account.secret)
    return account
