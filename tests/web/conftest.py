"""A clinic's web with a provider that remembers."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from drip.app import App
from drip.core.model import Channel
from drip.core.news import News
from drip.flows import receive
from tests.databases import sqlite_url
from tests.web.build import PUBLIC, Carrier, Site, on_loopback
from tests.world import World, a_world


@dataclass
class Taken:
    """What was taken in. While `problem` is set it cannot be."""

    news: list[tuple[News, datetime]] = field(default_factory=list)
    problem: Exception | None = None

    def take_news(self, _: App, news: News, now: datetime) -> None:
        """In place of the flow."""
        if self.problem:
            raise self.problem
        self.news.append((news, now))


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    """Remembers what would be stored."""
    taken = Taken()
    monkeypatch.setattr(receive, "take_news", taken.take_news)
    return taken


@pytest.fixture
def carrier() -> Carrier:
    """The provider of both channels."""
    return Carrier()


@pytest.fixture
def world(carrier: Carrier, tmp_path: Path) -> Iterator[World]:
    """A small clinic."""
    providers: dict[str, Any] = {"providers": {channel: (carrier,) for channel in Channel}}
    world = a_world(sqlite_url(), spool=tmp_path / "spool", public_url=PUBLIC, **providers)
    yield world
    world.app.close()


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    """Its web."""
    with on_loopback(world.app) as site:
        yield site


@pytest.fixture
def site_without_spool(world: World) -> Iterator[Site]:
    """Its web, with nowhere to put things aside."""
    with on_loopback(replace(world.app, spool=None)) as site:
        yield site
