"""`drip tasks` and `drip held`: what waits for a person, and what a person decides."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drip.app import build
from drip.core.handover import Unknown
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.news import News, Reply
from drip.flows.receive import take_news
from drip.providers.folder import FolderProvider
from drip.settings import read_settings
from tests.cli.build import AFTER_VISIT, an_event, rewrite
from tests.cli.conftest import Drip, Rows, Tell
from tests.world import at

PHONE = "+447700900123"


@pytest.fixture
def enrolled(live: Path, tell: Tell) -> Path:
    """One patient; an email is due at noon, UTC, and exercises by text from the next morning on."""
    tell(an_event(patient__phone=PHONE), now="2026-06-09T11:00Z")
    return live


def write(text: str, now: str, *, address: str = PHONE, key: str = "") -> None:
    """Somebody texts."""
    app = build(read_settings())
    try:
        reply = Reply(provider="test", key=key or f"{now}{text}", channel=Channel.SMS, address=address, text=text)
        take_news(app, News(replies=(reply,)), at(now))
    finally:
        app.close()


def hears(drip: Drip, text: str, now: str, **more: Any) -> list[dict[str, Any]]:
    """Somebody texts, the worker ticks; what waits for a person then."""
    write(text, now, **more)
    drip("tick", "--now", now)
    found: list[dict[str, Any]] = drip("tasks", "--json").json["tasks"]
    return found


# drip tasks


def test_a_record_that_cannot_be_unsealed_hides_no_task(enrolled: Path, drip: Drip) -> None:
    found = hears(drip, "my calf is hot and swollen", "2026-06-09T12:00Z")
    app = build(read_settings())
    with app.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE patients SET facts = x'00'")
    app.close()
    after = drip("tasks", "--json").json["tasks"]
    assert [one["id"] for one in after] == [one["id"] for one in found]
    assert {one["detail"] for one in after} == {"the record of this patient cannot be unsealed: see `drip doctor`"}


def test_where_nothing_waits_that_is_said(enrolled: Path, drip: Drip) -> None:
    assert drip("tasks").out == "Nothing waits for a person.\n"
    assert drip("tasks", "--json").json == {"tasks": []}


def test_a_task_says_since_when_whom_what_and_in_whose_words(enrolled: Path, drip: Drip) -> None:
    (task,) = hears(drip, "Is it meant to ache?", "2026-06-09T12:00Z")
    assert list(task) == ["id", "kind", "patient", "raised_at", "detail"]
    assert (task["kind"], task["patient"], task["raised_at"]) == ("reply", "p-1", "2026-06-09T12:00:00Z")
    assert task["detail"] == "Is it meant to ache?"
    shown = drip("tasks").out
    for words in ("2026-06-09T12:00", "p-1", "reply", "Is it meant to ache?", task["id"], "1 task at"):
        assert words in shown


def test_red_flags_come_first_then_what_has_waited_longest(enrolled: Path, drip: Drip) -> None:
    hears(drip, "Is it meant to ache?", "2026-06-09T12:00Z")
    hears(drip, "Hello?", "2026-06-09T12:05Z")
    found = hears(drip, "I have chest pain", "2026-06-09T12:10Z")
    assert [task["detail"] for task in found] == ["I have chest pain", "Is it meant to ache?", "Hello?"]
    assert "red flag" in drip("tasks").out


def test_the_words_of_a_stranger_are_shown_without_a_patient(enrolled: Path, drip: Drip) -> None:
    (task,) = hears(drip, "Who is this?", "2026-06-09T12:00Z", address="+447700900999")
    assert (task["patient"], task["detail"]) == (None, "Who is this?")
    assert "Who is this?" in drip("tasks").out


def test_a_task_that_is_done_waits_no_more(enrolled: Path, drip: Drip) -> None:
    (task,) = hears(drip, "Is it meant to ache?", "2026-06-09T12:00Z")
    assert "Done." in drip("tasks", "--done", task["id"], "--by", "A. Nurse").out
    assert drip("tasks", "--json").json == {"tasks": []}


def test_done_by_nobody_is_wrong_usage_and_changes_nothing(enrolled: Path, drip: Drip) -> None:
    (task,) = hears(drip, "Is it meant to ache?", "2026-06-09T12:00Z")
    assert "--by NAME" in drip("tasks", "--done", task["id"], code=2).err
    assert len(drip("tasks", "--json").json["tasks"]) == 1


@pytest.mark.parametrize("wrong", ["nothing", "", "p-1"])
def test_a_task_that_is_not_there_cannot_be_done(enrolled: Path, drip: Drip, wrong: str) -> None:
    said = drip("tasks", "--done", wrong, "--by", "A. Nurse", code=1)
    assert "`drip tasks` lists them" in said.err
    assert said.out == ""


def test_a_task_cannot_be_done_twice(enrolled: Path, drip: Drip) -> None:
    (task,) = hears(drip, "Is it meant to ache?", "2026-06-09T12:00Z")
    drip("tasks", "--done", task["id"], "--by", "A. Nurse")
    drip("tasks", "--done", task["id"], "--by", "B. Nurse", code=1)


def test_closing_a_red_flag_lets_exercises_go_on(live: Path, tell: Tell, drip: Drip, rows: Rows) -> None:
    loading = AFTER_VISIT.replace("sequence: after-visit", "sequence: loading").replace("kind: education",
                                                                                        "kind: loading")  # fmt: skip
    (live / "sequences" / "loading.yaml").write_text(loading)
    (live / "templates" / "loading").mkdir()
    for words in (live / "templates" / "after-visit").iterdir():
        flags = '\n\n{% include "shared/red-flags-leg.email.md" %}\n' if ".email." in words.name else ""
        (live / "templates" / "loading" / words.name).write_text(words.read_text() + flags)
    (live / "templates" / "shared").mkdir(exist_ok=True)
    (live / "templates" / "shared" / "red-flags-leg.email.md").write_text("Call {{ clinic.emergency_number }}.\n")
    drip("publish", "--now", "2026-05-02T09:00Z")
    tell(an_event(patient__phone=PHONE, patient__attributes={"subtype": "midportion"}), now="2026-06-09T11:00Z")
    (task,) = hears(drip, "I felt a pop at the back of my ankle", "2026-06-09T11:30Z")

    def of_loading() -> str:
        return next(
            f"{one['state']} {one['reason']}"
            for one in rows()
            if (one["sequence"], one["step"]) == ("loading", "hello")
        )

    drip("tick", "--now", "2026-06-09T12:00Z")
    assert of_loading() == "planned interlock"
    assert "--note" in drip("tasks", "--done", task["id"], "--by", "A. Nurse", code=2).err
    drip("tick", "--now", "2026-06-09T12:01Z")
    assert of_loading() == "planned interlock", "nobody has written down yet what was done"
    drip("tasks", "--done", task["id"], "--by", "A. Nurse", "--note", "Rang her: she is on the way to A&E")
    drip("tick", "--now", "2026-06-09T12:05Z")
    assert of_loading() in ("accepted ", "planned capped"), "whatever else holds it back, the red flag does not"


def test_what_a_patient_wrote_cannot_give_orders_to_the_terminal(enrolled: Path, drip: Drip) -> None:
    hears(drip, "\x1b[2J\x1b]0;gone\x07 [bold]a :pill: b[/bold]\x9b31m", "2026-06-09T12:00Z")
    shown = drip("tasks").out
    assert not any(letter in shown for letter in "\x1b\x07\x9b")
    assert "[bold]a :pill: b[/bold]" in shown, "and stands there as it was written"


# drip held


@pytest.fixture
def held(enrolled: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A message of which nobody knows whether it went."""
    with monkeypatch.context() as patch:
        patch.setattr(FolderProvider, "hand_over", lambda self, letter: Unknown("reset"))
        patch.setattr(FolderProvider, "find", lambda self, lost: None)
        for time in ("2026-06-09T12:00Z", "2026-06-09T13:30Z"):
            drip("tick", "--now", time)
        (found,) = drip("held", "--json").json["held"]
    assert isinstance(found, dict)
    return found


