"""What was filled in is marked for staff, and never anywhere else."""

import pytest

from drip.content.marking import as_marked_html, pieces
from drip.content.render import TemplateSet
from tests.world import LAYOUT

SOURCES = {
    "layouts/email.mjml": LAYOUT,
    "a/hello.email.md": (
        "---\nsubject: For {{ patient.first_name }}\npreheader: A note\n---\n"
        "Hello {{ patient.first_name | upper }}.\n\n[Stop]({{ links.stop }})\n"
    ),
    "a/nudge.sms.txt": (
        "{% if patient.first_name == 'Amina' %}Hi {{ patient.first_name }}{% endif %}{{ patient.x | default('') }}!"
    ),
}
VALUES: dict[str, dict[str, object]] = {
    "patient": {"first_name": "Amina"},
    "links": {"stop": "https://example.org/p/1", "preferences": "", "view": ""},
    "clinic": {"name": "Harbour", "phone": "1", "email": "a@b.org", "website": "https://b.org"},
    "site": {"name": "Quay", "address": "1 Quay Street", "phone": "1", "opening": ""},
}


def test_a_text_shows_which_words_were_filled_in_and_conditions_see_the_value_itself() -> None:
    words = TemplateSet(SOURCES, shows_gaps=True).render("a/nudge.sms.txt", VALUES)
    assert pieces(words.text) == [("Hi ", False), ("Amina", True), ("!", False)]


def test_an_email_has_its_marks_in_words_and_none_in_addresses() -> None:
    words = TemplateSet(SOURCES, shows_gaps=True).render("a/hello.email.md", VALUES)
    html = as_marked_html(words.html or "")
    assert "<mark>AMINA</mark>" in html
    assert 'href="https://example.org/p/1"' in html
    assert "\u27e6" not in html
    assert pieces(words.subject or "") == [("For ", False), ("Amina", True)]


def test_patients_never_get_marks_even_after_staff_looked() -> None:
    TemplateSet(SOURCES, shows_gaps=True).render("a/nudge.sms.txt", VALUES)
    assert TemplateSet(SOURCES).render("a/nudge.sms.txt", VALUES).text == "Hi Amina!"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u27e6</mark><script>"])
def test_a_name_is_never_markup(name: str) -> None:
    values: dict[str, dict[str, object]] = {**VALUES, "patient": {"first_name": name}}
    words = TemplateSet(SOURCES, shows_gaps=True).render("a/hello.email.md", values)
    assert "<script" not in as_marked_html(words.html or "").lower()
