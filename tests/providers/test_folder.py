"""Messages as files."""

import json
import os
import stat
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drip.core.handover import Accepted, Evidence, Fault, NotTaken, Outcome, Refused
from drip.core.letter import Words
from drip.core.reason import Reason
from drip.providers.folder import FolderProvider
from drip.providers.provider import Provider

from .contract import CANARIES, ProviderContract, a_letter, a_text, evidence

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


class TestFolder(ProviderContract):
    @pytest.fixture
    def provider(self, outbox: Path) -> Provider:
        self._outbox = outbox
        return FolderProvider(outbox, zone=LONDON)

    def held(self, provider: Provider) -> int | None:
        return len(_messages(self._outbox))


def _messages(outbox: Path) -> list[Path]:
    return sorted(path for path in outbox.glob("*/*") if path.is_file())


def _mail(outbox: Path) -> EmailMessage:
    (path,) = _messages(outbox)
    return message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default)


def _ref(outcome: Outcome) -> str:
    assert isinstance(outcome, Accepted)
    return outcome.ref


def test_a_message_lies_under_its_local_day_and_time(outbox: Path) -> None:
    late = datetime(2026, 6, 10, 23, 30, 5, tzinfo=UTC)
    ref = _ref(FolderProvider(outbox, zone=LONDON).hand_over(a_letter(handed_at=late)))
    assert ref == "2026-06-11/003005-attempt-1.eml"
    assert (outbox / ref).is_file()


def test_an_email_is_a_mail_any_program_can_open(outbox: Path) -> None:
    letter = a_letter(
        sender_name="Zoë's Clinic, Ltd.",
        stop_url="https://clinic.example/stop/abc",
        reply_to="replies@clinic.example",
        language="cy",
    )
    FolderProvider(outbox, zone=LONDON).hand_over(letter)
    mail = _mail(outbox)
    assert mail["From"].addresses[0].display_name == "Zoë's Clinic, Ltd."
    assert mail["From"].addresses[0].addr_spec == "care@clinic.example"
    assert mail["To"] == "canary@example.org"
    assert mail["Reply-To"] == "replies@clinic.example"
    assert mail["Subject"] == "Your visit"
    assert mail["Date"] == "Thu, 11 Jun 2026 09:00:00 +0100"
    assert mail["Message-ID"] == "<message-1@clinic.example>"
    assert mail["List-Unsubscribe"] == "<https://clinic.example/stop/abc>"
    assert mail["Content-Language"] == "cy"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_an_email_with_no_stop_link_and_no_html_has_neither(outbox: Path) -> None:
    FolderProvider(outbox).hand_over(a_letter(words=Words(text="Hello \N{EN DASH} you", subject="Your visit")))
    mail = _mail(outbox)
    assert "List-Unsubscribe" not in mail
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().rstrip() == "Hello \N{EN DASH} you"


def test_a_foreign_domain_is_put_into_ascii(outbox: Path) -> None:
    FolderProvider(outbox).hand_over(a_letter(to="canary@klinik-zürich.example"))
    assert _mail(outbox)["To"] == "canary@xn--klinik-zrich-klb.example"


def test_an_address_in_other_letters_is_kept_as_it_is(outbox: Path) -> None:
    FolderProvider(outbox).hand_over(a_letter(to="zoë@clinic.example"))
    (path,) = _messages(outbox)
    assert "To: zoë@clinic.example" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("unusual", "fault"),
    [
        pytest.param({"to": f"a@{'ü' * 80}.example"}, Fault.ADDRESS, id="a-label-too-long"),
        pytest.param({"to": "a..b@c.example"}, Fault.ADDRESS, id="two-dots"),
        pytest.param({"sender": "nobody"}, Fault.CONTENT, id="a-sender-without-a-domain"),
    ],
)
def test_what_cannot_be_put_into_a_mail_is_refused_as_a_value(
    unusual: dict[str, object], fault: Fault, outbox: Path
) -> None:
    outcome = FolderProvider(outbox).hand_over(a_letter(**unusual))
    assert isinstance(outcome, Refused)
    assert outcome.fault is fault


