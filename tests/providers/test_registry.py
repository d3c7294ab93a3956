"""The one list of providers."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drip.providers import registry
from drip.providers.registry import Wiring

TOLD = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "a-token",
    "TWILIO_API_BASE": "https://api.twilio.com",
    "SENDGRID_API_KEY": "SG.a.b",
    "SENDGRID_API_BASE": "https://api.sendgrid.com",
    "DRIP_SMTP_URL": "smtps://user:password@mail.example.org:465",
}


def a_wiring(folder: Path) -> Wiring:
    """All that any provider asks for."""
    return Wiring(folder=folder, zone=ZoneInfo("Europe/London"), public_url="https://drip.example.org", told=TOLD)


@pytest.mark.parametrize("name", registry.NAMES)
def test_a_provider_is_built_under_its_own_name(name: str, tmp_path: Path) -> None:
    provider = registry.build(name, a_wiring(tmp_path))
    assert provider.name == name
    provider.close()


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("twilio", "TWILIO_ACCOUNT_SID"),
        ("twilio", "TWILIO_AUTH_TOKEN"),
        ("sendgrid", "SENDGRID_API_KEY"),
        ("smtp", "DRIP_SMTP_URL"),
    ],
)
def test_what_is_missing_is_named(name: str, variable: str, tmp_path: Path) -> None:
    told = {key: value for key, value in TOLD.items() if key != variable}
    with pytest.raises(ValueError, match=f"^{variable} is missing$"):
        registry.build(name, replace(a_wiring(tmp_path), told=told))


def test_an_unknown_provider_is_told_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"'pigeon' is not one; choose from: folder, noop, sendgrid, smtp, twilio"):
        registry.build("pigeon", Wiring())


def test_no_secret_shows() -> None:
    assert "a-token" not in repr(a_wiring(Path()))
