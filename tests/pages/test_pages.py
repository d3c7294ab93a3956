"""Pages that stand alone: nothing is fetched, nothing runs, and no word becomes anything but a word."""

from html.parser import HTMLParser

import pytest

from drip.pages import pieces
from drip.pages.page import Page, as_html
from drip.pages.svg import Bar, top_of

HOSTILE = "<script>alert(1)</script>\"'&amp;"
VOID = {"meta", "line"}


class Read(HTMLParser):
    """A page's elements, with a check that what is opened is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def a_page() -> str:
    bars = [Bar(says=HOSTILE, layers=[("care", 3), ("safety", 2)]), Bar(says="nothing", layers=[])]
    parts = [
        pieces.facts([(HOSTILE, HOSTILE, HOSTILE)]),
        pieces.section("one", HOSTILE, HOSTILE, pieces.chart(bars, {0: HOSTILE}, HOSTILE, {"care": HOSTILE})),
        pieces.week_heat({(0, 9): 4, (4, 17): 1}, HOSTILE),
        pieces.table((HOSTILE, "number"), [(HOSTILE, 1234)], frozenset({1})),
    ]
    return as_html(Page(title=HOSTILE, lede=HOSTILE, small=HOSTILE, parts=parts))


def test_a_page_is_whole_and_nothing_on_it_runs_or_is_fetched() -> None:
    read = Read(a_page())
    assert "script" not in read.names
    assert read.links == []


def test_numbers_are_easy_to_read() -> None:
    assert '<td data-name="number" class="number">1,234</td>' in a_page()


@pytest.mark.parametrize(
    ("most", "top"), [(0, 4), (1, 4), (4, 4), (5, 8), (39, 40), (41, 80), (239, 240), (241, 280), (9_999, 12_000)]
)
def test_a_scale_ends_at_a_round_number(most: int, top: int) -> None:
    assert top_of(most) == top


def test_few_enough_days_are_named_that_their_names_do_not_touch() -> None:
    labels = pieces.some_of([str(number) for number in range(120)])
    assert list(labels) == [0, 20, 40, 60, 80, 100]
