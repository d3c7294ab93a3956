"""`drip migrate` and `drip publish`: immutable versions, people already in a sequence, and every refusal."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.build import an_event, as_lines, rewrite
from tests.cli.conftest import Drip, Rows, Tell

BOTH = ("--by", "A. Writer", "--approved-by", "B. Reviewer")
KEYS = ["sequence", "version", "number", "changed", "in_flight", "followed", "renewed", "gone", "planned", "ended"]
KEYS += ["differences", "effects", "affected"]
SEQUENCE = "sequences/after-visit.yaml"


def published(drip: Drip, *words: str) -> dict[str, dict[str, Any]]:
    """What publishing came to, by sequence."""
    return {one["sequence"]: one for one in drip("publish", *BOTH, *words, "--json").json["published"]}


# migrate


def test_migrating_twice_changes_nothing_the_second_time(clinic: Path, drip: Drip) -> None:
    assert drip("migrate").out.startswith("Schema: empty -> ")
    assert drip("migrate").out.startswith("The schema is up to date")


def test_an_empty_sqlite_database_is_made_ready_by_itself(clinic: Path, drip: Drip) -> None:
    said = drip("messages", "--json")
    assert said.json == {"messages": []}
    assert "Made a new database." in said.err


# publish


def test_publishing_makes_the_files_live(clinic: Path, drip: Drip) -> None:
    document = drip("publish", *BOTH, "--json").json
    assert list(document) == ["dry_run", "fingerprint", "published"]
    assert document["dry_run"] is False
    assert [list(one) for one in document["published"]] == [KEYS, KEYS]
    assert [(one["sequence"], one["number"], one["changed"]) for one in document["published"]] == [
        ("after-visit", 1, True),
        ("before-visit", 1, True),
    ]


def test_the_same_files_again_are_the_same_version(live: Path, drip: Drip) -> None:
    first, again = published(drip), published(drip, "--in-flight", "follow")
    assert {one["changed"] for one in (*first.values(), *again.values())} == {False}
    assert [one["version"] for one in first.values()] == [one["version"] for one in again.values()]


def test_a_changed_template_is_a_new_version_and_the_old_words_are_the_old_one_again(live: Path, drip: Drip) -> None:
    before = published(drip)
    rewrite(live / "templates/after-visit/tip.sms.txt", "a little", "a bit")
    after = published(drip)
    assert (after["after-visit"]["number"], after["after-visit"]["changed"]) == (2, True)
    assert after["before-visit"] == before["before-visit"]
    rewrite(live / "templates/after-visit/tip.sms.txt", "a bit", "a little")
    back = published(drip)
    assert back["after-visit"]["version"] == before["after-visit"]["version"]
    assert (back["after-visit"]["number"], back["after-visit"]["changed"]) == (1, True)


def test_the_same_files_elsewhere_are_the_same_version(
    live: Path, tmp_path: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.cli.build import a_clinic

    here = published(drip)
    monkeypatch.chdir(a_clinic(tmp_path / "other"))
    there = published(drip)
    assert [one["version"] for one in here.values()] == [one["version"] for one in there.values()]


def test_a_dry_run_changes_nothing(clinic: Path, drip: Drip) -> None:
    said = drip("publish", *BOTH, "--dry-run", "--json")
    assert said.json["dry_run"] is True
    assert {one["changed"] for one in said.json["published"]} == {True}
    assert {one["changed"] for one in published(drip).values()} == {True}


def test_one_file_can_be_published_alone(clinic: Path, drip: Drip) -> None:
    assert list(published(drip, "sequences/after-visit.yaml")) == ["after-visit"]
    assert "after-visit" in drip("pause", "before-visit", code=2).err


def test_nobody_approves_their_own_words(clinic: Path, drip: Drip) -> None:
    said = drip("publish", "--by", "A. Writer", "--approved-by", "A. Writer", code=2)
    assert "two different people" in said.err
    assert said.out == ""


def test_only_the_words_that_were_looked_at_are_published(clinic: Path, drip: Drip) -> None:
    seen = drip("publish", *BOTH, "--dry-run", "--json").json["fingerprint"]
    rewrite(clinic / "templates/after-visit/tip.sms.txt", "a little", "a bit")
    assert "not the words that were approved" in drip("publish", *BOTH, "--expect", seen, code=1).err
    rewrite(clinic / "templates/after-visit/tip.sms.txt", "a bit", "a little")
    assert drip("publish", *BOTH, "--expect", seen, "--json").json["fingerprint"] == seen


@pytest.mark.parametrize("way", ["later", "PIN", ""])
def test_an_unknown_way_for_people_in_flight_is_refused(way: str, clinic: Path, drip: Drip) -> None:
    assert "pin, follow or migrate" in drip("publish", *BOTH, "--in-flight", way, code=2).err


def test_a_broken_file_never_replaces_the_live_version(live: Path, drip: Drip, tell: Tell, rows: Rows) -> None:
    before = published(drip)
    rewrite(live / SEQUENCE, "kind: education", "kind: lessons")
    said = drip("publish", *BOTH, code=1)
    assert f"{live.name}" not in said.out
    assert f"{SEQUENCE}:4:7: error: " in said.err
    tell(an_event(), now="2026-06-09T11:00Z")
    assert {one["version"] for one in rows()} == {before["after-visit"]["version"]}


def test_one_broken_file_keeps_the_sound_one_back_unless_that_is_named(clinic: Path, drip: Drip) -> None:
    rewrite(clinic / SEQUENCE, "email: hello", "email: nothing")
    assert "nothing was published" in drip("publish", *BOTH, code=1).err
    drip("publish", *BOTH, SEQUENCE, code=1)
    assert list(published(drip, "sequences/before-visit.yaml")) == ["before-visit"]


def test_a_folder_without_sequences_has_nothing_to_publish(clinic: Path, drip: Drip) -> None:
    assert "no sequence file" in drip("publish", *BOTH, "templates", code=2).err
    assert "there is no nothing" in drip("publish", *BOTH, "nothing", code=2).err


def test_a_time_without_an_offset_is_refused(clinic: Path, drip: Drip) -> None:
    assert "--now" in drip("publish", *BOTH, "--now", "2026-05-01T09:00", code=2).err


def test_content_that_awaits_approval_is_published_with_a_warning_while_not_live(clinic: Path, drip: Drip) -> None:
    rewrite(clinic / SEQUENCE, "approved_by: B. Reviewer", "approved_by: awaiting")
    said = drip("publish", *BOTH, "--json")
    assert "awaiting approval" in said.err
    assert SEQUENCE in said.err
    assert len(said.json["published"]) == 2


def test_content_that_awaits_approval_is_refused_when_live(
    clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(clinic / SEQUENCE, "approved_by: B. Reviewer", "approved_by: awaiting")
    monkeypatch.setenv("DRIP_LIVE", "1")
    monkeypatch.setenv("DRIP_ENCRYPTION_KEYS", "k1:" + "ab" * 32)
    assert "awaits approval" in drip("publish", *BOTH, code=1).err
    assert drip("publish", "sequences/before-visit.yaml", "--by", "A. Writer", code=1).out == ""
    looked = drip("publish", "sequences/before-visit.yaml", "--dry-run")
    assert "would be refused" in looked.err, "whoever approves may look first"
    assert "--expect" in looked.out
    assert list(published(drip, "sequences/before-visit.yaml")) == ["before-visit"]


# people already in a sequence


@pytest.fixture
def moved_tip(live: Path, tell: Tell) -> Path:
    """One patient is in the sequence; then the files get a later tip, no weekly, and a new step."""
    tell(an_event(), now="2026-06-09T11:00Z")
    rewrite(live / SEQUENCE, 'id: tip, after: 1d, at: "10:00"', 'id: tip, after: 1d, at: "15:00"')
    rewrite(live / SEQUENCE, "weekly, after: 8d", "monthly, after: 28d")
    return live


def steps(rows: Rows, *words: str) -> dict[tuple[str, int], tuple[str, str, str]]:
    """Every message's time, state and reason."""
    return {(one["step"], one["occurrence"]): (one["due_at"], one["state"], one["reason"]) for one in rows(*words)}


