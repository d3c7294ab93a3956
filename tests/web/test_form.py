"""A draft as a form: what is typed changes its own lines, mistakes are said beside their fields, nothing is lost."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from drip.core.draft import SEQUENCE, Draft
from drip.core.role import Person, Role
from drip.flows import draft as flow
from drip.store import accounts, drafts
from tests.databases import sqlite_url
from tests.web.build import Answer, Site, site_at
from tests.web.test_console import NOW, Browser, signed_in
from tests.world import World, a_world

ADVICE = """\
# What this is for.
sequence: advice
title: After your first visit
purpose: care
kind: education
enrol:
  on: appointment.attended
  when: patient.age >= 16   # adults
anchor: appointment
steps:
  # The first word.
  - id: hello
    after: 3h
    email: hello

  - id: nudge
    after: 1d
    at: "10:00"   # before lunch
    sms: nudge
    if_late: send

  - id: pain
    after: 7d
    sms: pain
    ask: {id: pain, answer: number, min: 0, max: 10}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


@dataclass
class Desk:
    """Somebody's browser at a draft of the advice."""

    world: World
    browser: Browser
    id: str

    @property
    def draft(self) -> Draft:
        """As it is now."""
        with self.world.store.read() as tx:
            draft = drafts.load(tx, self.id)
        assert draft
        return draft

    @property
    def text(self) -> str:
        """Its sequence file."""
        return self.draft.files[SEQUENCE]

    def get(self, path: str = "form") -> str:
        """One page of the form, as it reads."""
        answer = self.browser.get(f"/console/drafts/{self.id}/{path}")
        assert answer.status == 200
        return html.unescape(answer.text)

    def fields(self, path: str) -> dict[str, str]:
        """What a browser would send of a page's form if nothing was typed."""
        text = self.browser.get(f"/console/drafts/{self.id}/{path}").text
        told = {}
        for tag in re.findall(r"<input[^>]*>", text):
            one = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
            if one.get("type") != "checkbox" or tag.rstrip(">").endswith("checked"):
                told[one["name"]] = html.unescape(one.get("value", ""))
        for name, body in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n(.*?)</textarea>', text, re.DOTALL):
            told[name] = html.unescape(body).replace("\n", "\r\n")
        for name, body in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', text, re.DOTALL):
            options = re.findall(r'<option(?: value="([^"]*)")?( selected)?>([^<]*)', body)
            chosen = [value or words if not value and words in ("after", "before") else value
                      for value, is_selected, words in options if is_selected]  # fmt: skip
            told[name] = chosen[0] if chosen else options[0][0]
        return {name: value for name, value in told.items() if name != "key"}

    def save(self, path: str, *without: str, **typed: str) -> Answer:
        """Type something into a page's form and save it."""
        fields = {**self.fields(path), **{name.replace("__", "."): value for name, value in typed.items()}}
        for name in without:
            del fields[name]
        return self.browser.post(f"/console/drafts/{self.id}/{path}", **fields)

    def do(self, do: str, step: str, **typed: str) -> Answer:
        """One of the buttons in the list of steps."""
        return self.browser.post(
            f"/console/drafts/{self.id}/steps", do=do, step=step, **{"saw": str(self.draft.edit), **typed}
        )


@pytest.fixture
def world() -> Iterator[World]:
    made = a_world(sqlite_url())
    made.publish(ADVICE)
    yield made
    made.app.close()


site = site_at(NOW)


@pytest.fixture
def desk(world: World, site: Site) -> Desk:
    browser = signed_in(world, site, Role.AUTHOR)
    return Desk(world, browser, flow.begin(world.app, "advice", person_of(world, "author"), NOW).id)


def person_of(world: World, name: str) -> Person:
    with world.store.read() as tx:
        account = accounts.named(tx, name)
    assert account
    return account.person


def lines(answer: Answer) -> list[str]:
    """The lines that a page says were changed."""
    found = re.findall(r"<(?:ins|del)>.*?([+-]) </span>\d+: <code>(.*?)</code>", answer.text)
    return [f"{sign} {html.unescape(text)}" for sign, text in found]


