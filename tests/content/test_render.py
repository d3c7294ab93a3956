"""Filling templates: what may stand in them, what may come into them, and what is refused."""

from collections.abc import Mapping
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.content.render import RenderError, TemplateError, TemplateSet, clean
from drip.core.model import Channel
from tests.content.letters import (
    EMAIL,
    LAYOUT,
    SMS,
    a_patient,
    a_text,
    an_email,
    email_words,
    letter_html,
    letter_text,
    text_words,
)

HOSTILE = {
    "a-script": ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    "a-template": ("{{ 7*7 }}", "{{ 7*7 }}"),
    "a-tag": ("{% if %}", "{% if %}"),
    "a-markdown-link": ("[x](http://evil)", "[x]("),
    "markdown": ("# **b** _i_ `c`", "# **b** _i_ `c`"),
    "a-formula": ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    "a-header": ("\r\nBcc: a@b.example", "Bcc: a@b.example"),
    "turned-round": ("abc\u202efdp.exe\u2066", "abcfdp.exe"),
    "too-long": ("A" * 500, "A" * 100),
    "accents-at-the-limit": ("x" + "e\u0301\u0323" * 90, "x" + "\u1eb9\u0301" * 49),
    "a-web-address": ("Sam https://evil.example/x now", "Sam now"),
    "an-address-in-an-address": ("hthttp://tp://evil.example", ""),
    "a-hidden-address": ("ht\u200btp://evil.example", ""),
    "a-bare-web-site": ("Sam evil.com/prize", "Sam"),
    "www": ("WWW.evil.example Sam", "Sam"),
    "our-own-token": ("Slot0n0ve", "Slot0n0ve"),
    "an-entity": ("&lt;b&gt;", "&lt;b&gt;"),
    "a-list-number": ("\x020:1\x03", "0:1"),
    "half-a-pair": ("a\ud800b", "ab"),
    "in-two-pieces": ("Zoe\u0308", "Zo\u00eb"),
}


@pytest.mark.parametrize(("name", "shown"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_name_is_only_ever_words(name: str, shown: str) -> None:
    values = a_patient(first_name=name)
    words = an_email("Hi {{ patient.first_name }}!", header="subject: To {{ patient.first_name }}!").render(
        EMAIL, values
    )
    assert letter_text(words) == f"Hi {shown}!"
    assert words.subject == f"To {shown}!"
    assert text_words("Hi {{ patient.first_name }}!", values) == f"Hi {shown}!"
    inside = letter_html(words).removeprefix("<p>Hi ").removesuffix("!</p>")
    assert not set(inside) & set("<>\"'")
    assert all(character.isprintable() or character in "\n" for character in words.html or "")


def test_a_value_that_calls_itself_safe_html_is_not_believed() -> None:
    class Safe(str):
        def __html__(self) -> str:
            return "<b>"

    values = {**a_patient(first_name=Safe("<i>")), "clinic": {"name": Safe("<u>")}}
    words = email_words("{{ patient.first_name }}{{ clinic.name }}", values)
    assert letter_html(words) == "<p>&lt;i&gt;&lt;u&gt;</p>"


@given(st.text(max_size=300))
def test_a_cleaned_value_is_short_visible_and_stays_as_it_is(value: str) -> None:
    once = clean(value)
    assert len(once) <= 100
    assert clean(once) == once
    assert all(character.isprintable() or character in "\u200c\u200d" for character in once)


@pytest.mark.parametrize(
    "name",
    [
        "O'Brien-Smith",
        "Łukasz Wójcik",
        "Dr. Ng",
        "\u0645\u062d\u0645\u062f",
        "\u0645\u06cc\u200c\u062e",
        "St. John",
        "J.R.",
    ],
)
def test_an_ordinary_name_is_left_alone(name: str) -> None:
    assert clean(name) == name


def test_the_clinics_own_values_may_be_web_addresses() -> None:
    assert text_words("{{ clinic.website }} {{ links.stop }}") == (
        "https://riverside.example https://riverside.example/p/t?s=1&k=2"
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("{{ appointment.starts_at|date }}", "Thursday 11 June 2026"),
        ("{{ appointment.starts_at|weekday }}", "Thursday"),
        ("{{ appointment.starts_at|time }}", "10:30"),
        ("{{ programme.starts_on | date }}", "Monday 15 June 2026"),
        ("{{ patient.first_name|upper }}", "AMINA"),
        ("{{ patient.first_name|lower|title }}", "Amina"),
        ("{{ patient.nickname|default('friend') }}", "friend"),
        ("{{ patient.first_name|default('friend') }}", "Amina"),
        ("{{ site.address }}", "1 High Street, Bedford"),
        ("{{ patient.age }}", "41"),
        ("{{ 'word' }}", "word"),
    ],
)
def test_a_gap_is_filled(written: str, shown: str) -> None:
    assert text_words(written) == shown


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "Wednesday 2 September 2026 09:05"),
        ("cy", "dydd Mercher 2 Medi 2026 09:05"),
        ("pl", "środa 2 września 2026 09:05"),
        ("fr", "Wednesday 2 September 2026 09:05"),
    ],
)
def test_a_date_is_in_the_language_of_the_words_around_it(language: str, shown: str) -> None:
    path = f"s/a.{language}.sms.txt"
    templates = TemplateSet({path: "{{ a.at|date }} {{ a.at|time }}"})
    assert templates.render(path, {"a": {"at": datetime(2026, 9, 2, 9, 5, tzinfo=UTC)}}).text == shown


