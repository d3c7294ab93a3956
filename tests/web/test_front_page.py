"""The bare address says whose it is and where to go; search engines are told to stay away."""

import re

import pytest

from tests.web.build import Site


def test_the_bare_address_says_whose_it_is_and_where_to_go(site: Site) -> None:
    page = site.ask("GET", "/")
    assert page.status == 200
    assert "<h1>Harbour Clinic</h1>" in page.text
    assert 'Staff: <a href="/console">sign in</a>' in page.text
    assert "Patients: use the link in your message." in page.text


def test_nothing_on_it_runs_or_is_fetched_or_sent(site: Site) -> None:
    page = site.ask("GET", "/")
    assert not re.search(r"<script|<img|<link|<form|src=|@import|url\(|javascript:| on\w+=", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/?q=x", "/?to=https://elsewhere.example"])
def test_it_is_the_same_whatever_is_asked_of_it(site: Site, path: str) -> None:
    assert site.ask("GET", path).text == site.ask("GET", "/").text


def test_search_engines_are_told_to_stay_away(site: Site) -> None:
    answer = site.ask("GET", "/robots.txt")
    assert (answer.status, answer.text) == (200, "User-agent: *\nDisallow: /\n")


def test_browsers_find_the_icon_that_they_ask_for(site: Site) -> None:
    answer = site.ask("GET", "/favicon.ico")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.text.startswith("<svg")