def test_the_steps_stand_in_order_with_their_times_in_words(desk: Desk) -> None:
    page = desk.get()
    assert page.index("3 hours after the appointment") < page.index("1 day after the appointment, at 10:00")
    assert "A patient joins when the patient came to an appointment, if the patient's age is at least 16." in page
    assert "An example: the appointment is on <time" in page
    assert re.search(r"In the example: <time[^>]*>Thursday 9 July at 13:00", page)
    assert "It asks pain: a number from 0 to 10." in page


@pytest.mark.parametrize("path", ["form/hello", "form/nudge", "form/pain", "whole"])
def test_saving_what_is_there_changes_nothing(desk: Desk, path: str) -> None:
    before = desk.draft
    assert desk.save(path).status == 200
    assert desk.draft == before


@pytest.mark.parametrize(
    ("path", "typed", "changed"),
    [
        ("form/nudge", {"at": "09:30"}, ['-     at: "10:00"   # before lunch', '+     at: "09:30"   # before lunch']),
        ("form/nudge", {"number": "2"}, ["-     after: 1d", "+     after: 2d"]),
        ("form/nudge", {"way": "before", "number": "1", "unit": "w"}, ["-     after: 1d", "+     before: 1w"]),
        ("form/nudge", {"if_late": "skip"}, ["-     if_late: send"]),
        ("form/nudge", {"at": ""}, ['-     at: "10:00"   # before lunch']),
        ("form/hello", {"unit": "", "number": "1d3h"}, ["-     after: 3h", "+     after: 1d3h"]),
        ("form/hello", {"purpose": "service"}, ["+     purpose: service"]),
        ("form/hello", {"when": "patient.age > 17\r\nand patient.age < 90"},
         ["+     when: patient.age > 17 and patient.age < 90"]),
        ("form/pain", {"expires": "2d"}, ["+     expires: 2d"]),
        ("whole", {"title": 'no: "yes" #1'}, ["- title: After your first visit", r'+ title: "no: \"yes\" #1"']),
        ("whole", {"when": ""}, ["-   when: patient.age >= 16   # adults"]),
        ("whole", {"hours": "any"}, ["+ window: any"]),
        ("whole", {"hours": "own", "days": "mon, wed", "from": "08:00", "to": "18:00"},
         ['+ window: {days: [mon, wed], from: "08:00", to: "18:00"}']),
        ("whole", {"again": "after", "again_after": "90d"}, ["+   again: {after: 90d}"]),
        ("whole", {"ends_on__patient.discharged": "yes"}, ["+ ends: {on: patient.discharged}"]),
        ("whole", {"not_while_in": "one\r\n\r\ntwo\r\n"}, ["+   not_while_in: [one, two]"]),
    ],
)  # fmt: skip
def test_one_field_is_one_change(desk: Desk, path: str, typed: dict[str, str], changed: list[str]) -> None:
    answer = desk.save(path, **typed)
    assert answer.status == 200
    assert lines(answer) == changed
    assert desk.draft.edit == 2
    assert desk.draft.changed_by == person_of(desk.world, "author").id
    assert lines(desk.save(path)) == []