def test_a_clinic_may_have_another_first_language() -> None:
    templates = TemplateSet({SMS: "{{ programme.starts_on|weekday }}"}, language="pl")
    assert templates.render(SMS, a_patient()).text == "poniedziałek"


@pytest.mark.parametrize("name", ["date", "weekday", "time", "upper", "title"])
def test_none_is_shown_as_nothing(name: str) -> None:
    assert text_words(f"-{{{{ patient.x|{name} }}}}{{{{ patient.x }}}}-", a_patient(x=None)) == "--"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("patient.age >= 40 and patient.age < 50", True),
        ("not patient.age == 41", False),
        ("patient.code in ['a', 'b']", True),
        ("patient.code not in ['a', 'b']", False),
        ("'achilles' in patient.conditions", True),
        ("patient.missing == none or patient.code == 'z'", True),
        ("patient.missing >= 16", False),
        ("patient.missing < 16", False),
        ("patient.missing != 'a'", False),
        ("'a' in patient.missing", False),
        ("patient.missing|default('a') == 'a'", True),
        ("30 < patient.age < 42", True),
    ],
)
def test_a_condition_is_read_as_in_a_sequence(condition: str, holds: bool) -> None:
    values = a_patient(code="a", conditions=["achilles"], missing=None)
    assert text_words(f"x{{% if {condition} %}}yes{{% endif %}}", values) == ("xyes" if holds else "x")


NOT_ALLOWED = [
    "{{ 7*7 }}",
    "{{ -1 }}",
    "{{ patient }}",
    "{{ patient.name.first }}",
    "{{ patient['age'] }}",
    "{{ patient.age() }}",
    "{{ patient.__class__ }}",
    "{{ patient._private }}",
    "{{ patient.a ~ 'b' }}",
    "{{ 'a' if patient.b else 'c' }}",
    "{{ patient.age == 3 }}",
    "{{ (patient.age == 3)|upper }}",
    "{{ patient.age is defined }}",
    "{{ patient.a|attr('b') }}",
    "{{ patient.a|default(clinic.name) }}",
    "{{ patient.a|default }}",
    "{{ patient.a|upper('x') }}",
    "{{ [patient.a] }}",
    "{{ {'a': 1} }}",
    "{{ range(9) }}",
    "{% for a in patient.b %}{% endfor %}",
    "{% set a = 1 %}",
    "{% macro a() %}{% endmacro %}",
    "{% raw %}{% endraw %}",
    "{% import 'a' as b %}",
    "{% if patient.a in [patient.b] %}{% endif %}",
    "{% if patient.a + 1 %}{% endif %}",
    "{%- if patient.a %}{% endif %}",
    "{% include patient.a %}",
    "{{ " + "(" * 200 + "patient.a" + ")" * 200 + " }}",
]


@pytest.mark.parametrize("written", NOT_ALLOWED)
def test_what_is_not_on_the_list_is_refused_where_it_stands(written: str) -> None:
    for templates, path, line in ((a_text(f"one\n two {written}"), SMS, 2), (an_email(f" two {written}"), EMAIL, 4)):
        problems = templates.check(path)
        assert {found.rule for found in problems} == {"template-not-allowed"}
        assert (problems[0].path, problems[0].line, problems[0].column) == (path, line, 6)
        with pytest.raises(TemplateError):
            templates.render(path, a_patient())


