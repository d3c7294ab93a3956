"""What every answer says to browsers, and what it does not say."""

import logging

import pytest

from drip.web import stop_page
from drip.web.headers import HEADERS
from tests.web.build import Site

EVERY = [
    "/",
    "/robots.txt",
    "/favicon.ico",
    "/healthz",
    "/readyz",
    "/p/x",
    "/nowhere",
    "/openapi.json",
    "/webhooks/carrier/status",
]


@pytest.mark.parametrize("path", EVERY)
def test_every_answer_has_the_headers(site: Site, path: str) -> None:
    headers = site.ask("GET", path).headers
    assert headers.keys() >= HEADERS.keys()
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", EVERY)
def test_no_answer_names_the_server_or_sets_a_cookie(site: Site, path: str) -> None:
    assert not site.ask("GET", path).headers.keys() & {"server", "set-cookie", "x-powered-by"}


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/p", "/healthz/", "/webhooks"])
def test_there_is_nothing_else_and_no_redirect(site: Site, path: str) -> None:
    answer = site.ask("GET", path)
    assert (answer.status, answer.headers.get("location")) == (404, None)


def test_a_mistake_of_ours_is_a_plain_line_and_logged_by_its_kind(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("amina@example.org")

    monkeypatch.setattr(stop_page, "_turn", fail)
    with caplog.at_level(logging.DEBUG):
        answer = site.ask("GET", "/p/a-token")
    assert (answer.status, answer.text) == (500, "something went wrong here\n")
    assert answer.headers.keys() >= HEADERS.keys()
    assert "RuntimeError" in caplog.text
    assert not any(word in caplog.text for word in ("amina", "a-token"))