def test_a_text_is_a_few_lines_and_its_words(outbox: Path) -> None:
    ref = _ref(FolderProvider(outbox, zone=LONDON).hand_over(a_text(words=Words(text="Line one\n\nLine two"))))
    assert (outbox / ref).read_text() == (
        "To: +447700900199\nFrom: ProHealth Clinic <ProHealth>\nTime: 2026-06-11T09:00:00+01:00\n\nLine one\n\nLine two"
    )


def test_no_name_of_a_file_or_folder_is_personal(outbox: Path) -> None:
    provider = FolderProvider(outbox)
    provider.hand_over(a_letter())
    provider.hand_over(a_text(attempt_id="attempt-2"))
    provider.close()
    names = " ".join(str(path.relative_to(outbox)) for path in outbox.rglob("*"))
    assert [word for canary in CANARIES for word in (canary, canary.split("@")[0]) if word in names] == []


def test_only_the_owner_can_read_what_was_sent(outbox: Path) -> None:
    ref = _ref(FolderProvider(outbox).hand_over(a_letter()))
    assert stat.S_IMODE(outbox.stat().st_mode) == 0o700
    assert stat.S_IMODE((outbox / ref).stat().st_mode) == 0o600


def test_an_attempt_is_known_after_a_restart(outbox: Path) -> None:
    ref = _ref(FolderProvider(outbox).hand_over(a_letter()))
    later = FolderProvider(outbox)
    assert evidence(later, a_letter(attempt_id="attempt-1")) == (Evidence.WENT, ref)
    assert later.hand_over(a_letter(handed_at=datetime(2026, 7, 1, tzinfo=UTC))) == Accepted(ref)
    assert len(_messages(outbox)) == 1


def test_two_processes_on_one_folder_see_each_others_messages(outbox: Path) -> None:
    one, other = FolderProvider(outbox), FolderProvider(outbox)
    one.hand_over(a_letter())
    assert evidence(other, a_letter(attempt_id="attempt-1"))[0] is Evidence.WENT
    other.hand_over(a_letter(attempt_id="attempt-2"))
    assert evidence(one, a_letter(attempt_id="attempt-2"))[0] is Evidence.WENT


def test_a_message_whose_file_is_gone_did_not_go(outbox: Path) -> None:
    provider = FolderProvider(outbox)
    (outbox / _ref(provider.hand_over(a_letter()))).unlink()
    assert evidence(provider, a_letter(attempt_id="attempt-1")) == (Evidence.DID_NOT_GO, None)


def test_the_list_has_a_line_for_every_message(outbox: Path) -> None:
    provider = FolderProvider(outbox)
    provider.hand_over(a_letter())
    provider.hand_over(a_text(attempt_id="attempt-2", message_id="message-2"))
    lines = [json.loads(line) for line in (outbox / "index.jsonl").read_text().splitlines()]
    assert lines[0] == {
        "attempt_id": "attempt-1",
        "message_id": "message-1",
        "channel": "email",
        "to": "canary@example.org",
        "at": "2026-06-11T08:00:00+00:00",
        "file": "2026-06-11/080000-attempt-1.eml",
        "parts": 0,
    }
    assert lines[1]["file"] == "2026-06-11/080000-attempt-2.txt"


@pytest.mark.parametrize("torn", [b'{"attempt_id": "attempt-2", "mess', b"{}\n[]\nnot json\n\xff\xfe", b"\n\n"])
def test_a_list_that_a_crash_tore_still_serves(torn: bytes, outbox: Path) -> None:
    FolderProvider(outbox).hand_over(a_letter())
    with (outbox / "index.jsonl").open("ab") as file:
        file.write(torn)
    provider = FolderProvider(outbox)
    assert evidence(provider, a_letter(attempt_id="attempt-2")) == (Evidence.DID_NOT_GO, None)
    provider.hand_over(a_letter(attempt_id="attempt-2"))
    assert [evidence(FolderProvider(outbox), a_letter(attempt_id=f"attempt-{n}"))[0] for n in (1, 2)] == [
        Evidence.WENT,
        Evidence.WENT,
    ]