def test_where_nothing_is_held_that_is_said(enrolled: Path, drip: Drip) -> None:
    assert drip("held").out == "No message is held.\n"
    assert drip("held", "--json").json == {"held": []}


def test_a_held_message_is_shown_with_what_is_known_of_it(held: dict[str, Any], drip: Drip) -> None:
    assert (held["patient"], held["step"], held["channel"]) == ("p-1", "hello", "email")
    assert held["tried_at"] == "2026-06-09T12:00:00Z"
    shown = drip("held").out
    for words in (held["message"], "p-1", "hello", "--went|--again --by NAME"):
        assert words in shown
    assert [task["kind"] for task in drip("tasks", "--json").json["tasks"]] == ["held"]


def of(rows: Rows, message: str) -> tuple[str, str, int]:
    """State, reason and attempts of a message."""
    return next((one["state"], one["reason"], one["attempts"]) for one in rows() if one["id"] == message)


def test_a_message_that_went_counts_as_accepted_and_is_not_sent_again(
    held: dict[str, Any], drip: Drip, rows: Rows
) -> None:
    assert "it went" in drip("held", held["message"], "--went", "--by", "A. Nurse").out
    assert of(rows, held["message"]) == ("accepted", "", 1)
    drip("tick", "--now", "2026-06-09T14:00Z")
    assert of(rows, held["message"]) == ("accepted", "", 1)
    assert drip("tasks", "--json").json == {"tasks": []}


