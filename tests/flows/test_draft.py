"""Drafts: begun from what is live or anew, saved by whoever saw the last change, checked beside all that is live."""

from collections.abc import Iterator

import pytest

from drip.content.finding import has_errors
from drip.core.draft import SEQUENCE, Draft, Stage
from drip.core.role import Person, Role
from drip.flows import draft as flow
from drip.flows.draft import Conflict, Handing, NewSequence, NotReady
from drip.store import audit, drafts
from tests.databases import sqlite_url
from tests.world import ADVICE, REMINDERS, World, a_world, at

NOW = at("2026-06-11 10:00")
ANNA = Person(id="a" * 32, name="anna", full_name="Anna Berg", role=Role.AUTHOR)
BEN = Person(id="b" * 32, name="ben", full_name="Ben Cole", role=Role.AUTHOR)

LEAST = NewSequence(id="knee-advice", title='Your "knee"')


@pytest.fixture
def clinic() -> Iterator[World]:
    """Two sequences are live."""
    made = a_world(sqlite_url())
    made.publish(ADVICE, REMINDERS)
    yield made
    made.app.close()


def saved(clinic: World, draft: Draft, files: dict[str, str], person: Person = ANNA) -> Draft | Conflict:
    """The draft with other files."""
    return flow.save(clinic.app, draft.id, {**draft.files, **files}, draft.edit, person, NOW)


def deeds(clinic: World, draft: Draft) -> list[tuple[str, str]]:
    """Who did what with it."""
    with clinic.store.read() as tx:
        return [(line.deed.who, line.deed.deed) for line in audit.lines(tx, f"draft:{draft.id}")]


def test_a_draft_begins_as_what_is_live_and_there_is_one_at_a_time(clinic: World) -> None:
    draft = flow.begin(clinic.app, "advice", ANNA, NOW)
    assert draft.files[SEQUENCE] == ADVICE
    assert "advice/hello.email.md" in draft.files
    assert flow.begin(clinic.app, "advice", BEN, NOW) == draft
    assert deeds(clinic, draft) == [(ANNA.id, "draft_begun")]


def test_of_a_sequence_that_is_not_live_there_is_none(clinic: World) -> None:
    with pytest.raises(flow.NoDraft):
        flow.begin(clinic.app, "nothing", ANNA, NOW)


def test_a_new_sequence_has_no_errors_from_the_start(clinic: World) -> None:
    draft = flow.begin_new(clinic.app, LEAST, ANNA, NOW)
    findings = flow.check(clinic.app, draft, NOW)
    assert not has_errors(findings), findings
    assert draft.authors == (ANNA.id,)
    sequence = flow.folder_of(clinic.app, draft).sequences[-1].sequence
    assert sequence
    assert (sequence.title, sequence.review.approved_by) == ('Your "knee"', "awaiting")


def test_a_copy_has_the_words_of_the_other_and_nobodys_approval(clinic: World) -> None:
    draft = flow.begin_new(clinic.app, NewSequence(id="advice-two", title="More", copy_of="advice"), ANNA, NOW)
    live = flow.begin(clinic.app, "advice", ANNA, NOW)
    assert draft.files["advice-two/hello.email.md"] == live.files["advice/hello.email.md"]
    sequence = flow.folder_of(clinic.app, draft).sequences[-1].sequence
    assert sequence
    assert sequence.id == "advice-two"
    assert sequence.title == "More"
    assert sequence.review.is_awaited


@pytest.mark.parametrize("name", ["Advice", "a/b", "../x", "", "a" * 200])
def test_a_name_that_could_stand_in_no_address_is_refused(clinic: World, name: str) -> None:
    with pytest.raises(flow.BadName):
        flow.begin_new(clinic.app, NewSequence(id=name, title="x"), ANNA, NOW)


def test_a_name_is_given_once(clinic: World) -> None:
    flow.begin_new(clinic.app, LEAST, ANNA, NOW)
    for taken in (LEAST, NewSequence(id="advice", title="x")):
        with pytest.raises(flow.NameTaken):
            flow.begin_new(clinic.app, taken, BEN, NOW)


