"""Providers' callbacks: believed only when signed, stored before they are answered, never lost."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from drip.clock import now as real_now
from drip.core.news import News, Reply
from drip.core.reason import Reason
from drip.flows.news_spool import take_up_news
from drip.store import addresses, blind
from drip.store.database import UNREACHABLE, Store, make_engine
from tests.web.build import DELIVERED, PUBLIC, SIGNED, STOP, Carrier, Site, on_loopback
from tests.web.conftest import Taken
from tests.world import World, at

AWAY = OperationalError("select", {}, Exception("gone"))
STATUS = "/webhooks/carrier/status"


def is_stopped(world: World, reply: Reply) -> bool:
    """Whether the number that wrote is closed."""
    number = blind.blind_address(world.store.vault, reply.channel, reply.address)
    with world.store.write() as tx:
        return addresses.lock(tx, [number]) == {number: Reason.SUPPRESSED_BY_PATIENT}


def test_signed_news_is_taken_in_before_the_answer(site: Site, carrier: Carrier, taken: Taken) -> None:
    carrier.news = News(receipts=(DELIVERED,))
    assert site.ask("POST", STATUS, b"x", SIGNED).status == 200
    assert [news for news, _ in taken.news] == [carrier.news]


def test_the_provider_reads_the_answer_that_it_wants(site: Site, carrier: Carrier, taken: Taken) -> None:
    carrier.news = News(answer="<Response/>", answer_type="text/xml")
    answer = site.ask("POST", STATUS, b"x", SIGNED)
    assert (answer.text, answer.headers["content-type"]) == ("<Response/>", "text/xml; charset=utf-8")


@pytest.mark.parametrize("word", ["", "no", "badly"], ids=["unsigned", "forged", "a provider that fails on it"])
def test_a_forged_callback_is_refused_and_changes_nothing(site: Site, taken: Taken, word: str) -> None:
    answer = site.ask("POST", STATUS, b"x", {"X-Signed": word})
    assert answer.status == 403
    assert taken.news == []
    assert "44770" not in answer.text


def test_a_signature_that_came_twice_is_neither(site: Site, carrier: Carrier, taken: Taken) -> None:
    site.ask("POST", STATUS, b"x", {"X-Signed": "no", "x-signed": "yes"})
    assert carrier.heard[0].headers["x-signed"] == "no, yes"
    assert taken.news == []


def test_the_provider_is_told_our_public_address_and_the_query_letter_by_letter(
    site: Site, carrier: Carrier, taken: Taken
) -> None:
    lies = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    site.ask("POST", "/webhooks/carrier/st%61tus?b=2&a=%20x+y&empty=&a=1", b"", SIGNED | lies)
    assert carrier.heard[0].url == PUBLIC + "/webhooks/carrier/st%61tus?b=2&a=%20x+y&empty=&a=1"
    assert carrier.heard[0].what == "status"


def test_the_body_reaches_the_provider_byte_by_byte(site: Site, carrier: Carrier, taken: Taken) -> None:
    body = bytes(range(256)) + b"\r\n"
    site.ask("POST", STATUS, body, SIGNED)
    site.ask("POST", STATUS, iter([body[:100], body[100:]]), SIGNED)
    assert [callback.body for callback in carrier.heard] == [body, body]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_post_is_heard(site: Site, carrier: Carrier, method: str) -> None:
    assert site.ask(method, STATUS, headers=SIGNED).status == 405
    assert carrier.heard == []


@pytest.mark.parametrize("path", ["/webhooks/other/status", "/webhooks/", "/webhooks/carrier", "/webhooks/%00/status"])
def test_a_provider_that_is_not_in_use_is_not_there(site: Site, carrier: Carrier, path: str) -> None:
    assert site.ask("POST", path, b"", SIGNED).status == 404
    assert carrier.heard == []


@pytest.mark.parametrize("pieces", [False, True], ids=["announced", "in pieces"])
def test_ten_megabytes_are_refused_unheard(site: Site, carrier: Carrier, pieces: bool) -> None:
    body = iter([bytes(100_000)] * 100) if pieces else bytes(10_000_000)
    assert site.ask("POST", STATUS, body, SIGNED).status == 413
    assert carrier.heard == []


def test_a_full_batch_of_events_is_heard(site: Site, carrier: Carrier, taken: Taken) -> None:
    assert site.ask("POST", STATUS, bytes(4_900_000), SIGNED).status == 200


def test_a_stop_closes_the_number_before_the_answer(site: Site, world: World, carrier: Carrier) -> None:
    carrier.news = News(replies=(replace(STOP, text="STOP"),))
    assert site.ask("POST", "/webhooks/carrier/inbound", b"x", SIGNED).status == 200
    assert is_stopped(world, STOP)


def test_news_waits_sealed_on_disk_while_the_database_is_away(
    site: Site, world: World, carrier: Carrier, taken: Taken
) -> None:
    carrier.news = News(receipts=(DELIVERED,), replies=(STOP,))
    taken.problem = AWAY
    assert site.ask("POST", STATUS, b"x", SIGNED).status == 200
    (file,) = (world.app.spool or Path()).iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert not any(word in file.read_bytes() for word in (b"Amina", b"447700900123", b"delivered"))
    taken.problem = None
    assert take_up_news(world.app, at("2099-01-01 00:00")) == 1
    assert [news for news, _ in taken.news] == [carrier.news]


def test_an_outage_loses_nothing(world: World, carrier: Carrier) -> None:
    nowhere = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with on_loopback(replace(world.app, store=Store(nowhere, world.store.vault, real_now))) as site:
        for number in range(20):
            carrier.news = News(receipts=(replace(DELIVERED, key=f"key-{number}"),))
            assert site.ask("POST", STATUS, b"x", SIGNED).status == 200
        carrier.news = News(replies=(replace(STOP, text="STOP"),))
        assert site.ask("POST", "/webhooks/carrier/inbound", b"x", SIGNED).status == 200
    assert take_up_news(world.app, at("2099-01-01 00:00")) == 21
    assert is_stopped(world, STOP)


def test_news_that_the_database_refuses_is_kept_too(site: Site, world: World, carrier: Carrier, taken: Taken) -> None:
    carrier.news = News(replies=(STOP,))
    taken.problem = ValueError("+447700900123")
    assert site.ask("POST", STATUS, b"x", SIGNED).status == 200
    assert len(list((world.app.spool or Path()).iterdir())) == 1


def test_news_that_can_be_kept_nowhere_is_asked_for_again(
    site_without_spool: Site, carrier: Carrier, taken: Taken
) -> None:
    taken.problem = AWAY
    answer = site_without_spool.ask("POST", STATUS, b"x", SIGNED)
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")


def test_the_log_of_refusals_is_short_and_tells_nothing(
    site: Site, caplog: pytest.LogCaptureFixture, taken: Taken
) -> None:
    with caplog.at_level(logging.INFO):
        for _ in range(20):
            site.ask("POST", "/webhooks/carrier/status?to=+447700900123", b"Amina", {"X-Signed": "badly"})
    assert len([line for line in caplog.messages if "carrier" in line]) == 1
    assert not any(word in caplog.text for word in ("Amina", "44770", "status?"))


def test_what_is_away_is_what_the_store_calls_unreachable() -> None:
    assert isinstance(AWAY, UNREACHABLE)


@pytest.fixture(autouse=True)
def _quiet_afterwards(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test may leave a patient's number in a log."""
    yield
    assert "447700900123" not in caplog.text
