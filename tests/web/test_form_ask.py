"""Questions in the form: how they are answered, what an answer means, what is said to it. And words that are shared."""

import html
import re
from collections.abc import Iterator

import pytest

from drip.core.draft import SEQUENCE
from drip.core.role import Role
from drip.flows import draft as flow
from tests.databases import sqlite_url
from tests.web.build import Answer, Site, site_at
from tests.web.test_console import NOW, signed_in
from tests.web.test_form import Desk, lines, person_of
from tests.world import World, a_world

ASKING = """\
sequence: advice
title: After your first visit
purpose: care
kind: education
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - id: hello
    after: 3h
    email: hello

  - id: days
    after: 7d
    every: 1w
    times: 4
    sms: days
    ask:
      id: exercise_days
      answer: days
      then:
        # At once.
        - sms: pain
          ask:
            id: pain
            answer: number
            min: 0
            max: 10    # the worst there is
            task_if: answer >= 8
            then:
              - {if: answer >= 5, sms: ease-back}
              - sms: well-done
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""
OTHER = """\
sequence: other
title: Something else
purpose: care
kind: education
enrol: {on: appointment.booked}
anchor: booked
steps:
  - {id: note, after: 1d, email: note}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""
LINE = "shared/line.email.md"


@pytest.fixture
def world() -> Iterator[World]:
    """Two live sequences. Both their emails have the same line in them, but it was changed in between."""
    made = a_world(sqlite_url())
    made.sources["other/note.email.md"] = f'---\nsubject: A note\n---\nHello.\n\n{{% include "{LINE}" %}}\n'
    made.sources["advice/hello.email.md"] = f'---\nsubject: Hello\n---\nHello.\n\n{{% include "{LINE}" %}}\n'
    made.sources[LINE] = "Call us on <b>Monday</b>.\n"
    made.publish(OTHER, ASKING)
    yield made
    made.app.close()


site = site_at(NOW)


@pytest.fixture
def desk(world: World, site: Site) -> Desk:
    browser = signed_in(world, site, Role.AUTHOR)
    return Desk(world, browser, flow.begin(world.app, "advice", person_of(world, "author"), NOW).id)


def answers(desk: Desk, step: str, do: str, **typed: str) -> Answer:
    """One of the buttons beside what is said to answers."""
    return desk.browser.post(f"/console/drafts/{desk.id}/form/{step}/answers", do=do, saw=str(desk.draft.edit), **typed)


def page(answer: Answer) -> str:
    return html.unescape(answer.text)


QUESTIONS = ["form/days/ask", "form/days.pain/ask", "form/hello/ask"]


def test_each_question_is_found_from_its_step_and_says_what_it_leads_to(desk: Desk) -> None:
    assert "It asks exercise_days: how many of the last seven days." in desk.get("form")
    assert "form/days/ask" in desk.get("form/days")
    assert "Let it ask a question" in desk.get("form/hello")
    told = desk.get("form/days.pain/ask")
    assert "If the answer is at least 5: by text, at once." in told
    assert told.index(">ease-back</a>") < told.index(">well-done</a>")
    assert "To every answer that none above fits" in told
    assert "form/days.pain.ease-back/said" in told


@pytest.mark.parametrize("path", ["form/days/ask", "form/days.pain/ask", "form/days.pain/said", "form/days"])
def test_saving_what_is_there_changes_nothing(desk: Desk, path: str) -> None:
    before = desk.draft
    assert desk.save(path).status == 200
    assert desk.draft == before


