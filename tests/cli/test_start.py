"""The first minutes: version, help, a new folder, wrong settings, and what is not built yet."""

import json
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import InternalError

from drip.cli.shipped import PACKAGE
from drip.settings import read_key
from drip.store import migrate
from tests.cli.build import an_event
from tests.cli.conftest import Drip

NOT_BUILT = [
    "export p-1",
    "erase p-1",
    "keys rotate",
]


def python(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A real Python in a real process."""
    environment = {"PYTHONPATH": str(PACKAGE.parent), "PATH": "/usr/bin:/bin", "COLUMNS": "80"}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_version_is_one_line(drip: Drip) -> None:
    assert re.fullmatch(r"drip \d+\.\d+\.\d+\S*\n", drip("--version").out)


def test_asking_for_the_version_loads_nothing_heavy(tmp_path: Path) -> None:
    heavy = "{'sqlalchemy', 'pydantic', 'typer', 'rich', 'jinja2', 'holidays', 'twilio', 'sendgrid'}"
    words = (
        f"import sys, drip.cli\ntry: drip.cli.main(['--version'])\nexcept SystemExit: print({heavy} & {{*sys.modules}})"
    )
    assert python("-c", words, folder=tmp_path).stdout.splitlines()[1] == "set()"


def test_a_real_process_ends_with_the_exit_code_and_says_why_on_stderr(tmp_path: Path) -> None:
    done = python("-W", "error", "-m", "drip", "timeline", "nothing", "--anchor", "2026-06-09", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: clinic.yaml is missing")
    assert len(done.stderr.splitlines()) == 1


def test_a_real_process_prints_one_json_document_and_nothing_on_stderr(clinic: Path) -> None:
    done = python("-W", "error", "-m", "drip", "check", "--json", folder=clinic)
    assert (done.returncode, done.stderr, done.stdout[0], done.stdout[-2:]) == (0, "", "{", "}\n")


def started(*words: str, folder: Path) -> subprocess.Popen[str]:
    """A process that is left running; nothing is set but where drip is."""
    environment = {"PYTHONPATH": str(PACKAGE.parent), "PATH": "/usr/bin:/bin"}
    pipe = subprocess.PIPE
    command = [sys.executable, "-W", "error", "-m", "drip", *words]
    return subprocess.Popen(command, cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_asked_to_stop_finishes_and_ends_well(asked: signal.Signals, live: Path) -> None:
    with started("worker", folder=live) as worker:
        assert worker.stderr
        lines = iter(worker.stderr.readline, "")
        assert any("worker started" in line for line in lines)
        worker.send_signal(asked)
        out, err = worker.communicate(timeout=20)
    assert (worker.returncode, out) == (0, "")
    assert "Traceback" not in err


def test_a_worker_outside_a_clinics_folder_does_not_start(tmp_path: Path) -> None:
    done = python("-W", "error", "-m", "drip", "worker", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_output_that_cannot_show_every_letter_shows_what_it_can(live: Path, drip: Drip) -> None:
    (live / "e.json").write_text(json.dumps(an_event(ref="p-\u00e9", patient__email="a@example.org")))
    drip("ingest", "e.json", "--now", "2026-06-09T11:00Z")
    drip("tick", "--now", "2026-06-09T11:00Z")
    ascii_only = {"PYTHONPATH": str(PACKAGE.parent), "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "ascii"}
    for words in (["explain", "p-\u00e9"], ["messages", "--json"]):
        command = [sys.executable, "-m", "drip", *words]
        done = subprocess.run(command, cwd=live, env=ascii_only, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["messages"][0]["patient"] == "p-\u00e9"


def test_drip_alone_says_how_to_use_it_and_is_wrong_usage(drip: Drip) -> None:
    said = drip(code=2)
    assert said.out == ""
    assert said.err.lstrip().startswith("Usage:")


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_lists_every_command_of_the_contract(word: str, drip: Drip) -> None:
    listed = re.findall(r"^  ([a-z]+)  ", drip(word).out, re.MULTILINE)
    promised = (
        "init demo sandbox forecast keys check timeline preview migrate publish ingest tick messages explain simulate "
        "suppress pause resume worker serve up doctor export erase audit user tasks held attendance"
    )
    assert sorted(listed) == sorted(promised.split())


@pytest.mark.parametrize("command", NOT_BUILT)
def test_what_is_not_built_yet_says_so(command: str, drip: Drip) -> None:
    said = drip(*command.split(), code=2)
    assert said.err.startswith(f"error: drip {command.split()[0]} is not built yet")
    assert said.out == ""


@pytest.mark.parametrize(
    "words",
    ["nothing", "check --nothing", "tick --now", "forecast --days 0", "forecast --days soon", "init", "init a b",
     "explain", "suppress", "ingest", "timeline after-visit", "preview after-visit", "migrate now", "demo --days 0"],
)  # fmt: skip
def test_wrong_usage_is_one_line_on_stderr(words: str, clinic: Path, drip: Drip) -> None:
    said = drip(*words.split(), code=2)
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert len(said.err.splitlines()) == 1


# init


def test_a_new_folder_passes_its_own_check(tmp_path: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> None:
    drip("init", "new")
    monkeypatch.chdir(tmp_path / "new")
    assert drip("check", "--json").json["errors"] == 0


def test_an_editor_finds_the_schema_in_a_new_folder(tmp_path: Path, drip: Drip) -> None:
    drip("init", "new")
    told = json.loads((tmp_path / "new/.vscode/settings.json").read_text())["yaml.schemas"]
    assert [(tmp_path / "new" / name).is_file() for name in told] == [True]


def test_a_new_folder_can_be_published_and_run_at_once(
    tmp_path: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    drip("init", "new")
    monkeypatch.chdir(tmp_path / "new")
    drip("migrate")
    drip("publish", "--by", "Your Name", "--approved-by", "A Colleague")
    drip("tick")
    assert not (tmp_path / "new" / ".drip-key").exists()


def test_the_settings_of_a_new_folder_hold_a_key_that_others_cannot_read(tmp_path: Path, drip: Drip) -> None:
    drip("init", "new")
    drip("init", "other")
    env = tmp_path / "new" / ".env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    keys = [
        re.findall(r"^DRIP_ENCRYPTION_KEYS=(.+)$", (tmp_path / name / ".env").read_text(), re.M)
        for name in ("new", "other")
    ]
    assert len(read_key(keys[0][0])[1]) == 32
    assert keys[0] != keys[1]


def test_init_fills_an_empty_folder_and_makes_those_above(tmp_path: Path, drip: Drip) -> None:
    (tmp_path / "empty").mkdir()
    drip("init", "empty")
    drip("init", "a/b/c")
    assert (tmp_path / "empty/clinic.yaml").read_bytes() == (tmp_path / "a/b/c/clinic.yaml").read_bytes()


def test_init_leaves_a_folder_with_something_in_it_alone(tmp_path: Path, drip: Drip) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    assert "mine is not empty" in drip("init", "mine", code=2).err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_init_where_a_file_is_says_so(place: str, tmp_path: Path, drip: Drip) -> None:
    (tmp_path / "file").write_text("mine")
    assert drip("init", place, code=2).err.startswith("error: file")
    assert (tmp_path / "file").read_text() == "mine"


# a folder that is not a clinic's


@pytest.mark.parametrize(
    "words",
    ["timeline x --anchor 2026-06-09", "preview a b", "publish", "ingest -", "tick", "messages", "explain p-1",
     "suppress a@example.org", "pause", "resume", "forecast"],
)  # fmt: skip
def test_outside_a_clinics_folder_nothing_is_made(words: str, tmp_path: Path, drip: Drip) -> None:
    said = drip(*words.split(), code=2)
    assert said.err.startswith("error: ")
    assert list(tmp_path.iterdir()) == []


def test_drip_home_says_where_the_clinics_folder_is(
    clinic: Path, tmp_path: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRIP_HOME", "clinic")
    drip("check")
    drip("timeline", "after-visit", "--anchor", "2026-06-09T10:00")


# settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DRIP_LEASE_SECONDS", "soon"),
        ("DRIP_LEASE_SECONDS", "0"),
        ("DRIP_DEADLINE_SECONDS", "-1"),
        ("DRIP_DEADLINE_SECONDS", "120"),
        ("DRIP_SETTLE_SECONDS", "10"),
        ("DRIP_SEND_CONCURRENCY", "1000"),
        ("DRIP_LIVE", "perhaps"),
        ("DRIP_LOG", "xml"),
        ("DRIP_EMAIL_PROVIDER", "pigeon"),
        ("DRIP_EMAIL_PROVIDER", ""),
        ("DRIP_SMS_PROVIDER", "folder,pigeon"),
        ("DRIP_SMS_PROVIDER", "twilio"),
        ("DRIP_EMAIL_PROVIDER", "sendgrid"),
        ("DRIP_EMAIL_PROVIDER", "smtp"),
        ("DRIP_ENCRYPTION_KEYS", "k1:short"),
        ("DRIP_ENCRYPTION_KEYS", ","),
        ("DRIP_DATABASE_URL", "nonsense"),
        ("DRIP_DATABASE_URL", "mysql://root@localhost/drip"),
        ("DRIP_DATABASE_URL", ""),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(
    name: str, value: str, clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    said = drip("messages", code=2)
    assert said.out == ""
    lines = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert name in lines[0]


@pytest.mark.parametrize(
    ("channel", "provider", "missing"),
    [
        ("SMS", "twilio", "TWILIO_ACCOUNT_SID"),
        ("EMAIL", "sendgrid", "SENDGRID_API_KEY"),
        ("EMAIL", "smtp", "DRIP_SMTP_URL"),
    ],
)
def test_a_provider_says_what_it_still_needs(
    channel: str, provider: str, missing: str, clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"DRIP_{channel}_PROVIDER", provider)
    assert f"DRIP_{channel}_PROVIDER: {missing} is missing" in drip("messages", code=2).err


def test_a_provider_of_texts_does_not_carry_emails(clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIP_EMAIL_PROVIDER", "twilio")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "a-token")
    said = drip("messages", code=2).err
    assert "DRIP_EMAIL_PROVIDER: twilio does not carry email" in said
    assert "a-token" not in said


def test_going_live_needs_a_key_of_ones_own(clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIP_LIVE", "1")
    assert "DRIP_ENCRYPTION_KEYS" in drip("messages", code=2).err


def test_a_wrong_key_in_the_settings_is_not_repeated(clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIP_ENCRYPTION_KEYS", "k1:aVerySecretThing")
    assert "aVerySecretThing" not in drip("messages", code=2).err


def test_the_database_password_is_never_shown(clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIP_DATABASE_URL", "postgresql://drip:hunter2@127.0.0.1:1/drip")
    for words in (["messages"], ["migrate"], ["doctor"], ["tick"]):
        said = drip(*words, code=3)
        assert "hunter2" not in said.out + said.err
        assert "cannot be reached" in said.out + said.err


def test_a_database_that_ends_who_stood_still_is_away_and_no_mistake_of_ours(
    clinic: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(_: str) -> None:
        raise InternalError("SELECT 1", None, Exception("terminating connection due to idle-in-transaction timeout"))

    monkeypatch.setattr(migrate, "current", ended)
    assert "try again" in drip("messages", code=3).err


def test_settings_are_read_from_the_clinics_folder(clinic: Path, drip: Drip) -> None:
    (clinic / ".env").write_text("DRIP_LEASE_SECONDS=soon\n")
    assert "DRIP_LEASE_SECONDS" in drip("messages", code=2).err


def test_another_program_s_settings_in_the_same_file_do_no_harm(clinic: Path, drip: Drip) -> None:
    (clinic / ".env").write_text("TWILIO_AUTH_TOKEN=x\nDATABASE_URL=y\nDRIP_OUTBOX=post\n")
    drip("messages")
