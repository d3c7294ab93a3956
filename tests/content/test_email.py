"""Emails: Markdown and layout become one HTML part and one text part that say the same."""

import re
from html import unescape

import pytest

from drip.content.render import TemplateError, TemplateSet
from tests.content.letters import (
    EMAIL,
    LAYOUT,
    a_patient,
    an_email,
    email_words,
    letter_html,
    letter_text,
)

LETTER = """\
# Keep moving

Hello **{{ patient.first_name }}**, see you *soon*
on {{ appointment.starts_at|date }}.

- Walk
- Rest
  - at night

1. Stand
2. Rise

> Call [111](tel:111) if it is hot.

---

Read [our pages]({{ clinic.website }}) or ring [{{ clinic.phone }}](tel:{{ clinic.phone }}).
"""


def test_markdown_becomes_html() -> None:
    assert letter_html(email_words(LETTER)) == (
        "<h1>Keep moving</h1><p>Hello <strong>Amina</strong>, see you <em>soon</em> on Thursday 11 June 2026.</p>"
        "<ul><li>Walk</li><li>Rest<ul><li>at night</li></ul></li></ul><ol><li>Stand</li><li>Rise</li></ol>"
        '<blockquote><p>Call <a href="tel:111">111</a> if it is hot.</p></blockquote><hr>'
        '<p>Read <a href="https://riverside.example">our pages</a> or ring '
        '<a href="tel:01234 380345">01234 380345</a>.</p>'
    )


def test_markdown_becomes_text_without_wrapping_or_marks() -> None:
    assert letter_text(email_words(LETTER)) == (
        "Keep moving\n\nHello Amina, see you soon on Thursday 11 June 2026.\n\n- Walk\n- Rest\n  - at night\n\n"
        "1. Stand\n2. Rise\n\nCall 111 if it is hot.\n\n---\n\n"
        "Read our pages (https://riverside.example) or ring 01234 380345."
    )


def test_both_parts_say_the_same_words_in_the_same_order() -> None:
    words = email_words(LETTER)
    seen = re.sub(r"<[^>]+>", " ", (words.html or "").partition("</head>")[2])
    assert re.findall(r"\w+", unescape(seen)) == re.findall(r"\w+", _without_marks(words.text))


def _without_marks(text: str) -> str:
    return re.sub(r"(?m)^\d\. | \(https?://\S+\)", "", text)


def test_a_value_can_be_the_address_of_a_link() -> None:
    words = email_words("[Stop these messages]({{ links.stop }})")
    assert letter_html(words) == ('<p><a href="https://riverside.example/p/t?s=1&amp;k=2">Stop these messages</a></p>')
    assert letter_text(words) == "Stop these messages (https://riverside.example/p/t?s=1&k=2)"


