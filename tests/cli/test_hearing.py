"""A question that nobody can answer is not published: the configured providers say whether they hear replies."""

from pathlib import Path

import pytest

from tests.cli.build import rewrite
from tests.cli.conftest import Drip

SEQUENCE = "sequences/after-visit.yaml"
NUMBER, NAME = "+447700900001", "HillClinic"
TWILIO = {"DRIP_SMS_PROVIDER": "twilio", "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "a-token"}
SMTP = {"DRIP_EMAIL_PROVIDER": "smtp", "DRIP_SMTP_URL": "smtps://mail.example.org"}
HEARD = {"DRIP_PUBLIC_URL": "https://drip.example.org"}
MAILBOX = {"DRIP_IMAP_URL": "imaps://who:secret@mail.example.org"}


@pytest.fixture
def asking(clinic: Path) -> Path:
    """The clinic asks a question by text, from a number."""
    rewrite(clinic / "clinic.yaml", f"sms: {{from: {NAME}}}", f'sms: {{from: "{NUMBER}"}}')
    tip = '{id: tip, after: 1d, at: "10:00", sms: tip}'
    rewrite(clinic / SEQUENCE, tip, tip.replace("}", ", ask: {id: pain, answer: number, min: 0, max: 10}}"))
    return clinic


def told(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    """These settings are set."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    "settings",
    [{**TWILIO, **HEARD, "TWILIO_FROM": NAME}, TWILIO],
    ids=["from a name", "nobody hears"],
)
def test_a_question_by_text_that_nobody_can_answer_is_never_published(
    asking: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    told(monkeypatch, **settings)
    assert "one-way-sender" in drip("check", code=1).out
    said = drip("publish", "--by", "A. Writer", "--approved-by", "B. Reader", code=1)
    assert "one-way-sender" in said.err
    assert "nothing was published" in said.err


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"DRIP_SMS_PROVIDER": "noop"},
        {**TWILIO, **HEARD},
        {**TWILIO, **HEARD, "TWILIO_FROM": NUMBER},
        {**TWILIO, **HEARD, "TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32},
        {"DRIP_SMS_PROVIDER": "twilio"},
    ],
    ids=["folder", "noop", "from clinic.yaml's number", "from a number", "from a service", "not set up yet"],
)
def test_one_that_can_be_answered_or_that_goes_nowhere_may_be_published(
    asking: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    told(monkeypatch, **settings)
    drip("check")


def test_what_the_settings_say_counts_more_than_clinic_yaml(
    asking: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(asking / "clinic.yaml", f'sms: {{from: "{NUMBER}"}}', f"sms: {{from: {NAME}}}")
    told(monkeypatch, **TWILIO, **HEARD)
    drip("check", code=1)
    told(monkeypatch, TWILIO_FROM=NUMBER)
    drip("check")


@pytest.mark.parametrize(("more", "code"), [({}, 1), (MAILBOX, 0)], ids=["no mailbox", "a mailbox"])
def test_a_question_by_email_needs_a_way_for_replies(
    clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch, more: dict[str, str], code: int
) -> None:
    hello = "{id: hello, after: 3h, email: hello}"
    rewrite(clinic / SEQUENCE, hello, hello.replace("}", ", ask: {id: pain, answer: number, min: 0, max: 10}}"))
    told(monkeypatch, **SMTP, **more)
    assert ("emails from here bring no replies" in drip("check", code=code).out) is (code == 1)


def test_providers_that_cannot_be_built_do_not_keep_content_from_being_checked(
    asking: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, DRIP_EMAIL_PROVIDER="pigeon")
    drip("check")