@pytest.mark.parametrize(
    "written",
    [
        "{{ patient.a",
        "{% if patient.a %}",
        "{% endif %}",
        "{% else %}",
        "{{ patient. }}",
        "{{ }}",
        "{# open",
        "{{ 'a }}",
    ],
)
def test_a_slip_of_the_pen_is_found_where_it_stands(written: str) -> None:
    for templates, path, line in ((a_text(f"one\n two {written}"), SMS, 2), (an_email(f" two {written}"), EMAIL, 4)):
        problems = templates.check(path)
        assert {found.rule for found in problems} == {"template-syntax"}
        assert (problems[0].line, problems[0].column) == (line, 6)


def test_all_problems_are_told_at_once() -> None:
    assert len(a_text("{{ a }}\n{{ b }}\n{{ 7*7 }}").check(SMS)) == 3


def test_very_many_ifs_inside_each_other_are_refused() -> None:
    templates = a_text("{% if patient.a %}" * 200 + "{% endif %}" * 200)
    assert [found.rule for found in templates.check(SMS)] == ["template-not-allowed"]


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("shared/nope.sms.txt", "unknown-include"),
        ("../secret.txt", "unknown-include"),
        (SMS, "unknown-include"),
        ("shared/loop.sms.txt", "include-loop"),
        ("shared/deep0.sms.txt", "include-depth"),
    ],
)
def test_only_shared_files_are_included_and_never_without_end(path: str, rule: str) -> None:
    deep = {f"deep{n}": f"{{% include 'shared/deep{n + 1}.sms.txt' %}}" for n in range(9)}
    templates = a_text(f"{{% include '{path}' %}}", loop="{% include 'shared/loop.sms.txt' %}", deep9="x", **deep)
    assert [found.rule for found in templates.check(SMS)] == [rule]


def test_a_missing_include_is_answered_with_the_nearest_name() -> None:
    problems = a_text("Hi\n{% include 'shared/stopp.sms.txt' %}", stop="STOP").check(SMS)
    assert [(found.line, found.column) for found in problems] == [(2, 1)]
    assert "did you mean shared/stop.sms.txt?" in problems[0].message


def test_a_problem_in_an_include_is_told_of_that_file() -> None:
    problems = a_text("Hi {% include 'shared/stop.sms.txt' %}", stop="Text\nSTOP {{ 7*7 }}").check(SMS)
    assert [(found.path, found.line, found.column) for found in problems] == [("shared/stop.sms.txt", 2, 6)]


def test_variables_are_listed_where_they_are_written() -> None:
    templates = an_email(
        "Hi {{ patient.first_name|default('you') }}\n\n{% if appointment.type == 'a' %}\n"
        "{% include 'shared/end.email.md' %}\n{% endif %}",
        header="subject: At {{ clinic.name }}",
        end="See you,\n{{ site.name }}",
    )
    found = [
        (each.path, each.object, each.name, each.line, each.column, each.has_default)
        for each in templates.variables(EMAIL)
        if each.path != "layouts/email.mjml"
    ]
    assert found == [
        (EMAIL, "clinic", "name", 2, 16, False),
        (EMAIL, "patient", "first_name", 4, 7, True),
        (EMAIL, "appointment", "type", 6, 7, False),
        ("shared/end.email.md", "site", "name", 2, 4, False),
    ]
    assert ("links", "stop") in {(each.object, each.name) for each in templates.variables(EMAIL)}


def test_a_version_covers_every_file_that_can_change_its_words() -> None:
    templates = an_email("{% include 'shared/a.email.md' %}", a="{% include 'shared/b.email.md' %}", b="x", c="y")
    assert templates.paths_used(EMAIL) == {EMAIL, "layouts/email.mjml", "shared/a.email.md", "shared/b.email.md"}
    assert a_text("x").paths_used(SMS) == {SMS}


def test_words_that_were_read_before_are_read_anew_when_anything_they_are_made_of_has_changed() -> None:
    body = "{% include 'shared/a.email.md' %}"
    for word in ("before", "after", "before"):
        assert word in letter_text(an_email(body, a=word).render(EMAIL, a_patient()))
    welsh = EMAIL.replace(".email", ".cy.email")
    files = {welsh: "---\nsubject: Bore da\n---\nx", "layouts/email.mjml": LAYOUT}
    assert TemplateSet(files).paths_used(welsh) == {welsh, "layouts/email.mjml"}
    more = {**files, "layouts/email.cy.mjml": LAYOUT}
    assert TemplateSet(more).paths_used(welsh) == {welsh, "layouts/email.cy.mjml"}