def test_whoever_saves_after_somebody_else_writes_over_nothing(clinic: World) -> None:
    draft = flow.begin(clinic.app, "advice", ANNA, NOW)
    first = saved(clinic, draft, {SEQUENCE: ADVICE + "# Anna\n"}, ANNA)
    second = saved(clinic, draft, {SEQUENCE: ADVICE + "# Ben\n"}, BEN)
    assert second == Conflict(draft=first)  # type: ignore[arg-type]
    with clinic.store.read() as tx:
        assert drafts.load(tx, draft.id) == first
    assert deeds(clinic, draft) == [(ANNA.id, "draft_begun"), (ANNA.id, "draft_saved")]


def test_saving_what_is_there_already_is_no_change(clinic: World) -> None:
    draft = flow.begin(clinic.app, "advice", ANNA, NOW)
    windows = {path: text.replace("\n", "\r\n") for path, text in draft.files.items()}
    assert flow.save(clinic.app, draft.id, windows, draft.edit, ANNA, NOW) == draft


def test_a_change_makes_its_author_known_and_takes_back_what_was_handed_in(clinic: World) -> None:
    draft = flow.begin(clinic.app, "advice", ANNA, NOW)
    handed = flow.submit(clinic.app, draft.id, Handing(saw=1, note="Please", over=draft.based_on), ANNA, NOW)
    assert isinstance(handed, NotReady)  # the small clinic's words do not say how to stop
    draft = flow.begin_new(clinic.app, LEAST, ANNA, NOW)
    handed = flow.submit(clinic.app, draft.id, Handing(saw=1, note="Please", over=draft.based_on), ANNA, NOW)
    assert isinstance(handed, Draft)
    assert (handed.stage, handed.note) == (Stage.SUBMITTED, "Please")
    again = saved(clinic, handed, {SEQUENCE: draft.files[SEQUENCE] + "# more\n"}, BEN)
    assert isinstance(again, Draft)
    assert (again.stage, again.authors) == (Stage.OPEN, (ANNA.id, BEN.id))


def test_shared_words_and_those_of_other_sequences_stay_as_they_are(clinic: World) -> None:
    draft = flow.begin(clinic.app, "advice", ANNA, NOW)
    other = {"layouts/email.mjml": "<mjml></mjml>", "reminders/prepare.email.md": "x", "shared/new.sms.txt": "x"}
    assert saved(clinic, draft, other) == draft


def test_a_dropped_draft_is_over_and_another_may_be_begun(clinic: World) -> None:
    draft = flow.begin(clinic.app, "advice", ANNA, NOW)
    dropped = flow.drop(clinic.app, draft.id, draft.edit, BEN, NOW)
    assert isinstance(dropped, Draft)
    assert isinstance(saved(clinic, dropped, {SEQUENCE: "x"}), Conflict)
    assert flow.begin(clinic.app, "advice", ANNA, NOW).id != draft.id


def test_a_draft_is_checked_beside_the_others_and_says_nothing_of_them(clinic: World) -> None:
    draft = flow.begin(clinic.app, "advice", ANNA, NOW)
    text = ADVICE.replace("{on: appointment.attended}", "{on: appointment.attended, not_while_in: [reminder]}")
    found = flow.check(clinic.app, saved(clinic, draft, {SEQUENCE: text}), NOW)  # type: ignore[arg-type]
    assert {one.path.split("/")[1].removesuffix(".yaml") for one in found} == {"advice"}
    assert "there is no sequence `reminder` here, did you mean `reminders`?" in " ".join(one.message for one in found)


def test_a_draft_stays_that_of_its_sequence(clinic: World) -> None:
    draft = flow.begin(clinic.app, "advice", ANNA, NOW)
    other = saved(clinic, draft, {SEQUENCE: ADVICE.replace("sequence: advice", "sequence: advise")})
    found = flow.check(clinic.app, other, NOW)  # type: ignore[arg-type]
    assert [one.line for one in found if one.rule == "draft-name"] == [2]


def test_a_step_that_is_gone_from_the_live_version_is_said(clinic: World) -> None:
    draft = flow.begin(clinic.app, "advice", ANNA, NOW)
    other = saved(clinic, draft, {SEQUENCE: ADVICE.replace("id: nudge", "id: push")})
    assert "step-renamed" in {one.rule for one in flow.check(clinic.app, other, NOW)}  # type: ignore[arg-type]