def test_people_in_flight_finish_the_version_they_began_with(moved_tip: Path, drip: Drip, rows: Rows) -> None:
    before = rows()
    done = published(drip, "--now", "2026-06-09T11:30Z")["after-visit"]
    assert (done["changed"], done["in_flight"], done["followed"]) == (True, 1, 0)
    assert rows() == before


@pytest.mark.parametrize(
    "words",
    [
        ("--in-flight", "follow"),
        ("--safety-fix",),
        ("--safety-fix", "--in-flight", "pin"),
        ("--in-flight", "migrate", "--patients", "p-1"),
    ],
)
def test_people_who_follow_take_the_new_times_and_steps(
    words: tuple[str, ...], moved_tip: Path, drip: Drip, rows: Rows
) -> None:
    done = published(drip, *words, "--now", "2026-06-09T11:30Z")["after-visit"]
    assert (done["in_flight"], done["followed"]) == (1, 1)
    found = steps(rows)
    assert found["tip", 1] == ("2026-06-10T14:00:00Z", "planned", "")
    assert found["monthly", 1][1] == "planned"
    assert {found["weekly", n][1:] for n in (1, 2, 3)} == {("superseded", "superseded_by_version")}
    assert {one["version"] for one in rows("--state", "planned")} == {done["version"]}


