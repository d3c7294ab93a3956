"""The page on which an outbox is read."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drip.core.handover import Accepted
from drip.core.letter import Letter, Words
from drip.providers import outbox_page
from drip.providers.folder import FolderProvider
from drip.providers.outbox_page import Chosen, LeftOut, Moment, Person, write_index

from .contract import NINE, a_letter, a_text

LONDON = ZoneInfo("Europe/London")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e&amp;</template></iframe>"
VOID = {"meta", "input", "img", "br"}
DRAWN = {"path", "use"}


class Page(HTMLParser):
    """A page's elements, with a check that what is opened is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID | DRAWN:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in DRAWN:
            assert self._open.pop() == tag

    def every(self, tag: str, kind: str = "") -> list[dict[str, str]]:
        return [
            attrs for name, attrs in self.elements if name == tag and {kind} <= {"", *attrs.get("class", "").split()}
        ]


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


def _page(
    outbox: Path,
    *letters: Letter,
    title: str = "Outbox",
    people: dict[str, Person] | None = None,
    left_out: tuple[LeftOut, ...] = (),
) -> str:
    provider = FolderProvider(outbox, zone=LONDON)
    for number, letter in enumerate(letters):
        assert isinstance(provider.hand_over(replace(letter, attempt_id=f"attempt-{number}")), Accepted)
    return write_index(outbox, title=title, zone=LONDON, people=people, left_out=left_out).read_text()


def test_people_are_shown_beside_each_other_with_what_they_were_sent(outbox: Path) -> None:
    FolderProvider(outbox, zone=LONDON).hand_over(a_letter())
    people = {"canary@example.org": Person(ref="p-1", name="Pip Canary")}
    first = [
        Chosen(ref="p-1", plan=HOSTILE, since=NINE),
        Chosen(ref="p-2", plan="somebody who got nothing", since=NINE),
    ]
    page = write_index(outbox, title="Outbox", zone=LONDON, people=people, first=first).read_text()
    (column,) = re.findall("<article>(.*?)</article>", page)
    assert 'href="#m1"' in column
    assert HOSTILE not in page
    Page(page)


def _left_out(**unusual: object) -> LeftOut:
    ordinary: dict[str, object] = {"name": "Pip Canary", "at": NINE, "step": "week-two", "reason": "it was too late"}
    return LeftOut(**(ordinary | unusual))  # type: ignore[arg-type]


def test_an_empty_outbox_says_so(outbox: Path) -> None:
    assert "Nothing has been sent." in _page(outbox)


def test_an_email_is_shown_with_its_head_and_both_of_its_bodies(outbox: Path) -> None:
    page = _page(outbox, a_letter())
    for words in (
        "Your visit",
        "ProHealth Clinic &lt;care@clinic.example&gt;",
        "canary@example.org",
        "a canary sings.",
    ):
        assert words in page
    assert "Thu 11 June 2026, 09:00" in page
    (paper,) = Page(page).every("div", "paper")
    assert "<p>Hello</p>" in paper["data-html"]


def test_an_email_without_html_shows_its_words(outbox: Path) -> None:
    page = _page(outbox, a_letter(words=Words(text="Only words", subject="")))
    assert "Only words" in page
    assert "No subject" in page
    assert Page(page).every("div", "paper") == []


def test_a_text_is_shown_with_the_parts_it_takes(outbox: Path) -> None:
    page = _page(outbox, a_text(words=Words(text="a" * 161, parts=2)))
    assert "2\N{NO-BREAK SPACE}parts, 161\N{NO-BREAK SPACE}characters." in page


def test_a_text_comes_from_what_the_phone_would_show(outbox: Path) -> None:
    named, bare = a_text(), a_text(sender_name="", sender="+447700900100")
    page = _page(outbox, named, bare)
    assert re.findall('<p class="who">(.*?)</p>', page) == [
        '<bdi dir="auto">ProHealth</bdi>',
        '<bdi dir="auto">+447700900100</bdi>',
    ]


