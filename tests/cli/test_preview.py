"""`drip preview`: the words of one step, as sent."""

import json
from pathlib import Path

import pytest

from tests.cli.build import rewrite
from tests.cli.conftest import Drip


def test_an_email_is_shown_with_its_subject(clinic: Path, drip: Drip) -> None:
    said = drip("preview", "after-visit", "hello").out
    assert said.startswith("Subject: After your visit\n")
    assert "Hello Amina, this is Hill Clinic." in said


def test_the_json_of_an_email_key_by_key(clinic: Path, drip: Drip) -> None:
    words = drip("preview", "after-visit", "hello", "--json").json
    assert list(words) == ["sequence", "step", "channel", "subject", "text", "html"]
    assert (words["sequence"], words["step"], words["channel"]) == ("after-visit", "hello", "email")
    assert words["html"].startswith("<!DOCTYPE html")


def test_the_json_of_a_text_tells_its_size(clinic: Path, drip: Drip) -> None:
    words = drip("preview", "after-visit", "tip", "--json").json
    assert (words["channel"], words["subject"], words["html"]) == ("sms", None, None)
    assert words["text"] == "Hill Clinic: a little every day. To stop, call 01234 380345"
    assert words["sms"] == {"parts": 1, "units": len(words["text"]), "encoding": "GSM-7"}


def test_a_channel_can_be_chosen(clinic: Path, drip: Drip) -> None:
    assert drip("preview", "before-visit", "get-ready", "--json").json["channel"] == "email"
    assert drip("preview", "before-visit", "get-ready", "--channel", "sms", "--json").json["channel"] == "sms"


def test_a_real_patient_fills_the_gaps(clinic: Path, drip: Drip) -> None:
    (clinic / "p.json").write_text(
        json.dumps({"patient": {"first_name": "Zo\u00eb [b]"}, "appointment": {"starts_at": "2026-07-03T23:30:00Z"}})
    )
    assert "Hello Zo\u00eb [b]" in drip("preview", "after-visit", "hello", "--patient", "p.json").out
    assert "4 July" in drip("preview", "before-visit", "remember", "--patient", "p.json").out


def test_long_lines_are_left_as_they_are_sent(clinic: Path, drip: Drip) -> None:
    rewrite(clinic / "templates/after-visit/hello.email.md", "Thank you for coming.", "word " * 60)
    text = drip("preview", "after-visit", "hello", "--json").json["text"]
    assert text in drip("preview", "after-visit", "hello").out


def test_the_html_can_be_written_to_a_file(clinic: Path, drip: Drip) -> None:
    said = drip("preview", "after-visit", "hello", "--html", "hello.html", "--json")
    assert (clinic / "hello.html").read_text() == said.json["html"]
    assert said.err == "Wrote hello.html\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("after-visit nothing", "no step 'nothing'"),
        ("nothing hello", "no sequence 'nothing'"),
        ("after-visit hello --channel sms", "goes by email"),
        ("after-visit hello --channel fax", "goes by email"),
        ("after-visit tip --html x.html", "no HTML"),
        ("after-visit hello --html nowhere/x.html", "nowhere/x.html"),
    ],
)
def test_what_cannot_be_shown_is_wrong_usage(words: str, says: str, clinic: Path, drip: Drip) -> None:
    said = drip("preview", *words.split(), code=2)
    assert says in said.err
    assert said.out == ""


def test_words_that_cannot_be_made_are_the_contents_fault(clinic: Path, drip: Drip) -> None:
    rewrite(clinic / "templates/after-visit/tip.sms.txt", "site.phone", "site.fax")
    assert "tip.sms.txt" in drip("preview", "after-visit", "tip", code=1).err
    (clinic / "templates/after-visit/tip.sms.txt").unlink()
    assert "no sms template 'tip'" in drip("preview", "after-visit", "tip", code=1).err