@pytest.mark.parametrize(
    ("path", "typed", "changed"),
    [
        ("form/days.pain/ask", {"max": "9"},
         ["-             max: 10    # the worst there is", "+             max: 9    # the worst there is"]),
        ("form/days.pain/ask", {"red_flag_if": "answer >= 9"}, ["+             red_flag_if: answer >= 9"]),
        ("form/days.pain/ask", {"task_if": ""}, ["-             task_if: answer >= 8"]),
        ("form/days/ask", {"silence_times": "2", "silence_every": "2w"},
         ["+       after_silence: {times: 2, every: 2w, then: stop}"]),
        ("form/days/ask", {"open_for": "2d"}, ["+       open_for: 2d"]),
        ("form/hello/ask", {"id": "since", "answer": "choice", "choices": "well\r\nworse, bad"},
         ["+     ask: {id: since, answer: choice, choices: [well, [worse, bad]]}"]),
        ("form/days.pain.ease-back/said", {"after": "1d", "at": "10:00", "if": "answer > 5"},
         ["-               - {if: answer >= 5, sms: ease-back}",
          '+               - {if: answer > 5, after: 1d, at: "10:00", sms: ease-back}']),
        ("form/days.pain/said", {"purpose": "service"}, ["+           purpose: service"]),
        ("form/days.pain.well-done/said", {"by__email": "yes", "email__subject": "Good", "email__body": "Good."},
         ["+                 email: well-done", "+ ---", "+ subject: Good", "+ ---", "+ Good."]),
    ],
)  # fmt: skip
def test_one_edit_is_its_own_lines(desk: Desk, path: str, typed: dict[str, str], changed: list[str]) -> None:
    answer = desk.save(path, **typed)
    assert answer.status == 200
    assert lines(answer) == changed
    assert lines(desk.save(path)) == []


