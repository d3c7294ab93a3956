"""The one list of providers."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drip.providers import registry
from drip.providers.folder import FolderProvider

from .contract import a_letter


@pytest.mark.parametrize("name", registry.NAMES)
def test_a_provider_is_built_under_its_own_name(name: str, tmp_path: Path) -> None:
    assert registry.build(name, folder=tmp_path, zone=ZoneInfo("Europe/London"), something_else=1).name == name


def test_a_folder_may_be_given_as_words(tmp_path: Path) -> None:
    provider = registry.build("folder", folder=str(tmp_path / "outbox"))
    assert isinstance(provider, FolderProvider)
    provider.hand_over(a_letter())
    assert (tmp_path / "outbox" / "index.jsonl").exists()


@pytest.mark.parametrize("settings", [{}, {"folder": 3}, {"folder": "x", "zone": "Europe/London"}])
def test_a_folder_without_a_path_says_what_it_needs(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="needs `folder`, a path"):
        registry.build("folder", **settings)


def test_an_unknown_provider_is_told_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"'pigeon' is not one; choose from: folder, noop"):
        registry.build("pigeon")


@pytest.mark.parametrize("name", ["twilio", "sendgrid", "smtp"])
def test_a_provider_still_to_come_says_so(name: str) -> None:
    with pytest.raises(ValueError, match="is not built yet; choose from: folder"):
        registry.build(name)
