"""Drafts in the console: nothing typed is lost, nothing is shown to the wrong people, nothing runs in a preview."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

import pytest

from drip.core.draft import SEQUENCE, Draft
from drip.core.role import Person, Role
from drip.flows import draft as flow
from drip.flows.draft import NewSequence, begin, begin_new
from drip.store import audit, drafts
from drip.web.console.shelf import KEPT_FOR, Shelf
from tests.databases import sqlite_url
from tests.web.build import Site, site_at
from tests.web.test_console import NOW, Browser, signed_in
from tests.world import ADVICE, World, a_visit, a_world

ANNA = Person(id="a" * 32, name="anna", full_name="Anna Berg", role=Role.AUTHOR)


@pytest.fixture
def world() -> Iterator[World]:
    """Amina came at seven, and is in the one sequence that is live."""
    made = a_world(sqlite_url())
    made.publish(ADVICE)
    made.tell(a_visit("2026-06-11 07:00"))
    made.tick("2026-06-11 08:00")
    yield made
    made.app.close()


site = site_at(NOW)


@pytest.fixture
def draft(world: World) -> Draft:
    """Somebody has begun to change it."""
    return begin(world.app, "advice", ANNA, NOW)


def files(draft: Draft, **other: str) -> dict[str, str]:
    """A form's fields, with another text for the sequence or its nudge."""
    told = {"sequence": SEQUENCE, "nudge": "advice/nudge.sms.txt"}
    texts = {**draft.files, **{told[name]: text for name, text in other.items()}}
    return {f"file:{path}": text.replace("\n", "\r\n") for path, text in texts.items()}


def sent(browser: Browser, draft: Draft, part: str = "", saw: str = "", **fields: str) -> str:
    """The page that comes of a form."""
    told = {"saw": saw or str(draft.edit), **fields}
    return unescape(browser.post(f"/console/drafts/{draft.id}{part}", **told).text)


def test_a_sequence_is_changed_and_saved(world: World, site: Site, draft: Draft) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    assert "hello" in browser.get(f"/console/drafts/{draft.id}").text
    text = ADVICE.replace("After your first visit", "After you came")
    answer = browser.post(f"/console/drafts/{draft.id}", saw="1", **files(draft, sequence=text))
    assert answer.status == 303
    with world.store.read() as tx:
        kept = drafts.load(tx, draft.id)
    assert kept
    assert kept.files[SEQUENCE] == text
    assert kept.files.keys() == draft.files.keys()


def test_what_two_people_wrote_is_both_shown_and_neither_is_lost(world: World, site: Site, draft: Draft) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    flow.save(world.app, draft.id, {**draft.files, SEQUENCE: ADVICE + "# Anna's\n"}, 1, ANNA, NOW)
    answer = browser.post(f"/console/drafts/{draft.id}", saw="1", **files(draft, sequence=ADVICE + "# Mine\n"))
    assert answer.status == 409
    page = unescape(answer.text)
    assert "# Anna's" in page
    assert "# Mine" in page
    assert 'name="saw" value="2"' in page
    with world.store.read() as tx:
        kept = drafts.load(tx, draft.id)
    assert kept
    assert kept.files[SEQUENCE].endswith("# Anna's\n")


def test_what_is_typed_after_somebody_dropped_it_can_still_be_copied(world: World, site: Site, draft: Draft) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    flow.drop(world.app, draft.id, 1, ANNA, NOW)
    page = sent(browser, draft, **files(draft, sequence=ADVICE + "# Mine\n"))
    assert "This draft is dropped" in page
    assert "# Mine" in page
    assert browser.get(f"/console/drafts/{draft.id}").status == 404


def test_checking_says_what_is_wrong_and_where_and_saves_nothing(world: World, site: Site, draft: Draft) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    broken = files(draft, sequence=ADVICE.replace("after: 3h", "aftr: 3h"))
    for part in ("/check", "/findings"):
        page = sent(browser, draft, part, **broken)
        assert "`aftr` is not a key here, did you mean `after`?" in page
        assert "The sequence (YAML), line 9" in page
    assert "aftr: 3h" in sent(browser, draft, "/check", **broken)
    with world.store.read() as tx:
        assert drafts.load(tx, draft.id) == draft


def test_words_that_a_step_has_not_got_yet_have_a_field(world: World, site: Site, draft: Draft) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    page = sent(browser, draft, "/check", **files(draft, sequence=ADVICE.replace("sms: nudge", "sms: shove")))
    assert 'name="file:advice/shove.sms.txt"' in page
    assert "no step says it" in page
    page = sent(browser, draft, "/check", add_to="advice/nudge.sms.txt", add_language="cy", **files(draft))
    assert 'name="file:advice/nudge.cy.sms.txt"' in page
    page = sent(browser, draft, "/check", add_to="advice/nudge.sms.txt", add_language="../x", **files(draft))
    assert "../x" not in page.replace('value="../x"', "")


def test_a_text_is_previewed_with_its_size_its_time_and_what_was_filled_in(
    world: World, site: Site, draft: Draft
) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    words = "{{ patient.first_name }}, call {{ site.phone }} \u2019"
    page = sent(browser, draft, "/preview", step="nudge", at="2026-06-18T10:00", **files(draft, nudge=words))
    assert "<mark>Amina</mark>, call <mark>01234 380345</mark>" in page
    assert "Goes out Friday 19 June at 10:00, in 8 days (1 day after the appointment, at 10:00)." in page
    assert "1 part, " in page
    assert "\u2019 (right single quotation mark)" in page


