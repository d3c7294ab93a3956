"""Files become live versions: immutable, known by their hash, with a choice for people already in the sequence."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from drip.content.folder import LoadedFile
from drip.content.sequence_file import load_sequence
from drip.flows.publish import InFlight, Publication, refusal
from drip.store import versions
from tests.world import ADVICE, World, a_visit, at

LATER = ADVICE.replace('after: 7d, at: "09:30"', 'after: 8d, at: "11:00"')
SHORTER = ADVICE.replace('  - {id: later, after: 7d, at: "09:30", email: later}\n', "")
LONGER = ADVICE.replace(
    "steps:\n", "steps:\n  - {id: first, after: 1h, email: first}\n  - {id: last, after: 9d, email: last}\n"
)


def in_flight(clinic: World) -> None:
    """Amina is in the sequence: the first message went, two are planned."""
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 13:00")


def due(clinic: World) -> dict[str, str]:
    return {one.step: f"{one.due_at:%d %H:%M} {one.state} {one.reason}".strip() for one in clinic.messages()}


def test_the_same_files_again_are_the_same_version(clinic: World) -> None:
    (first,) = clinic.publish(ADVICE)
    (again,) = clinic.publish(ADVICE)
    assert (first.is_new, again.is_new) == (True, False)
    assert (first.version, first.number) == (again.version, again.number)


def test_one_changed_word_in_a_template_is_a_new_version(clinic: World) -> None:
    (first,) = clinic.publish(ADVICE)
    clinic.sources["advice/nudge.sms.txt"] += " again"
    (second,) = clinic.publish(ADVICE)
    assert second.version != first.version
    assert second.number == 2


def test_pinned_people_finish_the_version_they_began_with(clinic: World) -> None:
    in_flight(clinic)
    (result,) = clinic.publish(LATER)
    assert (result.in_flight, result.followed) == (1, 0)
    assert due(clinic)["later"] == "18 08:30 planned"
    clinic.tick("2026-06-18 09:30")
    assert clinic.sink.letters[-1].words.subject == "About later"


def test_following_people_get_the_new_times_and_words_for_what_is_unsent(clinic: World) -> None:
    in_flight(clinic)
    clinic.sources["advice/later.email.md"] = "---\nsubject: New words\npreheader: A note\n---\nHello.\n"
    (result,) = clinic.publish(LATER, now="2026-06-12 09:00", in_flight=InFlight.FOLLOW)
    assert result.followed == 1
    assert due(clinic) == {"hello": "11 12:00 accepted", "nudge": "12 09:00 planned", "later": "19 10:00 planned"}
    clinic.tick("2026-06-12 10:00")
    clinic.tick("2026-06-19 11:00")
    assert clinic.sink.letters[-1].words.subject == "New words"


def test_a_step_that_is_gone_is_superseded_for_those_who_follow(clinic: World) -> None:
    in_flight(clinic)
    clinic.publish(SHORTER, now="2026-06-12 09:00", in_flight=InFlight.FOLLOW)
    assert due(clinic)["later"] == "18 08:30 superseded superseded_by_version"


def test_a_new_step_is_planned_if_it_is_still_ahead(clinic: World) -> None:
    in_flight(clinic)
    clinic.publish(LONGER, now="2026-06-12 09:00", in_flight=InFlight.FOLLOW)
    assert due(clinic)["first"] == "11 10:00 skipped late"
    assert due(clinic)["last"] == "22 07:00 planned"


def test_only_the_chosen_are_migrated(clinic: World) -> None:
    in_flight(clinic)
    clinic.tell(a_visit("2026-06-11 10:00", event_id="bo", patient={"ref": "p-2", "email": "bo@example.org"}))
    clinic.tick("2026-06-11 13:00")
    chosen = frozenset(one.patient_id for one in clinic.messages() if one.patient == "p-2")
    (result,) = clinic.publish(LATER, now="2026-06-12 09:00", in_flight=InFlight.MIGRATE, only=chosen)
    assert (result.in_flight, result.followed) == (2, 1)
    times = {one.patient: f"{one.due_at:%d %H:%M}" for one in clinic.messages() if one.step == "later"}
    assert times == {"p-1": "18 08:30", "p-2": "19 10:00"}


def test_a_safety_fix_moves_everyone(clinic: World) -> None:
    in_flight(clinic)
    (result,) = clinic.publish(LATER, now="2026-06-12 09:00", safety_fix=True)
    assert result.followed == 1


def test_a_safety_fix_is_kept_with_the_version_even_if_that_was_published_before(clinic: World) -> None:
    (first,) = clinic.publish(ADVICE)
    clinic.publish(ADVICE, safety_fix=True)
    clinic.publish(ADVICE)
    with clinic.store.read() as tx:
        assert [one.safety_fix for one in versions.load(tx, [first.version])] == [True]


def test_following_twice_changes_nothing_the_second_time(clinic: World) -> None:
    in_flight(clinic)
    clinic.publish(LATER, now="2026-06-12 09:00", in_flight=InFlight.FOLLOW)
    before = clinic.messages()
    (again,) = clinic.publish(LATER, now="2026-06-12 09:05", in_flight=InFlight.FOLLOW)
    assert clinic.messages() == before
    assert (again.changes.planned, again.changes.cancelled) == (0, 0)


def test_who_has_finished_stays_finished(clinic: World) -> None:
    in_flight(clinic)
    for day in ("2026-06-12 10:00", "2026-06-18 09:30"):
        clinic.tick(day)
    clinic.publish(LONGER, now="2026-06-18 12:00", in_flight=InFlight.FOLLOW)
    assert {one.step for one in clinic.messages()} == {"hello", "nudge", "later"}


def test_a_dry_run_shows_everything_and_keeps_nothing(clinic: World) -> None:
    in_flight(clinic)
    before, live = clinic.messages(), clinic.app
    with clinic.store.rehearse() as store:
        trial = World(app=replace(live, store=store), sink=clinic.sink, sources=dict(clinic.sources))
        (result,) = trial.publish(LATER, now="2026-06-12 09:00", in_flight=InFlight.FOLLOW)
        assert result.followed == 1
        assert due(trial)["later"] == "19 10:00 planned"
    assert clinic.messages() == before
    with clinic.store.read() as tx:
        assert result.version not in versions.live(tx).values()


@pytest.mark.parametrize(
    ("text", "how", "is_live", "why"),
    [
        (ADVICE, Publication(by="A", approved_by="A"), False, "two different people"),
        (ADVICE, Publication(by="Ann Lee", approved_by=" ann  lee"), False, "two different people"),
        (ADVICE, Publication(by="B", approved_by="a. writer"), False, "cannot approve it"),
        (ADVICE, Publication(by="B", approved_by="Dr A Writer, physiotherapist"), False, "cannot approve it"),
        (ADVICE, Publication(by="A", approved_by=""), True, "awaits approval"),
        (ADVICE.replace("B. Reader", "awaiting"), Publication(by="A", approved_by="B"), True, "awaits approval"),
        (ADVICE.replace("B. Reader", "awaiting"), Publication(by="A", approved_by=""), False, None),
        (ADVICE, Publication(by="A", approved_by="B"), True, None),
    ],
    ids=[
        "one person",
        "one person, written otherwise",
        "its author",
        "its author, with a title",
        "nobody approved",
        "awaiting while live",
        "awaiting while trying out",
        "four eyes",
    ],
)
def test_who_may_publish_what(
    a_clinic: Callable[..., World], text: str, how: Publication, is_live: bool, why: str | None
) -> None:
    sequence, _ = load_sequence("advice.yaml", text.encode())
    refused = refusal(a_clinic(live=is_live).app, LoadedFile(path="advice.yaml", text=text, sequence=sequence), how)
    assert (refused is None) if why is None else (refused is not None and why in refused)


def test_following_keeps_what_a_deferral_made_of_the_next_try(clinic: World) -> None:
    in_flight(clinic)
    with clinic.store.write() as tx:
        versions.pause(tx, "sequence:advice", "", at("2026-06-12 09:00"))
    clinic.tick("2026-06-12 10:00")
    clinic.sources["advice/nudge.sms.txt"] += " again"
    clinic.publish(ADVICE, now="2026-06-12 10:01", in_flight=InFlight.FOLLOW)
    assert due(clinic)["nudge"] == "12 10:00 planned paused"


def test_a_step_that_is_no_longer_there_is_named(clinic: World) -> None:
    clinic.publish(ADVICE)
    (result,) = clinic.publish(SHORTER)
    assert result.gone == ("later",)