@pytest.mark.parametrize(
    ("path", "typed", "field", "says"),
    [
        ("form/nudge", {"at": "10 o'clock"}, "at", "is not a clock time"),
        ("form/nudge", {"number": "soon"}, "number", "is not a length of time"),
        ("form/nudge", {"unit": "h"}, "at", "goes with whole days or weeks only"),
        ("form/nudge", {"when": "patient.agee >"}, "when", "of the condition"),
        ("form/nudge", {"id": "Nudge!", "sure": "yes"}, "id", "is not an id"),
        ("form/nudge", {"id": "hello", "sure": "yes"}, "id", "is already the id of step 1"),
        ("form/nudge", {"every": "1d"}, "every", "needs exactly one of"),
        ("whole", {"review_due": "next year"}, "review_due", "is not a date"),
        ("whole", {"when": "patient."}, "when", "of the condition"),
        ("whole", {"hours": "own", "days": "", "from": "8", "to": "18:00"}, "from", "is not a clock time"),
        ("whole", {"again": "after", "again_after": "long"}, "again", "is not a length of time"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field_and_nothing_is_saved(
    desk: Desk, path: str, typed: dict[str, str], field: str, says: str
) -> None:
    before = desk.draft
    answer = desk.save(path, **typed)
    assert answer.status == 422
    page = html.unescape(answer.text)
    assert re.search(rf'<a href="#f-{field}">[^<]*{says}', page)
    assert re.search(rf'class="wrong" id="e-{field}-1">.*?{says}', page)
    for value in typed.values():
        assert value in page
    assert desk.draft == before


def test_a_step_goes_nowhere_without_words(desk: Desk) -> None:
    answer = desk.save("form/nudge", "by.sms")
    assert answer.status == 422
    assert "this step says nothing" in html.unescape(answer.text)


def test_words_change_their_own_lines(desk: Desk) -> None:
    path = "advice/hello.email.md"
    before = desk.draft.files[path]
    answer = desk.save("form/hello", email__subject="How is it?", email__body="Hello.\r\n\r\nAll <b>well</b>?")
    assert lines(answer)[0:2] == ["- subject: About hello", "+ subject: How is it?"]
    after = desk.draft.files[path]
    assert (
        after
        == before.replace("About hello", "How is it?").partition("---\nHello")[0] + "---\nHello.\n\nAll <b>well</b>?\n"
    )
    assert "All <b>well</b>?" not in answer.text


def test_a_text_is_added_to_a_step_that_was_an_email(desk: Desk) -> None:
    answer = desk.save("form/hello", by__sms="yes", sms__text="Hello from {{ clinic.name }}")
    assert "+     sms: hello" in lines(answer)
    assert desk.draft.files["advice/hello.sms.txt"] == "Hello from {{ clinic.name }}\n"


def test_a_channel_goes_and_its_words_stay_with_the_draft(desk: Desk) -> None:
    desk.save("form/hello", by__sms="yes", sms__text="Hello")
    assert lines(desk.save("form/hello", "by.sms")) == ["-     sms: hello"]
    assert desk.draft.files["advice/hello.sms.txt"] == "Hello\n"


def test_every_language_has_its_fields(world: World, site: Site) -> None:
    world.sources["advice/nudge.cy.sms.txt"] = "Helo\n"
    world.publish(ADVICE, now="2026-06-02 08:00")
    desk_of_author = signed_in(world, site, Role.AUTHOR)
    found = flow.begin(world.app, "advice", person_of(world, "author"), NOW)
    desk = Desk(world, desk_of_author, found.id)
    assert "The text (cy)" in desk.get("form/nudge")
    desk.save("form/nudge", sms__cy__text="Bore da")
    assert desk.draft.files["advice/nudge.cy.sms.txt"] == "Bore da\n"


def test_what_the_checker_says_of_a_step_stands_with_it(desk: Desk) -> None:
    desk.save("form/nudge", sms__text="Hello {{ patient.frist_name }}")
    for page in (desk.get("form/nudge"), desk.get()):
        assert "nudge.sms.txt, line 1" in page
        assert "frist_name" in page


def test_a_live_step_takes_another_name_only_if_it_is_meant(desk: Desk) -> None:
    answer = desk.save("form/nudge", id="reminder")
    assert answer.status == 422
    assert "whoever has had it gets it again" in answer.text
    assert "id: nudge" in desk.text
    answer = desk.save("form/nudge", id="reminder", sure="yes")
    assert lines(answer) == ["-   - id: nudge", "+   - id: reminder"]
    assert "Step reminder" in answer.text
    assert "people would get it twice" in html.unescape(answer.text)


def test_a_new_step_takes_another_name_freely(desk: Desk) -> None:
    desk.do("add", "nudge", new="extra", by="sms")
    assert desk.save("form/extra", id="more").status == 200


@pytest.mark.parametrize("by", ["email", "sms"])
def test_a_new_step_begins_with_words_that_cannot_go_before_they_are_written(desk: Desk, by: str) -> None:
    desk.do("add", "nudge", new="extra", by=by)
    page = html.unescape(desk.get("form/extra"))
    assert "{{ patient.first_name | default('there') }}" in page
    assert "Call {{ site.phone }}" in page
    said = {one.rule for one in flow.check(desk.world.app, desk.draft, NOW) if "/extra." in one.path}
    assert "unwritten" in said
    assert not said & {"missing-identity", "missing-opt-out", "template-header", "unknown-variable"}


def test_words_that_are_there_already_are_kept_for_a_new_step(desk: Desk) -> None:
    desk.do("add", "nudge", new="extra", by="sms")
    desk.save("form/extra", sms__text="Words of our own.")
    desk.do("remove", "extra")
    desk.do("add", "nudge", new="extra", by="sms")
    assert desk.draft.files["advice/extra.sms.txt"] == "Words of our own.\n"


def test_steps_are_added_copied_moved_and_removed(desk: Desk) -> None:
    assert "+   - id: extra" in lines(desk.do("add", "hello", new="extra", by="email", where="before"))
    desk.save("form/extra", email__subject="More", email__preheader="", email__body="Hello.")
    assert desk.draft.files["advice/extra.email.md"] == "---\nsubject: More\n---\nHello.\n"
    assert desk.text.index("id: extra") < desk.text.index("# The first word.")
    desk.do("down", "extra")
    assert desk.text.index("id: hello") < desk.text.index("id: extra") < desk.text.index("id: nudge")
    desk.do("copy", "nudge", new="again")
    assert desk.text.count("# before lunch") == 2
    for step in ("extra", "again"):
        assert desk.do("remove", step).status == 200
    assert desk.text == ADVICE


def test_the_first_step_goes_no_further_up_and_the_last_stays(desk: Desk) -> None:
    assert lines(desk.do("up", "hello")) == []
    desk.do("remove", "hello")
    desk.do("remove", "pain")
    assert "at least one step" in desk.do("remove", "nudge").text
    assert "id: nudge" in desk.text


@pytest.mark.parametrize(
    ("new", "says"), [("", "needs a name"), ("A b", "is not an id"), ("nudge", "There is, or was")]
)
def test_a_new_step_needs_a_name_of_its_own(desk: Desk, new: str, says: str) -> None:
    assert says in html.unescape(desk.do("add", "hello", new=new).text)
    assert desk.text == ADVICE


def test_removing_a_live_step_says_what_that_means(desk: Desk) -> None:
    assert "nudge is live." in desk.get("form/nudge/remove")
    desk.do("add", "hello", new="extra")
    assert "is live." not in desk.get("form/extra/remove")


def test_nobody_writes_over_what_they_did_not_see(desk: Desk) -> None:
    fields = desk.fields("form/nudge")
    desk.save("form/nudge", at="11:00")
    stale = desk.browser.post(f"/console/drafts/{desk.id}/form/nudge", **{**fields, "at": "12:00"})
    assert stale.status == 409
    page = html.unescape(stale.text)
    assert "Sam Okoro changed this draft" in page
    assert "Now in the draft: 11:00" in page
    assert 'value="12:00"' in page
    assert '"11:00"' in desk.text
    again = desk.browser.post(f"/console/drafts/{desk.id}/form/nudge", **{**fields, "at": "12:00", "saw": "2"})
    assert again.status == 200
    assert '"12:00"' in desk.text


def test_nobody_writes_over_words_that_they_did_not_see(desk: Desk) -> None:
    fields = desk.fields("form/nudge")
    desk.save("form/nudge", by__email="yes", email__body="Their letter", sms__text="Their words")
    stale = desk.browser.post(f"/console/drafts/{desk.id}/form/nudge", **{**fields, "sms.text": "My words"})
    assert stale.status == 409
    assert re.search(r"Now in the draft:</p><pre>Their words", stale.text)
    assert re.search(r"Now in the draft:</p><pre>ticked", stale.text)
    assert "My words</textarea>" in stale.text
    assert desk.draft.files["advice/nudge.sms.txt"] == "Their words\n"


def test_what_was_typed_for_a_step_that_is_gone_is_shown(desk: Desk) -> None:
    fields = desk.fields("form/pain")
    desk.do("remove", "pain")
    gone = desk.browser.post(f"/console/drafts/{desk.id}/form/pain", **{**fields, "sms.text": "My words"})
    assert gone.status == 409
    assert "My words" in gone.text


def test_the_whole_is_not_written_over_either(desk: Desk) -> None:
    fields = desk.fields("whole")
    desk.save("whole", title="Theirs")
    stale = desk.browser.post(f"/console/drafts/{desk.id}/whole", **{**fields, "title": "Mine"})
    assert stale.status == 409
    assert "Now in the draft: Theirs" in stale.text
    assert desk.do("up", "nudge", saw="1").text.count("changed this draft") == 1


def test_a_file_that_cannot_be_read_is_for_the_other_view(desk: Desk) -> None:
    files = {**desk.draft.files, SEQUENCE: "steps: ["}
    flow.save(desk.world.app, desk.id, files, 1, person_of(desk.world, "author"), NOW)
    assert "Put it right in the" in desk.get()
    assert desk.browser.get(f"/console/drafts/{desk.id}/whole").status == 409
    assert desk.browser.get(f"/console/drafts/{desk.id}/form/nudge").status == 404


def test_what_is_wrong_elsewhere_does_not_stand_in_the_way(desk: Desk) -> None:
    text = desk.text.replace("min: 0", "min: x").replace("purpose: care", "purpose: fun")
    flow.save(desk.world.app, desk.id, {**desk.draft.files, SEQUENCE: text}, 1, person_of(desk.world, "author"), NOW)
    assert "'x' is not a number" in desk.get("form/pain")
    assert desk.save("form/nudge", at="09:30").status == 200
    assert desk.save("form/pain", expires="1d").status == 200
    assert "'fun' is not known here" in desk.get()


@pytest.mark.parametrize("path", ["form", "whole", "form/nudge", "form/nudge/remove"])
def test_only_those_who_write_come_in_and_only_to_a_draft(world: World, site: Site, desk: Desk, path: str) -> None:
    viewer = signed_in(world, site, Role.VIEWER)
    assert viewer.get(f"/console/drafts/{desk.id}/{path}").status == 403
    assert desk.browser.get(f"/console/drafts/{'0' * 32}/{path}").status == 404
    flow.drop(world.app, desk.id, 1, person_of(world, "author"), NOW)
    assert desk.browser.get(f"/console/drafts/{desk.id}/{path}").status == 404


@pytest.mark.parametrize("path", ["whole", "form/nudge", "steps"])
def test_a_form_of_another_session_changes_nothing(desk: Desk, path: str) -> None:
    told = {"saw": "1", "do": "remove", "step": "nudge", "at": "01:00", "title": "x"}
    assert desk.browser.post(f"/console/drafts/{desk.id}/{path}", key="x", **told).status == 403
    assert (
        desk.browser.post(f"/console/drafts/{desk.id}/{path}", origin="https://elsewhere.example", **told).status == 403
    )
    assert desk.text == ADVICE


@pytest.mark.parametrize("told", [{"do": "burn", "step": "nudge"}, {"do": "up", "step": "nobody"}])
def test_what_nobody_offers_is_not_done(desk: Desk, told: dict[str, str]) -> None:
    assert desk.browser.post(f"/console/drafts/{desk.id}/steps", saw="1", **told).status == 404
    assert desk.text == ADVICE