@pytest.mark.parametrize(
    ("language", "path"),
    [(None, "s/a.email.md"), ("en", "s/a.email.md"), ("cy", "s/a.cy.email.md"), ("cy-GB", "s/a.cy.email.md")],
)
def test_a_missing_language_falls_back_to_the_default(language: str | None, path: str) -> None:
    templates = TemplateSet({"s/a.email.md": "", "s/a.cy.email.md": "", "s/a.sms.txt": ""})
    assert templates.find("s", "a", Channel.EMAIL, language) == path
    assert templates.find("s", "a", Channel.SMS, language) == "s/a.sms.txt"
    assert templates.find("s", "b", Channel.SMS, language) is None


def test_a_text_message_is_sent_as_written_without_what_tags_leave() -> None:
    written = (
        " Hi {{ patient.first_name }},  come <early>\n{% if patient.age > 40 %}\nRing & ask.\n{% endif %}\n\n\n\nBye \n"
    )
    assert text_words(written) == "Hi Amina, come <early>\nRing & ask.\n\nBye"


SECRET = "Canary-Name"


@pytest.mark.parametrize(
    ("written", "values", "reason"),
    [
        ("{{ patient.nickname }}", a_patient(), "patient.nickname is not known"),
        ("{{ treatment.code }}", a_patient(), "treatment.code is not known"),
        ("{{ patient.nickname|upper }}", a_patient(), "patient.nickname is not known"),
        ("{{ patient.nickname|date }}", a_patient(), "not a date"),
        ("{% if patient.nickname %}x{% endif %}", a_patient(), "patient.nickname is not known"),
        ("{{ patient.x|date }}", a_patient(x=SECRET), "not a date"),
        ("{{ patient.x|time }}", a_patient(x=SECRET), "time of day"),
        ("{{ patient.x }}", a_patient(x={SECRET: SECRET}), "not text"),
        ("{{ patient.x }}", a_patient(x=True), "yes or no"),
        ("{{ patient.x }}", a_patient(x=time(9)), "without a filter"),
        ("{% if patient.x > 3 %}{% endif %}x", a_patient(x=SECRET), "could not be compared"),
        ("{{ patient.x }}", a_patient(x=" \u202e "), "nothing is left to say"),
        ("{{ clinic.x }}", {"clinic": {"x": "y" * 70_000}}, "longer than 64 kB"),
    ],
)
def test_words_that_cannot_be_made_say_why_and_nothing_of_the_patient(
    written: str, values: Mapping[str, Mapping[str, object]], reason: str
) -> None:
    with pytest.raises(RenderError, match=reason) as caught:
        text_words(written, values)
    assert SECRET not in str(caught.value)


def test_a_subject_is_one_line_and_never_empty() -> None:
    values = {**a_patient(first_name=None), "clinic": {**a_patient()["clinic"], "name": "A\r\nB\u202e\x00"}}
    assert an_email("x", header="subject: At {{ clinic.name }} ").render(EMAIL, values).subject == "At A B"
    with pytest.raises(RenderError, match="subject is empty"):
        an_email("x", header="subject: '{{ patient.first_name }}'").render(EMAIL, values)


def test_an_email_too_large_for_a_mailbox_is_not_made() -> None:
    # Four characters for each in HTML, one in the text part.
    values = {**a_patient(), "clinic": {**a_patient()["clinic"], "x": "<" * 63_000}}
    with pytest.raises(RenderError, match="longer than 256 kB"):
        email_words("{{ clinic.x }}", values)


def test_parts_are_checked_on_their_own() -> None:
    sources = {"shared/a.email.md": "{{ x }}", "layouts/email.mjml": LAYOUT, "s/a.txt": "x"}
    templates = TemplateSet(sources)
    assert [found.rule for found in templates.check("shared/a.email.md")] == ["template-not-allowed"]
    assert templates.check("layouts/email.mjml") == []
    assert [found.rule for found in templates.check("s/a.txt")] == ["unknown-template"]
    assert [str(found) for found in templates.check("s/b.sms.txt")] == [
        "s/b.sms.txt:1:1: unknown-template: there is no such template"
    ]


def test_windows_line_ends_and_byte_order_marks_change_nothing() -> None:
    source = "\ufeff---\r\nsubject: Hi\r\n---\r\nOne\r\n\r\nTwo\r\n"
    words = TemplateSet({EMAIL: source, "layouts/email.mjml": LAYOUT}).render(EMAIL, a_patient())
    assert letter_text(words) == "One\n\nTwo"