def test_a_step_that_is_new_and_already_past_is_late_for_those_who_follow(
    moved_tip: Path, drip: Drip, rows: Rows
) -> None:
    rewrite(moved_tip / SEQUENCE, "  - {id: grown-ups", "  - {id: soon, after: 30m, sms: tip}\n  - {id: grown-ups")
    published(drip, "--in-flight", "follow", "--now", "2026-06-09T11:30Z")
    assert steps(rows)["soon", 1][1:] == ("skipped", "late")


def test_what_is_late_by_the_new_times_may_go_at_the_next_opening(moved_tip: Path, drip: Drip, rows: Rows) -> None:
    rewrite(moved_tip / SEQUENCE, 'id: tip, after: 1d, at: "15:00"', "id: tip, after: 10m")
    late = ("--in-flight", "follow", "--now", "2026-06-09T21:30Z")
    told = published(drip, *late, "--late", "send", "--dry-run")["after-visit"]
    assert told["effects"]["tip"] == {"earlier": 1}
    published(drip, *late, "--late", "send")
    assert steps(rows)["tip", 1] == ("2026-06-10T07:00:00Z", "planned", "")


def test_or_it_is_left_out_as_ever(moved_tip: Path, drip: Drip, rows: Rows) -> None:
    rewrite(moved_tip / SEQUENCE, 'id: tip, after: 1d, at: "15:00"', "id: tip, after: 10m")
    published(drip, "--in-flight", "follow", "--now", "2026-06-09T21:30Z")
    assert steps(rows)["tip", 1][1:] == ("skipped", "late")


@pytest.mark.parametrize(
    ("words", "says"),
    [(("--late", "never"), "choose skip or send"), (("--late", "send"), "add --in-flight follow")],
)
def test_a_choice_for_late_messages_that_makes_no_sense_is_refused(
    words: tuple[str, ...], says: str, clinic: Path, drip: Drip
) -> None:
    assert says in drip("publish", *BOTH, *words, code=2).err


def test_migrating_is_for_the_chosen_only(moved_tip: Path, drip: Drip, tell: Tell, rows: Rows) -> None:
    tell(an_event(ref="p-2"), now="2026-06-09T11:00Z")
    done = published(drip, "--in-flight", "migrate", "--patients", "p-2", "--now", "2026-06-09T11:30Z")["after-visit"]
    assert (done["in_flight"], done["followed"]) == (2, 1)
    assert steps(rows, "--patient", "p-1")["tip", 1][0] == "2026-06-10T09:00:00Z"
    assert steps(rows, "--patient", "p-2")["tip", 1][0] == "2026-06-10T14:00:00Z"
    assert (
        "nobody is known as 'p-9'" in drip("publish", *BOTH, "--in-flight", "migrate", "--patients", "p-9", code=1).err
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--in-flight", "migrate"), "say who with --patients"),
        (("--patients", "p-1"), "add --in-flight migrate"),
        (("--safety-fix", "--in-flight", "migrate", "--patients", "p-1"), "for everybody"),
        (("--in-flight", "migrate", "--patients", "@nothing.txt"), "cannot be read"),
    ],
)
def test_a_list_of_people_is_for_migrating_and_nothing_else(
    words: tuple[str, ...], says: str, clinic: Path, drip: Drip
) -> None:
    assert says in drip("publish", *BOTH, *words, code=2).err


