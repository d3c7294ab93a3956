"""`drip serve` and `drip up`: they start, answer, and leave in good order when asked to."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drip.cli.serving import console_at
from drip.store import migrate
from tests.web.build import Site

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}  # noqa: TID251 - what a process is started with
DRIP = [sys.executable, "-m", "drip"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A clinic's folder with a database."""
    shutil.copy(ROOT / "clinic.yaml", tmp_path)
    migrate.migrate(f"sqlite:///{tmp_path / 'drip.db'}")
    return tmp_path


@contextmanager
def started(home: Path, command: str) -> Iterator[tuple["subprocess.Popen[str]", Site]]:
    """The process once it listens, and its web; killed if the test left it running."""
    words = [*DRIP, command, "--port", "0"]
    with subprocess.Popen(words, cwd=home, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        try:
            assert process.stderr is not None
            found = next((found for line in process.stderr if (found := re.search(r"port (\d+)", line))), None)
            assert found, f"drip {command} ended with {process.wait()}"
            yield process, Site(int(found[1]))
        finally:
            process.kill()


def test_it_says_where_the_console_is_and_how_the_first_account_is_made(home: Path) -> None:
    with started(home, "serve") as (process, site):
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        said = process.stderr.read().splitlines()
        assert f"The console: http://127.0.0.1:{site.port}/console" in said
        assert "Nobody can sign in yet: `drip user add NAME --role admin` makes the first account." in said


@pytest.mark.parametrize(
    ("public_url", "host", "said"),
    [
        ("", "0.0.0.0", "http://127.0.0.1:8000/console"),  # noqa: S104 - nothing listens
        ("", "::1", "http://[::1]:8000/console"),
        ("https://drip.clinic.example", "127.0.0.1", "https://drip.clinic.example/console"),
    ],
    ids=["every address", "IPv6", "behind a proxy"],
)
def test_the_consoles_address_is_one_that_a_browser_can_sign_in_at(public_url: str, host: str, said: str) -> None:
    assert console_at(public_url, host, 8000) == said


@pytest.mark.parametrize("signalled", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
@pytest.mark.parametrize("command", ["serve", "up"])
def test_it_answers_and_ends_well_when_asked_to(home: Path, command: str, signalled: signal.Signals) -> None:
    with started(home, command) as (process, site):
        assert site.ask("GET", "/healthz").status == 200
        process.send_signal(signalled)
        assert process.wait(20) == 0


def test_in_one_process_the_worker_ticks_beside_the_web(home: Path) -> None:
    with started(home, "up") as (_, site):
        deadline = time.monotonic() + 15
        while (ready := site.ask("GET", "/readyz").status) != 200 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert ready == 200


def test_the_web_alone_is_not_ready(home: Path) -> None:
    with started(home, "serve") as (_, site):
        assert site.ask("GET", "/readyz").status == 503


def test_a_link_is_not_in_the_log(home: Path) -> None:
    with started(home, "serve") as (process, site):
        site.ask("GET", "/p/a-patients-token?also=this")
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert "a-patients-token" not in process.stderr.read()


def refused(home: Path, *words: str) -> str:
    """What it says when it does not start."""
    done = subprocess.run([*DRIP, *words], cwd=home, capture_output=True, text=True, env=ENVIRONMENT, timeout=30)
    assert done.returncode == 2
    return done.stderr


@pytest.mark.parametrize("command", ["serve", "up"])
def test_a_port_that_is_taken_is_said_in_one_line(home: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1, port {port}" in refused(home, command, "--port", str(port))


def test_a_spool_that_cannot_be_written_to_is_known_at_the_start(home: Path) -> None:
    (home / "spool").touch()
    assert "spool cannot be written to" in refused(home, "serve", "--port", "0")