@pytest.mark.parametrize(
    ("text", "gist"),
    [
        ("Pip, ProHealth Clinic: slow and steady is best.", "Slow and steady is best."),
        ("Reminder: your visit is tomorrow.", "Reminder: your visit is tomorrow."),
        ("x" * 91, "x" * 89 + "\N{HORIZONTAL ELLIPSIS}"),
    ],
    ids=["greeting-left-out", "no-greeting", "long"],
)
def test_a_chip_says_what_a_text_is_about(text: str, gist: str, outbox: Path) -> None:
    page = _page(outbox, a_text(words=Words(text=text)))
    assert f'<span class="gist"><bdi dir="auto">{gist}</bdi></span>' in page


def test_both_addresses_of_a_patient_are_one_calendar(outbox: Path) -> None:
    pip = Person(ref="p1", name="Pip Canary", note="Manchester", moments=(Moment(NINE, "First visit"),))
    page = _page(outbox, a_letter(), a_text(), people={"canary@example.org": pip, "+447700900199": pip})
    assert len(Page(page).every("section", "story")) == 1
    assert "1\N{NO-BREAK SPACE}email and 1\N{NO-BREAK SPACE}text to 1\N{NO-BREAK SPACE}person" in page
    assert "First visit" in page
    assert "Manchester" in page


def test_two_patients_of_one_name_stay_two(outbox: Path) -> None:
    people = {"canary@example.org": Person(ref="1", name="Pip"), "+447700900199": Person(ref="2", name="Pip")}
    assert len(Page(_page(outbox, a_letter(), a_text(), people=people)).every("section", "story")) == 2


def test_an_address_nobody_claims_is_its_own_person(outbox: Path) -> None:
    assert len(Page(_page(outbox, a_letter(), a_text())).every("section", "story")) == 2


def test_a_calendar_has_twelve_weeks_from_the_monday_before(outbox: Path) -> None:
    page = Page(_page(outbox, a_letter()))
    assert len(page.every("div", "week")) == 12
    assert len(page.every("li", "day")) == 84


def test_a_long_silence_is_one_line(outbox: Path) -> None:
    page = _page(outbox, a_letter(), a_letter(handed_at=NINE + timedelta(weeks=60)))
    assert "Weeks 2 to 60: nothing sent" in page
    assert len(Page(page).every("div", "week")) == 2


def test_a_message_lies_on_its_local_day(outbox: Path) -> None:
    page = _page(outbox, a_letter(handed_at=datetime(2026, 6, 14, 23, 30, tzinfo=UTC)))
    assert '<time class="date" datetime="2026-06-15"><i class="name">Mon</i>15 Jun</time>' in page


def test_a_chip_leads_to_its_message_and_the_message_back(outbox: Path) -> None:
    page = Page(_page(outbox, a_letter(), a_letter(handed_at=NINE + timedelta(days=1))))
    chips, messages = page.every("a", "chip"), page.every("article", "message")
    assert [chip["href"] for chip in chips] == [f"#{message['id']}" for message in messages] == ["#m1", "#m2"]
    assert [back["href"] for back in page.every("a", "back")] == [f"#{chip['id']}" for chip in chips]


def test_no_name_on_the_page_is_used_twice_and_every_link_has_its_end(outbox: Path) -> None:
    pip = Person(ref="p1", name="Pip")
    page = Page(
        _page(outbox, a_letter(), a_text(), people={"+447700900199": pip}, left_out=(_left_out(ref="p1"), _left_out()))
    )
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["href"][1:] for _, attrs in page.elements if "href" in attrs} <= set(ids)


def test_what_was_not_sent_is_listed_with_its_reason_and_on_the_calendar(outbox: Path) -> None:
    pip = Person(ref="p1", name="Pip Canary")
    page = _page(outbox, a_letter(), people={"canary@example.org": pip}, left_out=(_left_out(ref="p1"),))
    assert "It was too late." in page
    assert '<a class="chip not" href="#l1">' in page
    assert "1\N{NO-BREAK SPACE}more was planned and not sent." in page


def test_a_patient_who_was_sent_nothing_still_has_a_calendar(outbox: Path) -> None:
    pip = Person(ref="p1", name="Pip Canary")
    page = Page(_page(outbox, people={"canary@example.org": pip}, left_out=(_left_out(ref="p1"),)))
    assert len(page.every("section", "story")) == 1


