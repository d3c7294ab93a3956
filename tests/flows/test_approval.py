"""Approving and publishing what somebody else has written: four eyes, exactly these words, nothing in between."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from drip.core.draft import SEQUENCE, Draft, Stage
from drip.core.role import Person, Role
from drip.flows import approval, draft, staff
from drip.flows.approval import Read, Refused
from drip.flows.draft import Conflict, Handing, NewSequence
from drip.flows.publish import Publication, Result, publish_within, version_id
from drip.flows.staff import NewAccount
from drip.store import audit, drafts, versions
from tests.world import World, a_visit, at

NOW = at("2026-06-15 12:00")
DUE = date(2027, 6, 1)
NEW = NewSequence(id="after-visit", title="After your visit")


def a_person(clinic: World, name: str, role: Role = Role.APPROVER, *sites: str, full: str = "") -> Person:
    """Somebody with an account."""
    made = NewAccount(name=name, full_name=full or f"{name.capitalize()} Okoro", role=role, sites=sites)
    return staff.add(clinic.app, made, NOW).person


@pytest.fixture
def anna(clinic: World) -> Person:
    """She writes."""
    return a_person(clinic, "anna", Role.AUTHOR)


@pytest.fixture
def ben(clinic: World) -> Person:
    """He reads what she wrote."""
    return a_person(clinic, "ben")


def handed_in(clinic: World, by: Person, **choice: str) -> Draft:
    """A new sequence, handed in by whoever wrote it."""
    begun = draft.begin_new(clinic.app, NEW, by, NOW)
    return submitted(clinic, begun, by, **choice)


def submitted(clinic: World, begun: Draft, by: Person, **choice: str) -> Draft:
    with clinic.store.read() as tx:
        live = versions.live(tx).get(begun.sequence)
    handing = Handing(saw=begun.edit, note="Please read", choice=choice, over=live)
    handed = draft.submit(clinic.app, begun.id, handing, by, NOW)
    assert isinstance(handed, Draft), handed
    return handed


def read(one: Draft) -> Read:
    return Read(files=version_id(one.files), saw=one.edit, review_due=DUE)


def approved(clinic: World, one: Draft, by: Person) -> Draft:
    done = approval.approve(clinic.app, one.id, read(one), by, NOW)
    assert isinstance(done, Draft), done
    return done


def live_one(clinic: World, anna: Person, ben: Person) -> Result:
    """The sequence as it went live the first time."""
    return published(clinic, approved(clinic, handed_in(clinic, anna), ben), ben)


def published(clinic: World, one: Draft, by: Person) -> Result:
    done = approval.publish_draft(clinic.app, one.id, read(one), by, NOW)
    assert isinstance(done, Result), done
    return done


def changed(clinic: World, by: Person, was: str = "after: 1d", now: str = "after: 2d") -> Draft:
    """The next draft of what is live, with one thing changed."""
    begun = draft.begin(clinic.app, "after-visit", by, NOW)
    files = {**begun.files, SEQUENCE: begun.files[SEQUENCE].replace(was, now)}
    assert files != dict(begun.files)
    kept = draft.save(clinic.app, begun.id, files, begun.edit, by, NOW)
    assert isinstance(kept, Draft)
    return kept


def deeds(clinic: World, about: str) -> list[tuple[str, str]]:
    with clinic.store.read() as tx:
        return [(line.deed.who, line.deed.deed) for line in audit.lines(tx, about)]


def test_two_people_bring_a_draft_to_patients(clinic: World, anna: Person, ben: Person) -> None:
    one = approved(clinic, handed_in(clinic, anna), ben)
    result = published(clinic, one, ben)
    with clinic.store.read() as tx:
        (version,) = versions.load(tx, versions.live(tx).values())
        kept = drafts.load(tx, one.id)
    assert kept
    assert (kept.stage, kept.version) == (Stage.PUBLISHED, result.version)
    assert (version.published_by, version.approved_by) == ("Anna Okoro", "Ben Okoro")
    steps = ["draft_begun", "draft_submitted", "draft_approved", "draft_published"]
    assert [deed for _, deed in deeds(clinic, f"draft:{one.id}")] == steps
    assert deeds(clinic, "sequence:after-visit") == [(ben.id, "published")]


def test_the_approvers_name_stands_in_the_file_too(clinic: World, anna: Person, ben: Person) -> None:
    one = approved(clinic, handed_in(clinic, anna), ben)
    review = draft.folder_of(clinic.app, one).sequences[-1].sequence.review  # type: ignore[union-attr]
    assert (review.approved_by, review.approved_on, review.review_due) == ("Ben Okoro", date(2026, 6, 15), DUE)


def test_nobody_approves_what_they_wrote(clinic: World, ben: Person) -> None:
    one = handed_in(clinic, ben)
    assert approval.approve(clinic.app, one.id, read(one), ben, NOW) == approval.OWN_WORDS


def test_nor_what_they_wrote_some_of_before_somebody_else_handed_it_in(
    clinic: World, anna: Person, ben: Person
) -> None:
    live_one(clinic, anna, ben)
    one = submitted(clinic, changed(clinic, ben), anna)
    assert approval.approve(clinic.app, one.id, read(one), ben, NOW) == approval.OWN_WORDS


def test_nor_what_they_handed_in(clinic: World, anna: Person, ben: Person) -> None:
    live_one(clinic, anna, ben)
    one = submitted(clinic, changed(clinic, anna), ben)
    assert approval.approve(clinic.app, one.id, read(one), ben, NOW) == approval.OWN_WORDS


def test_nor_through_a_second_account(clinic: World, anna: Person) -> None:
    twin = a_person(clinic, "anna2", full="Dr. ANNA Okoro, MCSP")
    one = handed_in(clinic, anna)
    assert approval.approve(clinic.app, one.id, read(one), twin, NOW) == approval.OWN_WORDS


def test_nor_what_bears_their_name_as_its_author(clinic: World, anna: Person, ben: Person) -> None:
    live_one(clinic, anna, ben)
    kept = changed(clinic, anna, "Anna Okoro", "Carla Vega")
    carla = a_person(clinic, "carla", full="Carla Vega")
    one = submitted(clinic, kept, anna)
    assert approval.approve(clinic.app, one.id, read(one), carla, NOW) == approval.OWN_NAME


def test_who_sees_one_site_approves_for_no_other(clinic: World, anna: Person, ben: Person) -> None:
    local = a_person(clinic, "dora", Role.APPROVER, "quay")
    one = handed_in(clinic, anna)
    assert approval.approve(clinic.app, one.id, read(one), local, NOW) == approval.SOME_SITES
    done = approved(clinic, one, ben)
    assert approval.publish_draft(clinic.app, one.id, read(done), local, NOW) == approval.SOME_SITES


def test_only_what_was_read_is_approved(clinic: World, anna: Person, ben: Person) -> None:
    one = handed_in(clinic, anna)
    other = replace(read(one), files="0" * 64)
    assert approval.approve(clinic.app, one.id, other, ben, NOW) == approval.READ_AGAIN
    text = one.files[SEQUENCE] + "# later\n"
    assert isinstance(draft.save(clinic.app, one.id, {**one.files, SEQUENCE: text}, one.edit, anna, NOW), Draft)
    assert approval.approve(clinic.app, one.id, read(one), ben, NOW) == approval.READ_AGAIN


def test_an_edit_takes_the_approval_back(clinic: World, anna: Person, ben: Person) -> None:
    one = approved(clinic, handed_in(clinic, anna), ben)
    text = one.files[SEQUENCE] + "# later\n"
    later = draft.save(clinic.app, one.id, {**one.files, SEQUENCE: text}, one.edit, anna, NOW)
    assert isinstance(later, Draft)
    for seen in (one, later):
        assert approval.publish_draft(clinic.app, one.id, read(seen), ben, NOW) == approval.READ_AGAIN
    with clinic.store.read() as tx:
        assert versions.live(tx) == {}


def test_what_is_not_approved_is_not_published(clinic: World, anna: Person, ben: Person) -> None:
    one = handed_in(clinic, anna)
    assert approval.publish_draft(clinic.app, one.id, read(one), ben, NOW) == approval.READ_AGAIN


def test_nothing_is_published_twice(clinic: World, anna: Person, ben: Person) -> None:
    one = approved(clinic, handed_in(clinic, anna), ben)
    published(clinic, one, anna)
    assert approval.publish_draft(clinic.app, one.id, read(one), ben, NOW) == approval.NOT_WAITING


def test_an_author_may_publish_what_was_approved_and_another_author_may_not(
    clinic: World, anna: Person, ben: Person
) -> None:
    other = a_person(clinic, "emil", Role.AUTHOR)
    one = approved(clinic, handed_in(clinic, anna), ben)
    assert approval.publish_draft(clinic.app, one.id, read(one), other, NOW) == approval.NOT_YOURS
    published(clinic, one, anna)


def test_a_version_from_elsewhere_is_not_written_over(clinic: World, anna: Person, ben: Person) -> None:
    live_one(clinic, anna, ben)
    waiting = submitted(clinic, changed(clinic, anna), anna)
    with clinic.store.read() as tx:
        (row,) = versions.load(tx, versions.live(tx).values())
    clinic.sources.update({path: text for path, text in row.files.items() if path != SEQUENCE})
    clinic.publish(row.files[SEQUENCE] + "# by command\n", now="2026-06-15 11:00")
    assert approval.approve(clinic.app, waiting.id, read(waiting), ben, NOW) == approval.MOVED_ON
    handing = Handing(saw=waiting.edit, over=waiting.based_on)
    assert isinstance(draft.submit(clinic.app, waiting.id, handing, anna, NOW), Conflict)
    again = approved(clinic, submitted(clinic, waiting, anna), ben)
    clinic.publish(row.files[SEQUENCE] + "# by command again\n", now="2026-06-15 11:30")
    assert approval.publish_draft(clinic.app, again.id, read(again), ben, NOW) == approval.MOVED_ON
    with clinic.store.read() as tx:
        after = drafts.load(tx, again.id)
    assert after
    assert (after.stage, after.approval) == (Stage.OPEN, None), "it must be read anew"


def test_another_choice_for_people_is_to_be_read_again_too(clinic: World, anna: Person, ben: Person) -> None:
    one = handed_in(clinic, anna, people="skip")
    submitted(clinic, one, anna, people="send")
    assert approval.approve(clinic.app, one.id, read(one), ben, NOW) == approval.READ_AGAIN


def test_sent_back_it_says_why_and_is_approved_by_nobody(clinic: World, anna: Person, ben: Person) -> None:
    one = handed_in(clinic, anna)
    back = approval.send_back(clinic.app, one.id, read(one), "Day 2 is too soon", ben, NOW)
    assert isinstance(back, Draft)
    assert (back.stage, back.note) == (Stage.OPEN, "Day 2 is too soon")
    assert approval.approve(clinic.app, one.id, read(back), ben, NOW) == approval.READ_AGAIN


def test_without_a_date_of_review_nothing_is_approved(clinic: World, anna: Person, ben: Person) -> None:
    one = handed_in(clinic, anna)
    undated = replace(read(one), review_due=None)
    assert approval.approve(clinic.app, one.id, undated, ben, NOW) == approval.HAS_ERRORS


@pytest.mark.parametrize(
    ("people", "state"), [("pin", "planned"), ("skip", "skipped late"), ("send", "planned"), ("", "skipped late")]
)
def test_what_was_chosen_for_people_in_it_is_what_happens(
    clinic: World, anna: Person, ben: Person, people: str, state: str
) -> None:
    live_one(clinic, anna, ben)
    clinic.tell(a_visit("2026-06-15 09:00"))
    clinic.tick("2026-06-15 11:00")
    (planned,) = clinic.messages()
    kept = changed(clinic, anna, 'after: 1d\n    at: "10:00"', "after: 1h")
    one = submitted(clinic, kept, anna, **({"people": people} if people else {}))
    published(clinic, approved(clinic, one, ben), ben)
    (after,) = clinic.messages()
    assert f"{after.state} {after.reason}".strip() == state
    assert (after.due_at == planned.due_at) is (people == "pin")


def test_a_safety_fix_reaches_everybody(clinic: World, anna: Person, ben: Person) -> None:
    live_one(clinic, anna, ben)
    one = submitted(clinic, changed(clinic, anna), anna, people="pin", safety_fix="yes")
    published(clinic, approved(clinic, one, ben), ben)
    with clinic.store.read() as tx:
        (version,) = versions.load(tx, versions.live(tx).values())
    assert version.safety_fix


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each of these comes to, begun together."""
    start, said = threading.Barrier(len(deeds)), [None] * len(deeds)

    def do(number: int) -> None:
        start.wait()
        said[number] = deeds[number]()

    threads = [threading.Thread(target=do, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return said


def test_whoever_publishes_waits_for_who_is_publishing_and_then_reads_again(
    clinic: World, anna: Person, ben: Person
) -> None:
    live_one(clinic, anna, ben)
    one = approved(clinic, submitted(clinic, changed(clinic, anna), anna), ben)
    folder = draft.folder_of(clinic.app, one)
    text = one.files[SEQUENCE] + "# by command\n"
    by_command = replace(folder.sequences[-1], text=text)
    said: list[Any] = []
    waiting = threading.Thread(
        target=lambda: said.append(approval.publish_draft(clinic.app, one.id, read(one), ben, NOW))
    )
    with clinic.store.write() as tx:
        versions.lock(tx)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive(), "it waits"
        how = Publication(by="Olive Owner", approved_by="Ben Okoro")
        publish_within(clinic.app, tx, folder, [by_command], how, NOW)
    waiting.join(30)
    assert said == [approval.MOVED_ON]


def test_of_two_approvers_at_once_one_answers_for_it(clinic: World, anna: Person, ben: Person) -> None:
    cleo = a_person(clinic, "cleo")
    one = handed_in(clinic, anna)
    said = at_once(*(lambda by=by: approval.approve(clinic.app, one.id, read(one), by, NOW) for by in (ben, cleo)))
    assert sorted(isinstance(each, Refused) for each in said) == [False, True]
    assert [deed for _, deed in deeds(clinic, f"draft:{one.id}")].count("draft_approved") == 1


def test_an_edit_and_a_publication_at_once_are_never_both(clinic: World, anna: Person, ben: Person) -> None:
    one = approved(clinic, handed_in(clinic, anna), ben)
    files = {**one.files, SEQUENCE: one.files[SEQUENCE] + "# edited\n"}
    edit, made = at_once(
        lambda: draft.save(clinic.app, one.id, files, one.edit, anna, NOW),
        lambda: approval.publish_draft(clinic.app, one.id, read(one), ben, NOW),
    )
    assert isinstance(edit, Draft) is not isinstance(made, Result)
    with clinic.store.read() as tx:
        assert ("after-visit" in versions.live(tx)) is isinstance(made, Result)


def test_two_publications_at_once_are_one(clinic: World, anna: Person, ben: Person) -> None:
    one = approved(clinic, handed_in(clinic, anna), ben)
    said = at_once(
        *(lambda by=by: approval.publish_draft(clinic.app, one.id, read(one), by, NOW) for by in (anna, ben))
    )
    assert sorted(isinstance(each, Result) for each in said) == [False, True]
    assert deeds(clinic, "sequence:after-visit")[1:] == []


def test_while_a_draft_is_published_others_can_be_written_down(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_postgres_clinic()
    anna, ben = a_person(clinic, "anna", Role.AUTHOR), a_person(clinic, "ben")
    one = approved(clinic, handed_in(clinic, anna), ben)
    written = threading.Event()

    def sign_in() -> None:
        with clinic.store.write() as tx:
            audit.write(tx, audit.Deed(who=anna.id, deed="signed_in"), NOW)
        written.set()

    def meanwhile(*args: Any) -> list[Result]:
        threading.Thread(target=sign_in).start()
        assert written.wait(20), "whoever publishes holds the trail before they have locked any patient"
        return publish_within(*args)

    monkeypatch.setattr(approval, "publish_within", meanwhile)
    published(clinic, one, ben)
