"""A clinic's folder to work in, and a way to type commands there."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from drip.cli import main
from tests.cli.build import Event, a_clinic, as_lines

SETTINGS = [
    "DATABASE_URL",
    "HOME",
    "EMAIL_PROVIDER",
    "SMS_PROVIDER",
    "OUTBOX",
    "LIVE",
    "ALLOW_LIST",
    "PUBLIC_URL",
    "ENCRYPTION_KEYS",
    "LOG",
    "LEASE_SECONDS",
    "DEADLINE_SECONDS",
    "SETTLE_SECONDS",
    "SEND_CONCURRENCY",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


Drip: TypeAlias = Callable[..., Said]
"""`drip("check", "--json")`; a command that ends otherwise than `code` (0) fails the test."""


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, and none of the settings of whoever runs the tests."""
    for name in SETTINGS:
        monkeypatch.delenv(f"DRIP_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def drip(capsys: pytest.CaptureFixture[str]) -> Drip:
    """The command line."""

    def run(*words: str | Path, code: int = 0) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        said = Said(code=int(ended.value.code or 0), out=printed.out, err=printed.err)
        assert said.code == code, said
        assert "Traceback" not in said.err
        assert "mistake in drip itself" not in said.err
        if "--json" in words and code in (0, 1) and said.out:
            assert json.loads(said.out) is not None
        return said

    return run


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a small clinic, to work in."""
    folder = a_clinic(tmp_path / "clinic")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def _published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Published once for all tests, by the command itself; each works in a copy."""
    folder = a_clinic(tmp_path_factory.mktemp("published") / "clinic")
    words = "publish --by A.Writer --approved-by B.Reviewer --now 2026-05-01T09:00Z"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with pytest.raises(SystemExit) as ended:
            main(words.split())
    assert ended.value.code == 0
    return folder


@pytest.fixture
def live(_published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small clinic whose sequences are published."""
    folder = tmp_path / "clinic"
    shutil.copytree(_published, folder)
    monkeypatch.chdir(folder)
    return folder


Tell: TypeAlias = Callable[..., Said]


@pytest.fixture
def tell(live: Path, drip: Drip) -> Tell:
    """The booking system tells these events at `now`, and the worker ticks at that moment."""

    def run(*events: Event, now: str) -> Said:
        (live / "events.jsonl").write_text(as_lines(*events))
        drip("ingest", "events.jsonl", "--now", now)
        return drip("tick", "--now", now, "--json")

    return run


Rows: TypeAlias = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def rows(drip: Drip) -> Rows:
    """The messages there are, as `drip messages --json` shows them."""

    def run(*words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = drip("messages", *words, "--json").json["messages"]
        return found

    return run