def test_whom_to_migrate_may_stand_in_a_file(moved_tip: Path, drip: Drip, tell: Tell) -> None:
    tell(an_event("appointment.booked", ref="p-2"), now="2026-06-09T11:00Z")
    (moved_tip / "list.txt").write_text("# those of Monday\np-1\n\ngeneric:p-2\n")
    words = ("--in-flight", "migrate", "--patients", "@list.txt", "--now", "2026-06-09T11:30Z")
    said = drip("publish", *BOTH, SEQUENCE, *words, "--json")
    assert said.json["published"][0]["followed"] == 1
    assert "nothing changes for: generic:p-2" in said.err


def test_a_dry_run_tells_in_words_what_changes_and_for_whom(moved_tip: Path, drip: Drip) -> None:
    rewrite(moved_tip / "templates/after-visit/hello.email.md", "for coming", "for your visit")
    said = drip("publish", *BOTH, "--in-flight", "follow", "--dry-run", "--now", "2026-06-09T11:30Z").out
    for line in (
        "after-visit, version 1 -> 2",
        "'tip' goes 5 hours later: day 1 at 10:00 -> day 1 at 15:00",
        "'monthly' looks like 'weekly' under a new name",
        "Words of 'hello' (email): 'for coming.' -> 'for your visit.'",
        "1 patient in it now: 1 follow.",
        "Wed 10 Jun 10:00 -> Wed 10 Jun 15:00",
    ):
        assert line in said
    assert "p-1 " in said
    assert "Amina" not in said


def test_a_dry_run_lists_everybody_for_programs(moved_tip: Path, drip: Drip) -> None:
    done = published(drip, "--in-flight", "follow", "--dry-run", "--now", "2026-06-09T11:30Z")["after-visit"]
    assert done["effects"]["tip"] == {"later": 1}
    assert done["effects"]["weekly"] == {"removed": 3}
    (person,) = done["affected"]
    assert person["patient"] == "p-1"
    assert next(one for one in person["messages"] if one["step"] == "tip") == {
        "step": "tip",
        "occurrence": 1,
        "channel": "sms",
        "effect": "later",
        "was": "2026-06-10T09:00:00Z",
        "at": "2026-06-10T14:00:00Z",
        "reason": "",
    }


def test_a_dry_run_tells_who_would_follow_and_moves_nobody(moved_tip: Path, drip: Drip, rows: Rows) -> None:
    before = rows()
    done = published(drip, "--in-flight", "follow", "--dry-run", "--now", "2026-06-09T11:30Z")["after-visit"]
    assert (done["followed"], done["ended"]) == (1, 3)
    assert rows() == before


def test_what_was_sent_stays_sent_under_its_version(moved_tip: Path, drip: Drip, rows: Rows) -> None:
    drip("tick", "--now", "2026-06-10T09:00Z")
    sent = rows("--state", "accepted")
    published(drip, "--in-flight", "follow", "--now", "2026-06-10T10:00Z")
    assert [one["step"] for one in sent] == ["hello", "tip"]
    assert rows("--state", "accepted") == sent


def test_a_reference_that_two_booking_systems_use_is_not_migrated_by_guess(
    moved_tip: Path, drip: Drip, tell: Tell
) -> None:
    (moved_tip / "e.json").write_text(as_lines(an_event()))
    drip("ingest", "e.json", "--source", "north", "--now", "2026-06-09T11:00Z")
    said = drip("publish", *BOTH, "--in-flight", "migrate", "--patients", "p-1", code=2)
    assert "generic:p-1, north:p-1" in said.err


def test_a_check_holds_the_files_against_what_is_live(live: Path, drip: Drip) -> None:
    rewrite(live / "sequences/after-visit.yaml", "id: hello", "id: good-day")
    rewrite(live / "sequences/before-visit.yaml", '  - {id: remember, before: 1d, at: "10:00", sms: remember}\n', "")
    found = [(one["rule"], one["line"]) for one in drip("check", "--json", code=1).json["findings"]]
    assert {("step-renamed", 8), ("step-removed", 7)} <= set(found)