@pytest.mark.parametrize("file", ["../secret.eml", "/etc/passwd"])
def test_the_list_cannot_point_outside_the_folder(file: str, outbox: Path) -> None:
    FolderProvider(outbox).hand_over(a_letter())
    line = json.loads((outbox / "index.jsonl").read_text())
    (outbox.parent / "secret.eml").write_text("Subject: secret\n\nsecret")
    (outbox / "index.jsonl").write_text(json.dumps(line | {"file": file}) + "\n")
    assert evidence(FolderProvider(outbox), a_letter(attempt_id="attempt-1")) == (Evidence.DID_NOT_GO, None)


def test_an_unwritable_folder_takes_nothing_and_says_no_names(tmp_path: Path) -> None:
    (tmp_path / "Philippa Canary").write_text("a file where the folder should be")
    provider = FolderProvider(tmp_path / "Philippa Canary")
    outcome = provider.hand_over(a_letter())
    assert isinstance(outcome, NotTaken)
    assert outcome.reason is Reason.PROVIDER_DOWN
    assert outcome.detail == "the outbox folder cannot be written: Not a directory"
    assert evidence(provider, a_letter(attempt_id="attempt-1")) == (Evidence.CANNOT_TELL, None)
    provider.close()


def test_a_message_that_could_not_be_listed_leaves_nothing_behind(outbox: Path) -> None:
    (outbox / "index.jsonl").mkdir(parents=True)
    outcome = FolderProvider(outbox).hand_over(a_letter())
    assert isinstance(outcome, NotTaken)
    assert [path for path in outbox.rglob("*") if path.is_file()] == []


def test_a_message_that_could_not_be_named_may_be_tried_again(outbox: Path) -> None:
    provider = FolderProvider(outbox)
    in_the_way = outbox / "2026-06-11" / "080000-attempt-1.eml"
    in_the_way.mkdir(parents=True)
    assert isinstance(provider.hand_over(a_letter()), NotTaken)
    assert evidence(provider, a_letter(attempt_id="attempt-1")) == (Evidence.DID_NOT_GO, None)
    in_the_way.rmdir()
    assert isinstance(provider.hand_over(a_letter()), Accepted)
    assert os.listdir(outbox / "2026-06-11") == ["080000-attempt-1.eml"]


def test_closing_brings_the_page_up_to_date(outbox: Path) -> None:
    provider = FolderProvider(outbox, zone=LONDON)
    provider.hand_over(a_letter())
    provider.close()
    assert "Your visit" in (outbox / "index.html").read_text()
    provider.hand_over(a_letter(attempt_id="attempt-2", words=Words(text="Hello", subject="Second")))
    provider.close()
    assert "Second" in (outbox / "index.html").read_text()


def test_closing_after_finish_keeps_the_page_that_finish_wrote(outbox: Path) -> None:
    provider = FolderProvider(outbox, zone=LONDON)
    provider.hand_over(a_letter())
    page = provider.finish(title="Twelve weeks")
    written = page.stat().st_ino
    provider.close()
    assert page.stat().st_ino == written
    provider.hand_over(a_letter(attempt_id="attempt-2"))
    provider.close()
    assert "<h1>Twelve weeks</h1>" in page.read_text()


def test_closing_an_unused_folder_makes_none(outbox: Path) -> None:
    FolderProvider(outbox).close()
    assert not outbox.exists()


def test_a_full_disk_takes_nothing(outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = FolderProvider(outbox)
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, line: 3)
        outcome = provider.hand_over(a_letter())
    assert outcome == NotTaken(Reason.PROVIDER_DOWN, detail="the outbox folder cannot be written: not written in full")
    assert _messages(outbox) == []
    assert isinstance(provider.hand_over(a_letter()), Accepted)