@pytest.mark.parametrize(
    ("path", "typed", "field", "says"),
    [
        ("form/days.pain/ask", {"max": "ten"}, "max", "is not a number"),
        ("form/days.pain/ask", {"max": "-1"}, "max", "the highest number must be more than the lowest number"),
        ("form/days.pain/ask", {"task_if": "answer >= 11"}, "task_if", "no answer that can be given"),
        ("form/days.pain/ask", {"task_if": "answer >"}, "task_if", "of the condition"),
        ("form/days.pain/ask", {"answer": "days"}, "min", "the lowest number goes with “A number” only"),
        ("form/days.pain/ask", {"answer": "choice", "min": "", "max": ""}, "answer", "write the words to choose from"),
        ("form/days.pain/ask", {"id": ""}, "id", "needs a name"),
        ("form/hello/ask", {"id": "Worst pain", "answer": "number"}, "id", "cannot stand in"),
        ("form/days/ask", {"open_for": "90d"}, "open_for", "for 31 days at most"),
        ("form/days/ask", {"silence_times": "2"}, "silence_every", "Both are needed"),
        ("form/hello/ask", {"id": "a", "answer": "days", "silence_times": "2", "silence_every": "2w"}, "silence_times",
         "let it repeat first"),
        ("form/days/ask", {"silence_times": "2", "silence_every": "1d"}, "silence_every", "nobody would be asked less"),
        ("form/hello/ask", {"id": "a", "answer": "choice", "choices": "1: x\r\ny"}, "choices", "every choice a number"),
        ("form/hello/ask", {"id": "a", "answer": "choice", "choices": "stop\r\ngo"}, "choices", "always heard as STOP"),
        ("form/days.pain.ease-back/said", {"if": "patient.age > 3"}, "if", "only the `answer`"),
        ("form/days.pain.ease-back/said", {"at": "10:00"}, "at", "goes with whole days"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field_and_nothing_is_saved(
    desk: Desk, path: str, typed: dict[str, str], field: str, says: str
) -> None:
    before = desk.draft
    answer = desk.save(path, **typed)
    assert answer.status == 422
    told = page(answer)
    assert re.search(rf'<a href="#f-{field}">[^<]*{says}', told)
    assert re.search(rf'class="wrong" id="e-{field}-1">.*?{says}', told)
    for value in typed.values():
        assert value in told
    assert desk.draft == before


@pytest.mark.parametrize(
    "typed",
    [
        {"max": "-1"},
        {"answer": "days"},
        {"answer": "choice", "min": "", "max": ""},
        {"choices": "better\r\nworse"},
    ],
)
def test_mistakes_are_said_in_the_words_of_the_page(desk: Desk, typed: dict[str, str]) -> None:
    told = re.findall(r'class="wrong"[^>]*>(.*?)</p>', page(desk.save("form/days.pain/ask", **typed)))
    assert told
    assert "`" not in "".join(told)


@pytest.mark.parametrize(
    ("path", "typed", "says"),
    [
        ("form/hello/ask", {"id": "pain", "answer": "number"}, "already asks `pain`"),
        ("form/days.pain.well-done/said", {"if": "answer >= 5", "by.sms": ""}, "at least one way"),
    ],
)
def test_what_an_edit_would_break_elsewhere_is_refused_in_words(
    desk: Desk, path: str, typed: dict[str, str], says: str
) -> None:
    before = desk.draft
    gone = [name for name, value in typed.items() if not value]
    answer = desk.save(path, *gone, **{name: value for name, value in typed.items() if value})
    assert answer.status == 422
    assert says in page(answer)
    assert desk.draft == before


def test_a_mistake_in_what_follows_does_not_stand_in_the_way_of_the_question(desk: Desk) -> None:
    text = desk.text.replace("if: answer >= 5", "if: answer >=")
    flow.save(desk.world.app, desk.id, {**desk.draft.files, SEQUENCE: text}, 1, person_of(desk.world, "author"), NOW)
    assert "of the condition" in desk.get("form/days.pain/ask")
    assert desk.save("form/days.pain/ask", max="9").status == 200


def test_a_question_is_taken_away_with_all_that_it_leads_to(desk: Desk) -> None:
    told = desk.browser.post(f"/console/drafts/{desk.id}/form/days.pain/ask", do="remove", saw="1")
    assert [line[0] for line in lines(told)] == ["-"] * 9
    assert "A question for days.pain" in told.text
    assert desk.browser.get(f"/console/drafts/{desk.id}/form/days.pain.ease-back/said").status == 404


def test_a_live_question_takes_another_name_only_if_it_is_meant(desk: Desk) -> None:
    answer = desk.save("form/days.pain/ask", id="worst_pain")
    assert answer.status == 422
    assert "pain is live. Called worst_pain, it is another question" in page(answer)
    assert desk.save("form/days.pain/ask", id="worst_pain", sure="yes").status == 200
    assert "id: worst_pain" in desk.text


def test_what_is_said_to_answers_is_added_moved_and_removed(desk: Desk) -> None:
    added = answers(desk, "days.pain", "add", words="no-pain", by="sms", **{"if": "answer == 0"})
    assert lines(added) == ["+               - {if: answer == 0, sms: no-pain}"]
    assert lines(desk.save("form/days.pain.no-pain/said", sms__text="Splendid."))[-1] == "+ Splendid."
    answers(desk, "days.pain", "up", which="days.pain.no-pain")
    assert desk.text.index("no-pain") < desk.text.index("ease-back")
    answers(desk, "days.pain", "up", which="days.pain.no-pain")
    answers(desk, "days.pain", "remove", which="days.pain.no-pain")
    assert desk.text == ASKING


def test_a_question_that_led_to_nothing_leads_to_something(desk: Desk) -> None:
    desk.save("form/hello/ask", id="since", answer="choice", choices="well\r\nworse")
    added = answers(desk, "hello", "add", words="sorry", by="email", **{"if": "answer == 'worse'"})
    assert lines(added)[-1].endswith("choices: [well, worse], then: [{if: answer == 'worse', email: sorry}]}")


@pytest.mark.parametrize(
    ("do", "typed", "says"),
    [
        ("add", {"words": "Well done"}, "its words need a name"),
        ("add", {"words": "more", "if": "answer >"}, "of the condition"),
        ("add", {"words": "more"}, "never said: the one above it has no `if`"),
        ("add", {"words": "ease-back", "if": "answer > 5"}, "is said already"),
        ("down", {"which": "days.pain.ease-back"}, "never said: the one above it has no `if`"),
        ("remove", {"which": "days.pain.nobody"}, "not in the draft any more"),
    ],
)
def test_what_would_never_be_said_is_not_added(desk: Desk, do: str, typed: dict[str, str], says: str) -> None:
    answer = answers(desk, "days.pain", do, **typed)
    assert answer.status == 422
    assert says in page(answer)
    assert all(value in page(answer) for name, value in typed.items() if name != "which")
    assert desk.text == ASKING


def test_a_live_message_that_would_be_called_otherwise_is_asked_about(desk: Desk, world: World) -> None:
    text = ASKING.replace("sms: ease-back", "sms: ease-back, email: take-care")
    flow.save(world.app, desk.id, {**desk.draft.files, SEQUENCE: text}, 1, person_of(world, "author"), NOW)
    answer = desk.save("form/days.pain.ease-back/said", "by.sms")
    assert answer.status == 422
    assert "called after take-care" in page(answer)
    answer = desk.save("form/days.pain.ease-back/said", "by.sms", sure="yes")
    assert answer.status == 200
    assert "take-care, to an answer to days.pain" in page(answer)


@pytest.mark.parametrize("path", ["form/days.pain/ask", "form/days.pain/said", "form/days.pain/answers"])
def test_nobody_writes_over_what_they_did_not_see(desk: Desk, path: str) -> None:
    told = {"id": "pain", "max": "8", "if": "answer > 6", "by.sms": "yes", "words": "more", "do": "", "saw": "1"}
    told |= {"do": "add"} if path.endswith("answers") else {}
    desk.save("form/days.pain/ask", max="9")
    stale = desk.browser.post(f"/console/drafts/{desk.id}/{path}", **told)
    assert stale.status == 409
    assert "Sam Okoro changed this draft" in stale.text
    assert "max: 9" in desk.text


def test_after_somebody_elses_change_both_are_shown(desk: Desk) -> None:
    fields = desk.fields("form/days.pain/ask")
    desk.save("form/days.pain/ask", max="9")
    stale = desk.browser.post(f"/console/drafts/{desk.id}/form/days.pain/ask", **{**fields, "max": "8"})
    assert "Now in the draft: 9" in stale.text
    assert re.search(r'name="max" value="8"', stale.text)


@pytest.mark.parametrize("path", ["form/days.pain/ask", "form/days.pain/said", "form/days.pain/answers"])
def test_what_was_typed_where_nothing_is_any_more_is_shown(desk: Desk, path: str) -> None:
    desk.browser.post(f"/console/drafts/{desk.id}/form/days/ask", do="remove", saw="1")
    told = {"id": "pain", "do": "add", "saw": "2", "if": "answer > 6"}
    gone = desk.browser.post(f"/console/drafts/{desk.id}/{path}", **told)
    assert gone.status == 409
    assert "answer > 6" in page(gone)


@pytest.mark.parametrize("path", ["form/nobody/ask", "form/days/said", "form/nobody/said"])
def test_what_is_not_there_has_no_page(desk: Desk, path: str) -> None:
    assert desk.browser.get(f"/console/drafts/{desk.id}/{path}").status == 404


def test_shared_words_can_be_read_but_not_written_where_they_are_said(desk: Desk) -> None:
    told = desk.browser.get(f"/console/drafts/{desk.id}/form/hello").text
    assert f"<details><summary>Shared words: {LINE}</summary>" in told
    assert '<div class="quote">Call us on &lt;b&gt;Monday&lt;/b&gt;.' in told
    assert "Said by other as well." in told
    assert f"Shared words: {LINE}" not in desk.get("form/days")
    whole = desk.browser.get(f"/console/drafts/{desk.id}").text
    assert whole.count(f"<summary>Shared words: {LINE}</summary>") == 1
    assert f"file:{LINE}" not in whole


def test_shared_words_that_read_otherwise_elsewhere_say_so(desk: Desk, world: World) -> None:
    assert "They read otherwise" not in desk.get("form/hello")
    world.sources[LINE] = "Call us on Tuesday.\n"
    world.publish(OTHER, now="2026-06-02 08:00")
    told = desk.get("form/hello")
    assert "Call us on <b>Monday</b>." in told
    assert "They read otherwise in other:" in told


def test_shared_words_that_are_just_being_included_are_shown_as_others_have_them(desk: Desk) -> None:
    told = desk.save("form/days.pain/said", sms__text='Hello. {% include "shared/line.email.md" %}')
    assert told.status == 200
    assert f"<summary>Shared words: {LINE}</summary>" in told.text
