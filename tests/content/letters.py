"""A clinic, a patient and templates for the tests: the ordinary, to which each test adds the unusual."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from drip.content.render import TemplateSet
from drip.core.letter import Words

LAYOUT = (Path(__file__).parents[2] / "templates" / "layouts" / "email.mjml").read_text(encoding="utf-8")
EMAIL = "achilles-early-advice/keep-moving.email.md"
SMS = "achilles-early-advice/keep-moving.sms.txt"

Values = Mapping[str, Mapping[str, object]]


def a_patient(**unusual: object) -> dict[str, Mapping[str, object]]:
    """Everything that is known of one visit; `unusual` is about the patient."""
    return {
        "patient": {"first_name": "Amina", "last_name": "Shah", "age": 41, "language": "en", **unusual},
        "appointment": {
            "starts_at": datetime(2026, 6, 11, 10, 30, tzinfo=ZoneInfo("Europe/London")),
            "practitioner": "Jo Smith",
            "type": "initial",
        },
        "programme": {"starts_on": date(2026, 6, 15), "code": "loading"},
        "clinic": {"name": "Riverside Clinic", "phone": "01234 380345", "website": "https://riverside.example"},
        "site": {"name": "Village Site", "address": ("1 High Street", "Bedford"), "phone": "01234 380346"},
        "links": {"preferences": "https://riverside.example/p/t", "stop": "https://riverside.example/p/t?s=1&k=2"},
        "replies": {},
    }


def an_email(body: str, *, header: str = "subject: Keep moving", **shared: str) -> TemplateSet:
    """A set with one email, and `shared` files by the first part of their name."""
    files = {f"shared/{name}.email.md": text for name, text in shared.items()}
    return TemplateSet({EMAIL: f"---\n{header}\n---\n{body}", "layouts/email.mjml": LAYOUT, **files})


def a_text(body: str, **shared: str) -> TemplateSet:
    """A set with one text message."""
    return TemplateSet({SMS: body, **{f"shared/{name}.sms.txt": text for name, text in shared.items()}})


def email_words(body: str, values: Values | None = None, **shared: str) -> Words:
    """One email, filled."""
    return an_email(body, **shared).render(EMAIL, values or a_patient())


def text_words(body: str, values: Values | None = None, **shared: str) -> str:
    """One text message, filled."""
    return a_text(body, **shared).render(SMS, values or a_patient()).text


def letter_html(words: Words) -> str:
    """The letter itself in the HTML, without the frame and without the styles that each element carries."""
    html = words.html or ""
    start = re.search(r'class="letter"[^>]*><div[^>]*>', html)
    assert start
    letter = html[start.end() : html.index("</div>", start.end())]
    return re.sub(r"\s*\n\s*", " ", re.sub(r' style="[^"]*"', "", letter)).replace("> <", "><").strip()


def letter_text(words: Words) -> str:
    """The letter itself in the text part, without the frame."""
    return words.text.removeprefix("Riverside Clinic\n\n").partition("\n\nYou are getting this because")[0]
