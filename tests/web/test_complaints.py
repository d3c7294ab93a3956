"""What patients report on their own page: a task for staff, sealed, and what must not wait does not."""

import pytest

from drip.flows import complain
from drip.store import patients, records
from tests.web.build import Answer, Site
from tests.web.test_choices import path_of, site
from tests.world import World, an_event

__all__ = ["site"]


def report(site: Site, path: str, words: str) -> Answer:
    """Press Send with these words."""
    return site.post_form(path, "action=complain&words=" + words)


def tasks(world: World) -> list[tuple[str, str]]:
    """Kind and words of what waits for staff."""
    with world.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
        return [(one.kind, records.detail_of(tx, one, row.data_key)) for one in records.open_tasks(tx, row.id)]


def test_a_report_is_a_task_for_staff_and_the_page_says_what_happens_next(site: Site, world: World) -> None:
    page = report(site, path_of(world), "Wrong+name%0D%0A%3Cscript%3E")
    assert tasks(world) == [("complaint", "Wrong name\n<script>")]
    assert ("Within 30 days" in page.text, "<script" in page.text) == (True, False)


def test_a_page_that_is_loaded_again_asks_staff_once(site: Site, world: World) -> None:
    for _ in range(2):
        report(site, path_of(world), "Wrong+name")
    assert len(tasks(world)) == 1


def test_what_is_written_is_sealed(site: Site, world: World) -> None:
    report(site, path_of(world), "Wrong+name")
    with world.store.read() as tx:
        (task,) = records.open_tasks(tx)
    assert b"Wrong" not in (task.detail or b"")


def test_words_that_must_not_wait_are_a_red_flag_and_the_patient_is_told_whom_to_call(site: Site, world: World) -> None:
    page = report(site, path_of(world), "I+have+chest+pain+since+your+exercises")
    assert sorted(kind for kind, _ in tasks(world)) == ["complaint", "red_flag"]
    assert "call 999" in page.text.split("<h1>")[0]


@pytest.mark.parametrize(
    ("words", "says"), [("", "no words yet"), ("+%0D%0A", "no words yet"), ("x" * 2_001, "longer than 2,000")]
)
def test_what_cannot_be_taken_is_said_and_not_lost(site: Site, world: World, words: str, says: str) -> None:
    page = report(site, path_of(world), words)
    assert tasks(world) == []
    assert says in page.text
    assert words.strip("+%0DA") in page.text


def test_two_thousand_characters_of_any_script_fit(site: Site, world: World) -> None:
    report(site, path_of(world), "%F0%9F%98%80" * 2_000)
    assert [len(words) for _, words in tasks(world)] == [2_000]


def test_nobody_can_bury_staff_in_reports(site: Site, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complain, "MOST_OPEN", 1)
    report(site, path_of(world), "one")
    assert "call us about this one" in report(site, path_of(world), "%3Ctwo%3E").text
    assert "&lt;two&gt;" in report(site, path_of(world), "%3Ctwo%3E").text
    assert len(tasks(world)) == 1


def test_whoever_has_the_address_now_can_report_that_it_was_not_meant_for_them(site: Site, world: World) -> None:
    path = path_of(world)
    world.tell(an_event("patient.updated", "2026-06-11 10:00", patient={"email": "new@example.org"}))
    world.tick("2026-06-11 10:01")
    report(site, path, "Not+me")
    assert tasks(world) == [
        ("complaint", "From a link to an address that is not this patient's any more. Not me"),
    ]


def test_a_link_that_is_not_ours_reports_nothing(site: Site, world: World) -> None:
    assert report(site, "/p/" + "A" * 88, "one").text == site.ask("GET", "/p/x").text
    assert tasks(world) == []