def test_an_email_is_framed_and_may_do_nothing(world: World, site: Site, draft: Draft) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    page = browser.get(f"/console/drafts/{draft.id}?step=hello").text
    (frame,) = re.findall(r'<iframe sandbox src="(/console/preview/[^"]+)"', page)
    answer = browser.get(frame)
    assert "Hello <mark>Amina</mark>" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:")
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    other = signed_in(world, site, Role.APPROVER)
    assert "Amina" not in other.get(frame).text


def test_what_was_framed_is_forgotten_in_time() -> None:
    shelf = Shelf()
    name = shelf.put("sam", "<p>", NOW)
    assert shelf.take("sam", name, NOW + KEPT_FOR) == "<p>"
    assert shelf.take("una", name, NOW) is None
    assert shelf.take("sam", name, NOW + KEPT_FOR * 1.01) is None


def test_what_was_framed_does_not_stay_in_memory_when_it_is_too_old_to_be_shown() -> None:
    shelf, later = Shelf(), NOW + KEPT_FOR * 1.01
    old, fresh = shelf.put("sam", "<p>1", NOW), shelf.put("sam", "<p>2", later)
    assert shelf.take("sam", old, NOW) is None
    assert shelf.take("sam", fresh, later) == "<p>2"


def test_a_real_patient_is_shown_and_that_is_written_down_once(world: World, site: Site, draft: Draft) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    (patient,) = {one.patient_id for one in world.messages()}
    for _ in range(2):
        page = sent(browser, draft, "/preview", step="nudge", ref="p-1", **files(draft))
        assert "The appointment, their own: Thursday 11 June at 07:00" in page
    with world.store.read() as tx:
        assert [line.deed.deed for line in audit.lines(tx, f"patient:{patient}")] == ["patient_read"]


def test_a_patient_of_another_site_is_shown_to_nobody(world: World, site: Site, draft: Draft) -> None:
    with world.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE enrolments SET site = 'mill'")
    browser = signed_in(world, site, Role.AUTHOR, "quay")
    for part in ("/preview", "/calendar"):
        page = sent(browser, draft, part, step="nudge", ref="p-1", **files(draft))
        assert "Nobody is known by that reference." in page
        assert "07:00" not in page
    with world.store.read() as tx:
        assert "patient_read" not in {line.deed.deed for line in audit.lines(tx)}


def test_the_page_lets_its_own_editor_bring_styles_and_no_other_page_does(
    world: World, site: Site, draft: Draft
) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    pages = [browser.get(f"/console/drafts/{draft.id}") for _ in range(2)]
    nonces = [re.findall("'nonce-([^']+)'", page.headers["content-security-policy"]) for page in pages]
    assert nonces[0] != nonces[1]
    assert all(f'data-nonce="{nonce}"' in page.text for page, (nonce,) in zip(pages, nonces, strict=True))
    assert "unsafe" not in pages[0].headers["content-security-policy"]
    assert "nonce" not in browser.get("/console/sequences").headers["content-security-policy"]


def test_words_are_only_words_on_the_page(world: World, site: Site, draft: Draft) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    nasty = "</textarea><script>alert(1)</script>"
    answer = browser.post(
        f"/console/drafts/{draft.id}/check", saw="1", **files(draft, nudge=nasty, sequence=ADVICE + f"# {nasty}\n")
    )
    assert "<script>alert" not in answer.text


def test_a_draft_is_dropped_only_by_whoever_saw_its_last_change(world: World, site: Site, draft: Draft) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    flow.save(world.app, draft.id, {**draft.files, SEQUENCE: ADVICE + "#\n"}, 1, ANNA, NOW)
    sent(browser, draft, "/drop", saw="1")
    assert "Draft of advice" in browser.get(f"/console/drafts/{draft.id}").text
    sent(browser, draft, "/drop", saw="2")
    assert browser.get(f"/console/drafts/{draft.id}").status == 404


def test_shared_words_are_named_and_cannot_be_changed(world: World, site: Site, draft: Draft) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    page = browser.get(f"/console/drafts/{draft.id}").text
    assert "layouts/email.mjml" in page
    assert 'name="file:layouts/email.mjml"' not in page
    told = files(draft) | {"file:layouts/email.mjml": "<mjml></mjml>"}
    browser.post(f"/console/drafts/{draft.id}", saw="1", **told)
    with world.store.read() as tx:
        assert drafts.load(tx, draft.id) == draft


def test_a_new_sequence_is_begun_with_little_or_as_a_copy(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    answer = browser.post("/console/new-sequence", id="knee", title="Knee", copy_of="")
    assert answer.headers["location"].startswith("/console/drafts/")
    told = unquote(answer.headers["set-cookie"])
    assert "No patient gets it until it is approved and published. Every author can go on" in told
    assert "hello" in browser.get(answer.headers["location"]).text
    copy = browser.post("/console/new-sequence", id="advice-two", title="Knee", copy_of="advice")
    assert "advice-two/hello.email.md" in browser.get(copy.headers["location"]).text
    for wrong, says in (("Knee!", "small letters"), ("advice", "already"), ("knee", "already")):
        answer = browser.post("/console/new-sequence", id=wrong, title="x", copy_of="")
        assert answer.status == 422
        assert says in answer.text


def test_a_draft_of_a_new_sequence_stands_on_the_list(world: World, site: Site) -> None:
    draft = begin_new(world.app, NewSequence(id="knee", title="Knee"), ANNA, NOW)
    browser = signed_in(world, site, Role.AUTHOR)
    assert f"/console/drafts/{draft.id}" in browser.get("/console/sequences").text
    assert browser.get("/console/sequences/knee").status == 200
    viewer = signed_in(world, site, Role.VIEWER)
    assert "/console/drafts/" not in viewer.get("/console/sequences").text
