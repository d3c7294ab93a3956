"""A sandbox, the stock clients of both providers, and someone who listens for callbacks."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

import pytest
from sendgrid import SendGridAPIClient
from twilio.rest import Client

from drip.sandbox import Account, Sandbox

TOKEN = "a token that the tests know"
PATIENT = "+447700900123"
CLINIC = "+15005550006"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One callback, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Ear:
    """Listens, and answers as told."""

    url: str
    heard: list[Heard] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """For the next callbacks; 200 after that."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    ear: Ear


class _Listening(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, _Listener)
        ear = self.server.ear
        headers = {name.lower(): value for name, value in self.headers.items()}
        ear.heard.append(Heard(path=self.path, headers=headers, body=body))
        self.send_response(ear.answers.pop(0) if ear.answers else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def ear() -> Iterator[Ear]:
    with _Listener(("127.0.0.1", 0), _Listening) as server:
        server.ear = Ear(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server.ear
        server.shutdown()
        thread.join()


@pytest.fixture
def sandbox(ear: Ear) -> Iterator[Sandbox]:
    account = Account(
        auth_token=TOKEN,
        events_url=f"{ear.url}/webhooks/sendgrid/events",
        inbound_url=f"{ear.url}/webhooks/twilio/inbound",
        email_inbound_url=f"{ear.url.replace('//', '//drip:a%40b@')}/webhooks/sendgrid/inbound",
    )
    with Sandbox.running(account=account, script={"receipts": {"gap": 0.01}}) as running:
        yield running


@pytest.fixture
def twilio(sandbox: Sandbox) -> Iterator[Any]:
    client = Client(sandbox.account.account_sid, sandbox.account.auth_token)
    client.http_client.timeout = 5
    client.api.base_url = sandbox.url
    yield client
    client.http_client.session.close()


Text: TypeAlias = Callable[..., Any]
"""`text()` to the patient; say what is different."""


@pytest.fixture
def text(twilio: Any) -> Text:
    def send(**unusual: Any) -> Any:
        ordinary = {"to": PATIENT, "from_": CLINIC, "body": "See you on Thursday."}
        return twilio.messages.create(**(ordinary | unusual))

    return send


def a_mail(to: str = "amina@example.org", **unusual: Any) -> dict[str, Any]:
    """As a drip adapter would send one; say what is different."""
    ordinary = {
        "personalizations": [
            {"to": [{"email": to}], "custom_args": {"drip_attempt": "attempt-1", "drip_message": "message-1"}}
        ],
        "from": {"email": "care@clinic.example", "name": "ProHealth"},
        "subject": "Your visit",
        "content": [{"type": "text/plain", "value": "See you."}, {"type": "text/html", "value": "<p>See you.</p>"}],
    }
    return ordinary | unusual


Mail: TypeAlias = Callable[..., Any]
"""`mail()` to a patient; say what is different."""


@pytest.fixture
def mail(sandbox: Sandbox) -> Mail:
    client = SendGridAPIClient(sandbox.account.api_key, host=sandbox.url)
    client.client.timeout = 5
    return lambda to="amina@example.org", **unusual: client.send(a_mail(to, **unusual))


@pytest.fixture
def events(sandbox: Sandbox, ear: Ear) -> Callable[[], list[dict[str, Any]]]:
    """What SendGrid has told by now, in order."""

    def told() -> list[dict[str, Any]]:
        sandbox.settle()
        return [event for heard in ear.heard if "events" in heard.path for event in json.loads(heard.body)]

    return told
