"""A clinic's web on a free port, a provider that remembers, and a client that sends exactly what it is told to."""

import http.client
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from drip.app import App
from drip.core.ability import Ability
from drip.core.evidence import Lost, Trace
from drip.core.handover import Accepted, Outcome
from drip.core.letter import Letter
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import Callback, News, Receipt, Reply
from drip.web.app import make_app
from drip.web.server import listen, served
from tests.world import World

PUBLIC = "https://drip.example.org/clinic"

SIGNED = {"X-Signed": "yes"}

ABILITY = Ability(reaches_people=False, is_two_way=True, gives_receipts=True)

DELIVERED = Receipt(provider="carrier", key="key-1", says=State.DELIVERED, attempt_id="attempt-1")

STOP = Reply(provider="carrier", key="key-2", channel=Channel.SMS, address="+447700900123", text="Stop, Amina")


@dataclass
class Carrier:
    """A provider that believes whoever says that they signed it."""

    news: News = field(default_factory=News)
    heard: list[Callback] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    name: str = "carrier"
    channels: frozenset[Channel] = frozenset(Channel)
    ability: Ability = ABILITY

    def hear(self, callback: Callback) -> News | None:
        """Its news, to the right word; a mistake, to the word for that."""
        self.heard.append(callback)
        if callback.headers.get("x-signed") == "badly":
            raise ValueError("+447700900123")
        return self.news if callback.headers.get("x-signed") == "yes" else None

    def hand_over(self, letter: Letter) -> Outcome:
        """Remember, and take it."""
        self.letters.append(letter)
        return Accepted(letter.attempt_id)

    def find(self, lost: Lost) -> Sequence[Trace] | None:
        """It keeps no list."""
        return None

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Site:
    """A clinic's web, as a client on this machine sees it."""

    port: int

    def ask(
        self, method: str, path: str, body: bytes | Iterable[bytes] = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own; a body in pieces goes without a length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, dict(headers or {}), encode_chunked=not isinstance(body, bytes))
            answer = connection.getresponse()
            lower = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, lower, answer.read().decode())
        finally:
            connection.close()

    def post_form(self, path: str, body: str) -> Answer:
        """As a browser or a mail program does."""
        return self.ask("POST", path, body.encode(), {"Content-Type": "application/x-www-form-urlencoded"})


_LEAVING = ThreadPoolExecutor(thread_name_prefix="leaving")


@contextmanager
def on_loopback(app: App, **how: Any) -> Iterator[Site]:
    """The web of a clinic, while this lasts. It leaves by itself: uvicorn takes two tenths of a second over that."""
    listening = listen("127.0.0.1", 0)
    with ExitStack() as web:
        web.enter_context(served(make_app(app, **how), listening, threading.Event()))
        web.callback(_LEAVING.submit, web.pop_all().close)
        yield Site(listening.getsockname()[1])


def site_at(now: datetime) -> Callable[[World], Iterator[Site]]:
    """A fixture: the web of the `world` of a file, where it is always `now`."""

    @pytest.fixture
    def site(world: World) -> Iterator[Site]:
        with on_loopback(world.app, now=lambda: now) as made:
            yield made

    return site
