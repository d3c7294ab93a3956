"""The truth, kept where a test and a person can read it."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drip.sandbox import Account, Sandbox
from drip.sandbox.ledger import Entry, Ledger, Told
from tests.sandbox.test_faults import answer_to

NINE = datetime(2026, 6, 11, 8, 0, tzinfo=UTC)


def an_entry(number: int = 1, **unusual: object) -> Entry:
    """A text that was accepted; say what is different."""
    ordinary: dict[str, object] = {
        "provider": "twilio",
        "ref": f"SM{number}",
        "to": "+447700900123",
        "sender": "ProHealth",
        "text": "Hello",
        "attempt": f"attempt-{number}",
        "at": NINE,
    }
    return Entry(**(ordinary | unusual))  # type: ignore[arg-type]


def test_only_so_many_are_kept_and_the_oldest_go_first() -> None:
    ledger = Ledger(most=3)
    for number in range(10):
        ledger.accept([an_entry(number, to=f"+44770090010{number % 2}")])
    assert [entry.ref for entry in ledger.entries()] == ["SM7", "SM8", "SM9"]
    assert ledger.count == 10
    assert ledger.entry("SM6") is None
    assert ledger.of_attempt("attempt-6") == []
    assert [entry.ref for entry in ledger.of_address("+447700900101")] == ["SM9", "SM7"]


def test_only_so_many_words_are_kept() -> None:
    ledger = Ledger(most_letters=100)
    for number in range(10):
        ledger.accept([an_entry(number, text="x" * 30)])
    assert [entry.ref for entry in ledger.entries()] == ["SM7", "SM8", "SM9"]


def test_an_attempt_that_was_accepted_twice_shows_as_two() -> None:
    ledger = Ledger()
    for number in (1, 2):
        ledger.accept([an_entry(number, attempt="attempt")])
    assert [entry.ref for entry in ledger.of_attempt("attempt")] == ["SM1", "SM2"]


def test_entries_are_read_on_from_a_number() -> None:
    ledger = Ledger()
    for number in range(5):
        ledger.accept([an_entry(number)])
    assert [entry.number for entry in ledger.entries(after=2, most=2)] == [3, 4]


def test_what_was_read_does_not_change_under_the_reader() -> None:
    ledger = Ledger()
    ledger.accept([an_entry()])
    before = ledger.entries()
    ledger.tell(1, Told(says="sent", at=NINE, answer="200"))
    assert before[0].told == ()
    assert ledger.entries()[0].told != ()


def test_a_callback_about_an_entry_that_is_gone_is_nothing() -> None:
    Ledger().tell(99, Told(says="sent", at=NINE, answer="200"))


def test_nothing_personal_shows_in_a_repr() -> None:
    shown = repr(an_entry(text="Hello Philippa", to="+447700900199", callback_url="http://x/secret"))
    assert not any(word in shown for word in ("Philippa", "900199", "ProHealth", "secret"))


def test_the_file_is_the_owner_s_and_holds_each_message_before_the_answer(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    file.touch(0o644)
    account = Account(ledger_file=file)
    with Sandbox.running(account=account, script={"faults": {"accept_then_500": 1}}) as sandbox:
        answer_to(sandbox, "twilio")
        [line] = [json.loads(line) for line in file.read_text().splitlines()]
        assert (line["what"], line["fault"], line["to"]) == ("accepted", "accept_then_500", "+447700900123")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_was_there_is_added_to(tmp_path: Path) -> None:
    for _ in range(2):
        ledger = Ledger(tmp_path / "ledger.jsonl")
        ledger.accept([an_entry()])
        ledger.close()
        ledger.close()
    assert len((tmp_path / "ledger.jsonl").read_text().splitlines()) == 2


def test_what_cannot_be_written_down_is_not_accepted() -> None:
    with Sandbox.running(account=Account(ledger_file=Path("/dev/full"))) as sandbox:
        assert [answer_to(sandbox, provider)[0] for provider in ("twilio", "sendgrid")] == [500, 500]
        assert sandbox.ledger.count == 0


def test_a_reset_forgets_everything(sandbox: Sandbox) -> None:
    sandbox.script(faults={"accept_then_500": 1})
    answer_to(sandbox, "sendgrid")
    sandbox.reset()
    assert sandbox.ledger.count == 0
    assert answer_to(sandbox, "sendgrid")[0] == 202
    assert sandbox.ledger.entries()[0].number == 1


def test_two_sandboxes_do_not_know_of_each_other() -> None:
    with Sandbox.running() as one, Sandbox.running() as other:
        answer_to(one, "sendgrid")
        assert (one.ledger.count, other.ledger.count) == (1, 0)


def test_a_port_that_is_taken_says_so() -> None:
    with Sandbox.running() as one:
        port = int(one.url.rpartition(":")[2])
        with pytest.raises(OSError, match=str(port)), Sandbox.running(port=port):
            pass
