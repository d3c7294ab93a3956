"""`drip doctor`: what to mend, in the order in which to mend it."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.build import an_event, rewrite
from tests.cli.conftest import Drip, Tell

KEY = "k1:" + "ab" * 32
OTHER = "k2:" + "cd" * 32


def looked_at(drip: Drip, code: int) -> dict[str, bool]:
    """Each thing that was looked at, and whether it is well."""
    document = drip("doctor", "--json", code=code).json
    assert list(document) == ["checks"]
    assert all(list(one) == ["name", "ok", "says"] for one in document["checks"])
    return {one["name"]: one["ok"] for one in document["checks"]}


def test_in_an_empty_folder_clinic_yaml_is_missing(tmp_path: Path, drip: Drip) -> None:
    assert looked_at(drip, 2) == {"settings": True, "clinic.yaml": False}
    assert list(tmp_path.iterdir()) == []


def test_a_new_folder_needs_its_schema(clinic: Path, drip: Drip) -> None:
    assert looked_at(drip, 2) == {"settings": True, "clinic.yaml": True, "database": True, "schema": False}
    assert "drip migrate" in drip("doctor", code=2).out


def test_after_migrating_nothing_is_published_and_no_worker_ran(clinic: Path, drip: Drip) -> None:
    drip("migrate")
    assert [name for name, ok in looked_at(drip, 1).items() if not ok] == ["sequences", "worker"]


def test_when_all_is_well_the_doctor_says_so(live: Path, drip: Drip) -> None:
    drip("tick")
    assert set(looked_at(drip, 0).values()) == {True}
    assert "mend" not in drip("doctor").out


@pytest.mark.parametrize(
    ("now", "is_well", "says"),
    [
        ("2098-11-01T12:00Z", True, "none is due within 30 days"),
        ("2098-12-30T12:00Z", True, "after-visit: review due on 1 Jan 2099"),
        ("2099-01-02T12:00Z", False, "after-visit: review was due on 1 Jan 2099; its messages wait"),
    ],
)
def test_a_review_that_is_near_or_past_is_said(
    now: str, is_well: bool, says: str, live: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drip.clock.now", lambda: datetime.fromisoformat(now))
    found = {one["name"]: one for one in drip("doctor", "--json", code=1).json["checks"]}
    assert found["reviews"]["ok"] is is_well
    assert says in found["reviews"]["says"]


def test_messages_that_should_have_gone_are_found(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(), now="2026-06-09T11:00Z")
    assert looked_at(drip, 1)["due messages"] is False


def test_a_broken_clinic_yaml_is_found(clinic: Path, drip: Drip) -> None:
    rewrite(clinic / "clinic.yaml", "country: GB", "country: Britain")
    assert looked_at(drip, 2)["clinic.yaml"] is False
    assert "clinic.yaml:1:" in drip("doctor", code=2).out


def test_a_wrong_setting_is_found(clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIP_LEASE_SECONDS", "soon")
    assert looked_at(drip, 2) == {"settings": False}
    assert "DRIP_LEASE_SECONDS" in drip("doctor", code=2).out


def test_a_provider_that_does_not_exist_is_found(clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> None:
    drip("migrate")
    monkeypatch.setenv("DRIP_SMS_PROVIDER", "pigeon")
    assert "DRIP_SMS_PROVIDER" in drip("doctor", code=2).out


def test_a_database_that_cannot_be_reached_is_exit_3(clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIP_DATABASE_URL", "postgresql://drip@127.0.0.1:1/drip")
    assert looked_at(drip, 3)["database"] is False
    for words in (["messages"], ["tick", "--json"], ["migrate"], ["publish"], ["pause"], ["explain", "p-1"]):
        said = drip(*words, code=3)
        assert said.out == ""
        assert "DRIP_DATABASE_URL" in said.err
        assert len(said.err.splitlines()) == 1


def test_the_wrong_key_is_found_and_named(clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIP_ENCRYPTION_KEYS", KEY)
    drip("messages")
    monkeypatch.setenv("DRIP_ENCRYPTION_KEYS", OTHER)
    assert looked_at(drip, 2)["keys and providers"] is False
    for words in (["messages"], ["tick"], ["explain", "p-1"]):
        said = drip(*words, code=2)
        assert "DRIP_ENCRYPTION_KEYS" in said.err
        assert "cdcd" not in said.err


def test_an_older_key_may_stand_behind_the_current_one(
    clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIP_ENCRYPTION_KEYS", KEY)
    drip("messages")
    monkeypatch.setenv("DRIP_ENCRYPTION_KEYS", f"{OTHER},{KEY}")
    drip("messages")


def test_a_broken_key_file_is_named(live: Path, drip: Drip) -> None:
    (live / ".drip-key").write_text("scrambled")
    said = drip("messages", code=2)
    assert ".drip-key" in said.err
    assert "scrambled" not in said.err


def test_whether_it_is_live_and_whom_messages_reach_is_said(live: Path, drip: Drip) -> None:
    said = {one["name"]: one["says"] for one in drip("doctor", "--json", code=1).json["checks"]}
    assert said["settings"].endswith(", not live")
    assert said["providers"].count("folder (reaches nobody") == 2


def test_live_with_a_folder_for_a_provider_reaches_nobody_and_says_so(
    live: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIP_LIVE", "1")
    monkeypatch.setenv("DRIP_ENCRYPTION_KEYS", KEY)
    (live / "drip.db").unlink()
    drip("migrate")
    (says,) = [one["says"] for one in drip("doctor", "--json", code=1).json["checks"] if one["name"] == "providers"]
    assert says.endswith("DRIP_LIVE is on, but email and sms would reach nobody")


@pytest.mark.parametrize(
    ("alerts", "ok", "says"),
    [
        ("", False, "nobody would hear of a red flag"),
        ('alerts: {email: [lead@example.org], sms: ["+447700900456"]}', False, "only invented addresses"),
        ("alerts: {email: [lead@harbour-clinic.co.uk]}", True, "1 of the clinic's people"),
    ],
    ids=["nobody", "examples", "somebody"],
)
def test_before_going_live_somebody_must_hear_of_red_flags(
    live: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch, alerts: str, ok: bool, says: str
) -> None:
    text = "".join(line for line in (live / "clinic.yaml").read_text().splitlines(True) if "alerts:" not in line)
    (live / "clinic.yaml").write_text(f"{text}\n{alerts}\n")
    monkeypatch.setenv("DRIP_LIVE", "1")
    monkeypatch.setenv("DRIP_ENCRYPTION_KEYS", KEY)
    (live / "drip.db").unlink()
    drip("migrate")
    (told,) = [one for one in drip("doctor", "--json", code=1).json["checks"] if one["name"] == "alerts"]
    assert told["ok"] == ok
    assert told["says"].startswith(says)