@pytest.mark.parametrize(
    ("body", "html", "text"),
    [
        pytest.param(
            "One.\n\n{% if patient.age >= 40 %}\nTwo.\n{% endif %}\n\nThree.",
            "<p>One.</p><p>Two.</p><p>Three.</p>",
            "One.\n\nTwo.\n\nThree.",
            id="a-paragraph-that-is-there",
        ),
        pytest.param(
            "One.\n\n{% if patient.age >= 50 %}\nTwo.\n{% endif %}\n\nThree.",
            "<p>One.</p><p>Three.</p>",
            "One.\n\nThree.",
            id="a-paragraph-that-is-not",
        ),
        pytest.param(
            "One.\n{% if patient.age >= 50 %}\nTwo.\n{% else %}\n## Other\n{% endif %}\nThree.",
            "<p>One.</p><h2>Other</h2><p>Three.</p>",
            "One.\n\nOther\n\nThree.",
            id="without-empty-lines-around-the-tags",
        ),
        pytest.param(
            "{% if patient.age >= 50 %}Two.{% endif %}\n\nThree.",
            "<p>Three.</p>",
            "Three.",
            id="a-whole-paragraph-on-one-line",
        ),
        pytest.param(
            "## {% if patient.age >= 50 %}Old{% elif patient.age >= 40 %}Middle{% else %}Young{% endif %}",
            "<h2>Middle</h2>",
            "Middle",
            id="a-heading-with-choices",
        ),
        pytest.param(
            "You {% if patient.age >= 50 %}must{% else %}may **now**{% endif %} walk.",
            "<p>You may <strong>now</strong> walk.</p>",
            "You may now walk.",
            id="within-a-sentence",
        ),
        pytest.param(
            "- One\n{% if patient.age >= 50 %}\n- Two\n{% endif %}\n- Three",
            "<ul><li>One</li><li>Three</li></ul>",
            "- One\n- Three",
            id="an-item-that-is-not-there-leaves-one-list",
        ),
        pytest.param(
            "{% if patient.age >= 40 %}\n- One\n{% else %}\n- Other\n{% endif %}\n- Two",
            "<ul><li>One</li><li>Two</li></ul>",
            "- One\n- Two",
            id="a-choice-of-first-item",
        ),
        pytest.param(
            "{% if patient.age >= 50 %}\n- One\n{% else %}\n- Other\n{% endif %}",
            "<ul><li>Other</li></ul>",
            "- Other",
            id="a-choice-of-lists",
        ),
        pytest.param(
            "1. One\n{% if patient.age >= 50 %}\n2. Two\n{% endif %}\n3. Three",
            "<ol><li>One</li><li>Three</li></ol>",
            "1. One\n2. Three",
            id="numbers-are-counted-as-shown",
        ),
        pytest.param(
            "- {% if patient.age >= 50 %}One{% endif %}\n"
            "- Two\n  {% if patient.age >= 40 %}\n  and more\n  {% endif %}",
            "<ul><li>Two<p>and more</p></li></ul>",
            "- Two\n  and more",
            id="inside-items",
        ),
        pytest.param(
            "> Call us.\n> {% if patient.age >= 50 %}\n> Soon.\n> {% endif %}\n> Or write.",
            "<blockquote><p>Call us.</p><p>Or write.</p></blockquote>",
            "Call us.\n\nOr write.",
            id="in-a-box",
        ),
        pytest.param(
            "One {# why #}two.\n{# a note\nover two lines #}\nThree.",
            "<p>One two. Three.</p>",
            "One two. Three.",
            id="notes-leave-nothing",
        ),
    ],
)
def test_an_if_leaves_nothing_empty_behind(body: str, html: str, text: str) -> None:
    words = email_words(body)
    assert letter_html(words) == html
    assert letter_text(words) == text


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("**a {% if patient.age %} b** c {% endif %}", id="across-bold"),
        pytest.param("- one\n  {% if patient.age %}\n- two\n{% endif %}", id="across-items"),
        pytest.param("Hello {% if patient.age %}there.\n\nMore.{% endif %}", id="across-paragraphs"),
    ],
)
def test_an_if_ends_where_it_began(body: str) -> None:
    assert {found.rule for found in an_email(body).check(EMAIL)} == {"if-crosses"}


@pytest.mark.parametrize(
    ("body", "html"),
    [
        pytest.param("Before\n{% include 'shared/a.email.md' %}\nAfter", "<p>Before</p>{}<p>After</p>", id="between"),
        pytest.param("> {% include 'shared/a.email.md' %}", "<blockquote>{}</blockquote>", id="in-a-box"),
        pytest.param("{% if patient.age %}{% include 'shared/a.email.md' %}{% endif %}", "{}", id="behind-an-if"),
    ],
)
def test_a_shared_block_stands_on_its_own(body: str, html: str) -> None:
    block = "- one\n- two {{ patient.first_name }}\n\nThree\n"
    expected = html.format("<ul><li>one</li><li>two Amina</li></ul><p>Three</p>")
    assert letter_html(email_words(body, a=block)) == expected


def test_nothing_in_an_email_is_fetched_from_elsewhere() -> None:
    html = email_words(LETTER).html or ""
    assert not re.search(r"<(link|img|script|iframe)\b|@import|url\(|\bsrc=", html)