def test_hostile_words_are_only_words_wherever_they_stand(outbox: Path) -> None:
    person = Person(ref=HOSTILE, name=HOSTILE, note=HOSTILE, moments=(Moment(NINE, HOSTILE),))
    hostile = Words(text=HOSTILE, subject=HOSTILE.replace("\u202e", ""), html=HOSTILE)
    letters = (a_letter(words=hostile, sender_name=HOSTILE), a_text(words=Words(text=HOSTILE), sender_name=HOSTILE))
    left = _left_out(name=HOSTILE, step=HOSTILE, reason=HOSTILE, ref=HOSTILE)
    people = {"canary@example.org": person, "+447700900199": person}
    page = _page(outbox, *letters, title=HOSTILE, people=people, left_out=(left,))
    ordinary = Page(_page(outbox.with_name("ordinary"), a_letter(), a_text(), people={}, left_out=()))
    found = Page(page)
    assert {tag for tag, _ in found.elements} - {tag for tag, _ in ordinary.elements} <= {
        *("table", "thead", "tbody", "tr", "th", "td", "nav")
    }
    assert len(found.every("script")) == 1
    assert not [attrs for _, attrs in found.elements if any(name.startswith("on") for name in attrs)]
    assert "alert(1)" in unescape(page)


def test_only_the_pages_own_script_may_run_and_nothing_is_fetched(outbox: Path) -> None:
    page = _page(outbox, a_letter())
    (policy,) = [meta["content"] for meta in Page(page).every("meta") if "http-equiv" in meta]
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none';")
    assert not re.findall(r"(?:https?:)?//[a-z]", page)


def test_the_links_of_an_email_open_nothing(outbox: Path) -> None:
    with_head = "<!doctype html><html><head><title>x</title></head><body>Hello</body></html>"
    words = [Words(text="x", subject="x", html=html) for html in (with_head, "<p>Hello</p>")]
    page = Page(_page(outbox, *(a_letter(words=each) for each in words)))
    assert [paper["data-html"] for paper in page.every("div", "paper")] == [
        with_head.replace("<head>", '<head><base target="_blank">') + "\n",
        '<!doctype html><base target="_blank"><p>Hello</p>\n',
    ]


def test_every_message_is_listed_once_and_what_cannot_be_read_is_left_out(outbox: Path) -> None:
    _page(outbox, a_letter(), a_text(), a_text(to="+447700900198"))
    lines = (outbox / "index.jsonl").read_text()
    (outbox / "index.jsonl").write_text(lines + lines + '{"attempt_id": "torn')
    (outbox / "2026-06-11" / "090000-attempt-1.txt").write_bytes(b"\xff\xfe")
    page = Page(write_index(outbox, title="x", zone=LONDON).read_text())
    assert len(page.every("article", "message")) == 2


def test_a_very_full_outbox_shows_the_latest_and_says_so(outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_page, "MOST_SHOWN", 2)
    page = _page(outbox, *(a_letter(handed_at=NINE + timedelta(days=day)) for day in range(5)))
    assert len(Page(page).every("article", "message")) == 2
    assert "3\N{NO-BREAK SPACE}older messages are in the folder only." in page


def test_many_people_are_not_listed_at_the_top(outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_page, "MANY_PEOPLE", 1)
    assert Page(_page(outbox, a_letter(), a_text())).every("nav", "jump") == []


def test_a_year_is_named_twice_only_when_it_changes(outbox: Path) -> None:
    page = _page(outbox, a_letter(), a_letter(handed_at=datetime(2027, 1, 4, 9, tzinfo=UTC)))
    assert "from 11 June 2026 to 4 January 2027" in page


def test_the_page_replaces_the_one_before_and_leaves_nothing_else(outbox: Path) -> None:
    _page(outbox, a_letter())
    write_index(outbox, title="Again", zone=LONDON)
    assert sorted(path.name for path in outbox.iterdir()) == ["2026-06-11", "index.html", "index.jsonl"]
    assert "<h1>Again</h1>" in (outbox / "index.html").read_text()