def test_a_message_that_did_not_go_goes_at_the_next_tick(held: dict[str, Any], drip: Drip, rows: Rows) -> None:
    assert "next tick" in drip("held", held["message"], "--again", "--by", "A. Nurse").out
    assert of(rows, held["message"])[:2] == ("planned", "resent_by_staff")


def test_a_message_that_is_sent_again_goes_once(
    held: dict[str, Any], drip: Drip, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    went: list[str] = []
    real: Callable[[FolderProvider, Letter], Any] = FolderProvider.hand_over

    def counting(self: FolderProvider, letter: Letter) -> Any:
        went.append(letter.message_id)
        return real(self, letter)

    monkeypatch.setattr(FolderProvider, "hand_over", counting)
    monkeypatch.setattr("drip.clock.now", lambda: at("2026-06-09T14:00Z"))
    drip("held", held["message"], "--again", "--by", "A. Nurse")
    for time in ("2026-06-09T14:01Z", "2026-06-09T14:05Z"):
        drip("tick", "--now", time)
    assert went == [held["message"]]
    assert of(rows, held["message"]) == ("accepted", "", 2)


def test_what_is_of_no_use_any_more_is_not_sent_again(held: dict[str, Any], drip: Drip, rows: Rows) -> None:
    drip("held", held["message"], "--again", "--by", "A. Nurse")
    drip("tick", "--now", "2026-12-09T14:01Z")
    assert of(rows, held["message"])[0] == "expired"


@pytest.mark.parametrize(
    "words",
    [("--went",), ("--by", "A"), ("--went", "--again", "--by", "A"), ("--again",), ()],
    ids=["by nobody", "neither", "both", "again by nobody", "nothing"],
)
def test_a_decision_needs_a_verdict_and_a_name(
    held: dict[str, Any], drip: Drip, rows: Rows, words: tuple[str, ...]
) -> None:
    assert "--by NAME" in drip("held", held["message"], *words, code=2).err
    assert of(rows, held["message"])[0] == "held"


def test_a_decision_about_no_message_is_wrong_usage(held: dict[str, Any], drip: Drip) -> None:
    assert "MESSAGE_ID" in drip("held", "--went", "--by", "A. Nurse", code=2).err


def test_a_message_that_is_not_held_cannot_be_decided_about(held: dict[str, Any], drip: Drip, rows: Rows) -> None:
    planned = next(one["id"] for one in rows("--state", "planned"))
    for wrong in ("nothing", planned):
        said = drip("held", wrong, "--went", "--by", "A. Nurse", code=1)
        assert "`drip held` lists them" in said.err
    assert of(rows, planned)[0] == "planned"


def test_a_decision_is_made_once(held: dict[str, Any], drip: Drip, rows: Rows) -> None:
    drip("held", held["message"], "--went", "--by", "A. Nurse")
    drip("held", held["message"], "--again", "--by", "B. Nurse", code=1)
    assert of(rows, held["message"])[0] == "accepted"


@pytest.mark.parametrize("command", ["tasks", "held"])
def test_without_a_clinic_there_is_nothing_to_look_at(tmp_path: Path, drip: Drip, command: str) -> None:
    assert "drip init" in drip(command, code=2).err


def test_the_wrong_key_shows_nothing(enrolled: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> None:
    hears(drip, "Is it meant to ache?", "2026-06-09T12:00Z")
    monkeypatch.setenv("DRIP_ENCRYPTION_KEYS", "k2:" + "cd" * 32)
    assert "ache" not in drip("tasks", code=2).err


def test_a_typo_in_the_clinic_file_is_said_and_not_a_traceback(enrolled: Path, drip: Drip) -> None:
    rewrite(enrolled / "clinic.yaml", "country: GB", "country: Britain")
    assert "clinic.yaml:1:" in drip("tasks", code=2).err


def test_what_stands_between_colons_or_brackets_is_shown_as_it_was_given_wherever_it_is_shown(
    live: Path, tell: Tell, drip: Drip
) -> None:
    patient = live / "patient.json"
    patient.write_text('{"patient": {"first_name": "Ann :pill: [b]"}}')
    tell(an_event(ref="p:pill:[b]1[/b]"), now="2026-06-09T11:00Z")
    assert "p:pill:[b]1[/b]" in drip("messages").out
    assert "p:pill:[b]1[/b]" in drip("explain", "p:pill:[b]1[/b]").out
    assert "Ann :pill: [b]" in drip("preview", "after-visit", "hello", "--patient", "patient.json").out
    assert ":pill:" in drip("explain", "no:pill:", code=1).err


# drip attendance


@pytest.fixture
def asked(live: Path, tell: Tell, drip: Drip) -> Path:
    """A visit of which nobody said whether the patient came: staff are asked a day later."""
    told = an_event(kind="appointment.booked", occurred_at="2026-06-01T09:00:00Z")
    tell(told, now="2026-06-01T09:05Z")
    drip("tick", "--now", "2026-06-11T12:00Z")
    return live


def asks(drip: Drip) -> list[tuple[str, str]]:
    found = drip("tasks", "--json").json["tasks"]
    return [(task["patient"], task["detail"]) for task in found if task["kind"] == "attendance_unknown"]


def test_the_list_says_what_to_type_and_typing_it_answers_the_question(
    asked: Path, drip: Drip, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((patient, question),) = asks(drip)
    assert "visit a-p-1 on" in question
    assert "drip attendance PATIENT VISIT attended" in " ".join(drip("tasks").out.split())
    words = ("attendance", patient, "a-p-1", "attended")
    monkeypatch.setattr("drip.clock.now", lambda: at("2026-06-11T13:00Z"))
    assert drip(*words, "--by", "A. Nurse").out == "Noted; the next tick acts on it.\n"
    assert asks(drip) == []
    drip("tick", "--now", "2026-06-11T13:01Z")
    assert [one for one in rows() if one["state"] == "planned"]
    assert drip(*words).out == "That is known already.\n"


def test_a_visit_that_nobody_knows_is_said(asked: Path, drip: Drip) -> None:
    assert "has no visit 'a-99'" in drip("attendance", "p-1", "a-99", "attended", code=1).err
    assert "nobody is known as 'p-99'" in drip("attendance", "p-99", "a-1", "attended", code=1).err


def test_there_are_three_answers(asked: Path, drip: Drip) -> None:
    assert "'attended', 'no-show', 'cancelled'" in drip("attendance", "p-1", "a-1", "perhaps", code=2).err