@pytest.mark.parametrize(
    "fetched", ['<mj-image src="https://x.example/a.png" />', "<mj-text><img src='a.png' /></mj-text>"]
)
def test_a_layout_that_fetches_is_refused(fetched: str) -> None:
    layout = LAYOUT.replace('<mj-text css-class="letter"', fetched + '<mj-text css-class="letter"')
    problems = TemplateSet({EMAIL: "---\nsubject: Hi\n---\nHi", "layouts/email.mjml": layout}).check(EMAIL)
    assert [(found.path, found.rule) for found in problems] == [("layouts/email.mjml", "layout")]


def test_an_email_says_who_sends_it_and_how_to_stop_in_both_parts() -> None:
    words = email_words("Hello.")
    for part in (unescape(words.html or ""), words.text):
        for said in ("Riverside Clinic", "Village Site", "1 High Street, Bedford", "01234 380346"):
            assert said in part
        assert "https://riverside.example/p/t?s=1&k=2" in part


def test_without_a_public_address_the_email_says_to_phone() -> None:
    values = {**a_patient(), "links": {"preferences": None, "stop": None}}
    words = email_words("Hello.", values)
    assert words.text.endswith("To stop these messages, phone us.")
    assert "Choose what we send you" not in words.text


def test_the_page_says_its_language_its_title_and_its_hidden_preheader() -> None:
    sources = {
        "s/a.cy.email.md": "---\nsubject: Eich <1>\npreheader: 'Gair & gair'\n---\n{{ appointment.starts_at|date }}",
        "layouts/email.mjml": LAYOUT,
    }
    words = TemplateSet(sources).render("s/a.cy.email.md", a_patient())
    html = words.html or ""
    assert '<html lang="cy"' in html
    assert "<title>Eich &lt;1&gt;</title>" in html
    assert re.search(r'<div style="display:none[^>]*>Gair &amp; gair</div>', html)
    assert "dydd Iau 11 Mehefin 2026" in words.text
    assert words.subject == "Eich <1>"


def test_dark_colours_stay_in_the_page() -> None:
    assert "prefers-color-scheme: dark" in (email_words("Hello.").html or "")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<b onclick='x()'>bold</b>", id="html"),
        pytest.param("[press](javascript:alert(1))", id="script-link"),
    ],
)
def test_html_and_scripts_in_a_template_stay_words(body: str) -> None:
    words = email_words(body)
    assert unescape(letter_html(words)) == f"<p>{body}</p>"
    assert letter_text(words) == body


def test_braces_that_are_no_gaps_stay_braces() -> None:
    words = email_words("a {b} { {{ patient.age }} } {{ '{{' }} c {")
    assert letter_text(words) == "a {b} { 41 } {{ c {"
    assert letter_html(words) == "<p>a {b} { 41 } {{ c {</p>"


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [
        pytest.param("Hi\n\n[x]({{ patient.first_name }})", 6, 8, id="an-address-from-outside"),
        pytest.param("Hi [x](/here)", 4, 8, id="an-address-that-leads-nowhere"),
        pytest.param("[x](https://a.example/{% if patient.age %}b{% endif %})", 4, 23, id="an-if-inside"),
    ],
)
def test_a_link_leads_only_where_the_clinic_chose(body: str, line: int, column: int) -> None:
    problems = an_email(body).check(EMAIL)
    assert [(found.rule, found.line, found.column) for found in problems] == [("link", line, column)]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param("Hello.", 1, id="no-header"),
        pytest.param("---\npreheader: x\n---\nHello.", 1, id="no-subject"),
        pytest.param("---\nsubject: x\nsubjet: y\n---\nHello.", 3, id="unknown-word"),
        pytest.param("---\nsubject: x\nsubject: y\n---\nHello.", 3, id="said-twice"),
    ],
)
def test_an_email_begins_with_its_subject(source: str, line: int) -> None:
    problems = TemplateSet({EMAIL: source, "layouts/email.mjml": LAYOUT}).check(EMAIL)
    assert [(found.rule, found.line) for found in problems] == [("template-header", line)]


def test_without_a_layout_no_email_is_made() -> None:
    templates = TemplateSet({EMAIL: "---\nsubject: Hi\n---\nHello."})
    with pytest.raises(TemplateError, match="unknown-layout"):
        templates.render(EMAIL, a_patient())
