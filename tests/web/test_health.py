"""Whether it runs, and whether it works."""

import json

import pytest

from drip.clock import now
from drip.store import records
from tests.web.build import Site
from tests.world import World, at


def test_it_is_alive_whatever_the_database_does(site: Site, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.store, "read", None)
    answer = site.ask("GET", "/healthz")
    assert (answer.status, answer.text) == (200, "ok\n")


def test_it_is_ready_when_the_worker_has_ticked_within_a_minute(site: Site, world: World) -> None:
    with world.store.write() as tx:
        records.beat(tx, ["tick"], now())
    answer = site.ask("GET", "/readyz")
    told = json.loads(answer.text)
    assert answer.status == 200
    assert told.pop("tick_seconds_ago") in (0, 1, 2)
    assert told == {"ready": True, "database": True, "oldest_due_seconds": None}


@pytest.mark.parametrize("has_run", [False, True], ids=["never ran", "ran long ago"])
def test_it_is_not_ready_without_a_worker(site: Site, world: World, has_run: bool) -> None:
    if has_run:
        with world.store.write() as tx:
            records.beat(tx, ["tick"], at("2026-06-11 10:00"))
    answer = site.ask("GET", "/readyz")
    assert (answer.status, json.loads(answer.text)["ready"]) == (503, False)


def test_it_is_not_ready_without_a_database(site: Site, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.store, "read", None)
    answer = site.ask("GET", "/readyz")
    assert (answer.status, json.loads(answer.text)) == (503, {"ready": False, "database": False})
