"""Reading, approving and publishing a draft in the console; and the versions that came of it."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from drip.core.draft import Draft
from drip.core.role import Role
from drip.flows import draft
from drip.flows.publish import Result
from drip.store import drafts, versions
from drip.store.accounts import everybody
from tests.databases import sqlite_url
from tests.flows.test_approval import NEW, a_person, changed, live_one, submitted
from tests.flows.test_approval import NOW as THEN
from tests.flows.test_shared_words import HEEL, REST, a_draft, approved, going_live
from tests.web.build import Answer, Site, site_at
from tests.web.test_console import Browser
from tests.web.test_console import signed_in as signed_in_at
from tests.world import ADVICE, World, a_visit, a_world

SMS = "after-visit/first-message.sms.txt"


@pytest.fixture
def world() -> Iterator[World]:
    """A small clinic."""
    made = a_world(sqlite_url())
    yield made
    made.app.close()


site = site_at(THEN)


def signed_in(world: World, site: Site, role: Role, *sites: str) -> Browser:
    return signed_in_at(world, site, role, *sites, now=THEN)


def live(world: World) -> Result:
    """A sequence that Anna wrote and Ben approved, with Amina in it."""
    result = live_one(world, a_person(world, "anna", Role.AUTHOR), a_person(world, "ben"))
    world.tell(a_visit("2026-06-15 09:00"))
    world.tick("2026-06-15 11:00")
    return result


def waiting(world: World) -> Draft:
    """Its next draft, which Anna has handed in: sooner, and in other words."""
    live(world)
    anna = a_person(world, "anna-again", Role.AUTHOR, full="Anna Okoro")
    kept = changed(world, anna, 'after: 1d\n    at: "10:00"', "after: 1h")
    words = {**kept.files, SMS: kept.files[SMS].replace("thank you for coming", "it was good")}
    again = draft.save(world.app, kept.id, words, kept.edit, anna, THEN)
    assert isinstance(again, Draft)
    return submitted(world, again, anna)


def page_of(one: Draft) -> str:
    return f"/console/drafts/{one.id}/review"


def hidden(page: Answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, name
    return found[1]


def now(world: World, one: Draft) -> Draft:
    with world.store.read() as tx:
        kept = drafts.load(tx, one.id)
    assert kept
    return kept


def approve(browser: Browser, one: Draft, page: Answer, **unusual: Any) -> Answer:
    told = {"files": hidden(page, "files"), "edit": hidden(page, "edit"), "review_due": "2027-06-01", **unusual}
    return browser.post(f"/console/drafts/{one.id}/approve", **told)


def test_the_page_shows_what_differs_how_it_reads_and_whom_it_reaches(world: World, site: Site) -> None:
    page = signed_in(world, site, Role.APPROVER).get(page_of(waiting(world))).text
    assert "&#39;first-message&#39; goes" in page
    assert "it was good" in page
    assert "<ins>" in page
    assert "<del>" in page
    assert "1 patient is in it now" in page
    assert "1 message late already" in page
    assert "What this writes into the file" in page
    assert "Sam Okoro" in page


def test_approved_on_that_page_and_published_it_is_live(world: World, site: Site) -> None:
    one = waiting(world)
    browser = signed_in(world, site, Role.APPROVER)
    assert approve(browser, one, browser.get(page_of(one))).status == 303
    page = browser.get(page_of(one))
    seen = {name: hidden(page, name) for name in ("files", "edit")}
    done = browser.post(f"/console/drafts/{one.id}/publish", **seen)
    assert (done.status, done.headers["location"]) == (303, "/console/sequences/after-visit/versions")
    with world.store.read() as tx:
        (row,) = versions.load(tx, versions.live(tx).values())
    assert (row.number, row.published_by, row.approved_by) == (2, "Anna Okoro", "Sam Okoro")
    assert world.states() == {"first-message": "skipped late"}


def test_what_was_published_can_still_be_read_and_is_not_published_again(world: World, site: Site) -> None:
    one = waiting(world)
    browser = signed_in(world, site, Role.APPROVER)
    approve(browser, one, browser.get(page_of(one)))
    page = browser.get(page_of(one))
    seen = {name: hidden(page, name) for name in ("files", "edit")}
    assert browser.post(f"/console/drafts/{one.id}/publish", **seen).status == 303
    again = browser.post(f"/console/drafts/{one.id}/publish", **seen)
    assert again.status == 409
    assert 'role="alert"' in again.text
    read = browser.get(page_of(one))
    assert (read.status, "Whom it reaches" in read.text) == (200, False)
    with world.store.read() as tx:
        assert len(versions.of_sequence(tx, "after-visit")) == 2


def test_what_was_dropped_can_still_be_read(world: World, site: Site) -> None:
    one = waiting(world)
    browser = signed_in(world, site, Role.AUTHOR)
    assert browser.post(f"/console/drafts/{one.id}/drop", saw=str(one.edit)).status == 303
    read = browser.get(page_of(one))
    assert (read.status, "it was good" in read.text) == (200, True)


def test_what_changed_since_the_page_was_opened_is_to_be_read_again(world: World, site: Site) -> None:
    one = waiting(world)
    browser = signed_in(world, site, Role.APPROVER)
    page = browser.get(page_of(one))
    emil = a_person(world, "emil", Role.AUTHOR)
    later = draft.save(world.app, one.id, {**one.files, SMS: one.files[SMS] + "Bye."}, one.edit, emil, THEN)
    assert isinstance(later, Draft)
    submitted(world, later, emil)
    answer = approve(browser, one, page)
    assert answer.status == 409
    assert "read it again" in answer.text
    assert now(world, one).approval is None


def test_a_new_sequence_says_whom_it_enrols_and_asks_nothing_of_people_who_are_not_in_it(
    world: World, site: Site
) -> None:
    anna = a_person(world, "anna", Role.AUTHOR)
    begun = draft.begin_new(world.app, NEW, anna, THEN)
    author, approver = signed_in(world, site, Role.AUTHOR), signed_in(world, site, Role.APPROVER)
    page = author.get(page_of(begun)).text
    assert "Hand it in for approval" in page
    assert "people who are in it" not in page
    one = submitted(world, begun, anna)
    read = approver.get(page_of(one))
    assert "From now on:</strong> everybody who attends an appointment" in read.text
    assert "What was chosen for them" not in read.text
    approve(approver, one, read)
    read = approver.get(page_of(one))
    assert "new patients get it." in read.text
    seen = {name: hidden(read, name) for name in ("files", "edit")}
    done = approver.post(f"/console/drafts/{one.id}/publish", **seen)
    assert "Version 1 is live. Nobody is in it yet." in unquote(done.headers["set-cookie"])


def test_a_change_of_whom_it_enrols_is_said_with_what_was(world: World, site: Site) -> None:
    live(world)
    anna = a_person(world, "anna-again", Role.AUTHOR)
    one = submitted(world, changed(world, anna, "appointment.attended", "appointment.booked"), anna)
    page = signed_in(world, site, Role.APPROVER).get(page_of(one)).text
    assert "Until now:</strong> everybody who attends an appointment" in page
    assert "From now on:</strong> everybody for whom an appointment is booked" in page
    assert "What was chosen for them" in page


def test_whom_it_enrols_is_said_once_where_it_stays_as_it_was(world: World, site: Site) -> None:
    page = signed_in(world, site, Role.APPROVER).get(page_of(waiting(world))).text
    assert "From now on:" in page
    assert "Until now:" not in page


def test_who_wrote_it_finds_no_button_and_cannot_do_without(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.APPROVER)
    with world.store.read() as tx:
        (sam,) = [one for one in everybody(tx) if one.person.name == "approver"]
    begun = draft.begin_new(world.app, NEW, sam.person, THEN)
    one = submitted(world, begun, sam.person)
    page = browser.get(page_of(one))
    assert "You wrote some of this" in page.text
    assert "I have read it" not in page.text
    told = {"files": hidden(page, "files"), "edit": str(one.edit)}
    answer = browser.post(f"/console/drafts/{one.id}/approve", review_due="2027-06-01", **told)
    assert (answer.status, now(world, one).approval) == (409, None)


@pytest.mark.parametrize(
    ("role", "deed"),
    [
        (Role.VIEWER, "submit"),
        (Role.SENDER, "submit"),
        (Role.AUTHOR, "approve"),
        (Role.AUTHOR, "send-back"),
        (Role.SENDER, "publish"),
    ],
)
def test_nobody_does_what_their_role_does_not_allow(world: World, site: Site, role: Role, deed: str) -> None:
    one = waiting(world)
    answer = signed_in(world, site, role).post(f"/console/drafts/{one.id}/{deed}", files="x", note="x")
    assert answer.status == 403
    assert now(world, one) == one


def test_a_form_from_elsewhere_approves_nothing(world: World, site: Site) -> None:
    one = waiting(world)
    browser = signed_in(world, site, Role.APPROVER)
    page = browser.get(page_of(one))
    assert approve(browser, one, page, key="wrong").status == 403
    assert now(world, one) == one


def test_who_sees_one_site_counts_its_patients_only_and_approves_nothing(world: World, site: Site) -> None:
    one = waiting(world)
    browser = signed_in(world, site, Role.APPROVER, "quay")
    page = browser.get(page_of(one))
    assert "1 patient is in it now at your sites" in page.text
    assert "you see only some" in page.text
    assert approve(browser, one, page).status == 409


def test_a_draft_with_errors_is_not_handed_in(world: World, site: Site) -> None:
    live(world)
    kept = changed(world, a_person(world, "emil", Role.AUTHOR), "after: 1d", "after: soon")
    page = signed_in(world, site, Role.AUTHOR).get(page_of(kept)).text
    assert "There are errors" in page
    assert "Hand it in for approval" not in page


def test_handed_in_by_the_page_it_waits_on_today(world: World, site: Site) -> None:
    live(world)
    kept = changed(world, a_person(world, "emil", Role.AUTHOR))
    author = signed_in(world, site, Role.AUTHOR)
    page = author.get(page_of(kept))
    form = {name: hidden(page, name) for name in ("edit", "live")}
    assert author.post(f"/console/drafts/{kept.id}/submit", people="send", note="<b>Sooner</b>", **form).status == 303
    after = now(world, kept)
    assert (after.stage, after.choice, after.note) == ("submitted", {"people": "send"}, "<b>Sooner</b>")
    assert "wait for approval" not in author.get("/console").text.lower()
    today = signed_in(world, site, Role.APPROVER).get("/console").text
    assert f'href="/console/drafts/{kept.id}/review"' in today
    assert "Sam Okoro" in today


def test_sent_back_with_a_note(world: World, site: Site) -> None:
    one = waiting(world)
    browser = signed_in(world, site, Role.APPROVER)
    page = browser.get(page_of(one))
    seen = {name: hidden(page, name) for name in ("files", "edit")}
    assert browser.post(f"/console/drafts/{one.id}/send-back", note="", **seen).status == 409
    assert browser.post(f"/console/drafts/{one.id}/send-back", note="Too soon", **seen).status == 303
    assert (now(world, one).stage, now(world, one).note) == ("open", "Too soon")


def test_versions_are_listed_compared_and_read(world: World, site: Site) -> None:
    live(world)
    browser = signed_in(world, site, Role.VIEWER)
    listed = browser.get("/console/sequences/after-visit/versions").text
    assert "live" in listed
    assert "Ben Okoro" in listed
    assert "Begin a draft" not in browser.get("/console/sequences/after-visit/versions/1").text
    assert "sequences/after-visit.yaml" in browser.get("/console/sequences/after-visit/versions/1").text
    assert browser.get("/console/sequences/after-visit/versions/compare?was=1&now=1").status == 200
    for missing in ("versions/2", "versions/compare?was=1&now=x", "versions/email?side=now&now=1&path=x"):
        assert browser.get(f"/console/sequences/after-visit/{missing}").status == 404
    assert browser.get("/console/sequences/nothing/versions").status == 404


def test_an_earlier_version_comes_back_as_a_draft_and_history_stays(world: World, site: Site) -> None:
    live(world)
    browser = signed_in(world, site, Role.AUTHOR)
    answer = browser.post("/console/sequences/after-visit/versions/1/restore")
    assert answer.status == 303
    with world.store.read() as tx:
        (made,) = drafts.unfinished(tx)
        (row,) = versions.load(tx, versions.live(tx).values())
    assert answer.headers["location"] == f"/console/drafts/{made.id}/review"
    assert made.files == row.files
    assert len(made.authors) == 1, "who brings words back cannot approve them"
    again = browser.post("/console/sequences/after-visit/versions/1/restore")
    assert again.headers["location"] == "/console/sequences/after-visit/versions"
    assert signed_in(world, site, Role.VIEWER).post("/console/sequences/after-visit/versions/1/restore").status == 403


def test_a_draft_says_that_another_version_went_live_meanwhile(world: World, site: Site) -> None:
    live(world)
    kept = changed(world, a_person(world, "emil", Role.AUTHOR))
    browser = signed_in(world, site, Role.AUTHOR)
    assert "Another version has been published" not in browser.get(page_of(kept)).text
    with world.store.read() as tx:
        (row,) = versions.load(tx, versions.live(tx).values())
    world.sources.update({path: text for path, text in row.files.items() if path != "sequence.yaml"})
    world.publish(row.files["sequence.yaml"] + "# by command\n", now="2026-06-15 11:00")
    assert "Another version has been published since this was begun" in browser.get(page_of(kept)).text


def test_an_approval_of_other_shared_words_counts_no_longer_and_the_page_says_so(world: World, site: Site) -> None:
    anna, ben = a_person(world, "anna", Role.AUTHOR), a_person(world, "ben")
    going_live(world, ADVICE, HEEL)
    one = approved(world, submitted(world, a_draft(world, anna), anna), ben)
    going_live(world, ADVICE, REST, now="2026-06-15 12:30")
    page = signed_in(world, site, Role.APPROVER).get(page_of(one))
    assert "have changed since this was approved" in page.text
    assert REST in page.text
    assert f"/console/drafts/{one.id}/submit" in page.text
    assert f"/console/drafts/{one.id}/publish" not in page.text


def test_an_email_is_shown_in_a_frame_that_lets_nothing_out(world: World, site: Site) -> None:
    world.publish(ADVICE)
    emil = a_person(world, "emil", Role.AUTHOR)
    begun = draft.begin(world.app, "advice", emil, THEN)
    path = "advice/hello.email.md"
    files = {**begun.files, path: begun.files[path].replace("Hello", "Good day")}
    kept = draft.save(world.app, begun.id, files, begun.edit, emil, THEN)
    assert isinstance(kept, Draft)
    browser = signed_in(world, site, Role.VIEWER)
    where = f"{page_of(kept)}/email?path={path}"
    now_, was = browser.get(f"{where}&side=now"), browser.get(f"{where}&side=was")
    assert "Good day" in now_.text
    assert "Good day" not in was.text
    assert "sandbox; default-src 'none'" in now_.headers["content-security-policy"]
    assert f"email?path={path}" in browser.get(page_of(kept)).text
    for wrong in (f"{page_of(kept)}/email?path=sequence.yaml", "/console/drafts/nothing/review/email?path=x"):
        assert browser.get(wrong).status == 404
    assert browser.get(f"/console/sequences/advice/versions/email?now=1&side=now&path={path}").status == 200
