"""`drip sandbox`: what it prints, where it listens, how it ends."""

import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
import urllib3

from drip.cli.sandbox import add_to
from drip.cli.show import Complaint

ALONE = "import typer; from drip.cli.sandbox import add_to; app = typer.Typer(); add_to(app); app()"


@dataclass(slots=True)
class Running:
    """The command, while it runs."""

    process: "subprocess.Popen[str]"
    settings: dict[str, str]
    told: str

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.settings["TWILIO_API_BASE"]


@contextmanager
def running(*options: str) -> Iterator[Running]:
    command = [sys.executable, "-W", "error", "-c", ALONE, "--port", "0", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        told = process.stderr.readline()  # comes when all settings are out
        settings: dict[str, str] = {}
        while "SENDGRID_WEBHOOK_PUBLIC_KEY" not in settings and (line := process.stdout.readline()):
            name, _, value = line.rstrip("\n").partition("=")
            settings[name] = value
        try:
            yield Running(process, settings, told)
        finally:
            process.kill()


def complaint(*options: str) -> Complaint:
    app = typer.Typer()
    add_to(app)
    with pytest.raises(Complaint) as complained:
        app(list(options), standalone_mode=False)
    return complained.value


def test_it_prints_what_goes_into_the_settings() -> None:
    with running() as it:
        assert it.settings["DRIP_SMS_PROVIDER"] == "twilio"
        assert it.settings["DRIP_EMAIL_PROVIDER"] == "sendgrid"
        assert it.settings["SENDGRID_API_BASE"] == it.url
        assert it.url.startswith("http://127.0.0.1:")
        assert it.settings["TWILIO_ACCOUNT_SID"].startswith("AC")
        assert it.settings["TWILIO_AUTH_TOKEN"]
        assert f"{it.url}/sandbox/" in it.told
        assert urllib3.request("GET", f"{it.url}/sandbox/", retries=False).status == 200


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_well_when_it_is_stopped_even_in_the_middle_of_a_call(how: signal.Signals) -> None:
    with running("--latency", "30") as it:
        host, port = it.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as line:
            line.sendall(b"POST /v3/mail/send HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\n")
            it.process.send_signal(how)
            assert it.process.wait(5) == 0
            assert it.process.stderr is not None
            assert it.process.stderr.read() == ""


def test_a_token_of_ones_own_makes_the_same_keys_again() -> None:
    with running("--auth-token", "mine") as one, running("--auth-token", "mine") as other:
        assert one.settings["TWILIO_AUTH_TOKEN"] == "mine"
        for name in ("TWILIO_ACCOUNT_SID", "SENDGRID_API_KEY", "SENDGRID_WEBHOOK_PUBLIC_KEY"):
            assert one.settings[name] == other.settings[name]


def test_faults_and_the_ledger_s_file_are_taken_from_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    options = ["--ledger", str(file), "--fault", "twilio:503=1", "--fault", "sendgrid:accept_then_500=1"]
    with running(*options) as it:
        script = urllib3.request("GET", f"{it.url}/sandbox/script", retries=False).json()
        assert script["twilio"]["faults"] == {"503": 1}
        assert script["sendgrid"]["faults"] == {"accept_then_500": 1}
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_port_that_is_taken_is_one_line_and_3() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = complaint("--port", str(port))
    assert said.code == 3
    assert str(port) in str(said)
    assert "\n" not in str(said)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--fault", "nonsense=0.1"], "nonsense"),
        (["--fault", "500"], "NAME=SHARE"),
        (["--fault", "500=much"], "number"),
        (["--fault", "500=2"], "more than 1"),
        (["--fault", "pigeon:500=0.1"], "twilio:NAME=SHARE"),
        (["--events-url", "https://drip.example.org/webhooks/sendgrid/events"], "this machine only"),
        (["--inbound-url", "nonsense"], "--inbound-url"),
    ],
    ids=str,
)
def test_a_wrong_option_says_what_to_write(options: list[str], says: str) -> None:
    said = complaint(*options)
    assert said.code == 2
    assert says in str(said)
