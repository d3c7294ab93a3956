"""The stock SendGrid client must find the sandbox as it finds SendGrid."""

import json
from typing import Any

import pytest
from python_http_client.exceptions import HTTPError  # type: ignore[import-untyped]
from sendgrid import SendGridAPIClient

from drip.sandbox import Account, Sandbox
from tests.sandbox.conftest import Mail, a_mail


def refusal_of(mail: Mail, *to: str, **unusual: Any) -> tuple[int, str]:
    """The status and the field."""
    with pytest.raises(HTTPError) as refused:
        mail(*to, **unusual)
    error = json.loads(refused.value.body)["errors"][0]
    assert error["message"]
    assert "help" in error
    return refused.value.status_code, error["field"]


def test_a_mail_is_taken_as_sendgrid_takes_it(mail: Mail, sandbox: Sandbox) -> None:
    answer = mail()
    assert (answer.status_code, answer.body) == (202, b"")
    [entry] = sandbox.ledger.entries()
    assert entry.ref == answer.headers["X-Message-Id"]
    assert (entry.to, entry.sender, entry.subject, entry.text) == (
        "amina@example.org",
        "care@clinic.example",
        "Your visit",
        "See you.",
    )
    assert (entry.attempt, entry.message) == ("attempt-1", "message-1")


def test_a_message_without_an_argument_for_it_is_known_by_its_message_id(mail: Mail, sandbox: Sandbox) -> None:
    mail(
        personalizations=[{"to": [{"email": "amina@example.org"}], "custom_args": {"drip_attempt": "attempt-1"}}],
        headers={"Message-ID": "<message-7@clinic.example>"},
    )
    assert sandbox.ledger.entries()[0].message == "message-7"


def test_the_whole_request_can_be_looked_at(mail: Mail, sandbox: Sandbox) -> None:
    mail()
    [request] = sandbox.ledger.requests()
    assert json.loads(request.body) == a_mail()
    assert request.headers["authorization"].startswith("Bearer ")


def test_every_recipient_is_in_the_ledger(mail: Mail, sandbox: Sandbox) -> None:
    mail(personalizations=[{"to": [{"email": f"{name}@example.org"}]} for name in ("a", "b")])
    assert [entry.to for entry in sandbox.ledger.entries()] == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize(
    ("unusual", "field"),
    [
        ({"personalizations": []}, "personalizations"),
        ({"personalizations": [{}]}, "personalizations.0.to"),
        ({"personalizations": [{"to": [{"email": "nobody"}]}]}, "personalizations.0.to.0.email"),
        ({"personalizations": [{"to": [{"email": "a@b.example"}, {"email": "A@b.example"}]}]}, "personalizations.0"),
        (
            {"personalizations": [{"to": [{"email": "a@b.example"}], "custom_args": {"n": 1}}]},
            "personalizations.0.custom_args",
        ),
        ({"personalizations": [{"to": [{"email": f"a{n}@b.example"} for n in range(1001)]}]}, "personalizations"),
        ({"from": {}}, "from.email"),
        ({"from": {"email": "clinic"}}, "from.email"),
        ({"reply_to": {"email": "clinic"}}, "reply_to.email"),
        ({"subject": ""}, "subject"),
        ({"subject": "a\r\nBcc: b@example.org"}, "subject"),
        ({"content": []}, "content"),
        ({"content": [{"type": "text/plain", "value": ""}]}, "content.0.value"),
        (
            {"content": [{"type": "text/html", "value": "x"}, {"type": "text/plain", "value": "x"}]},
            "content",
        ),
        ({"headers": {"Reply-To": "a@example.org"}}, "headers.Reply-To"),
        ({"headers": {"X-Test": "a\nb"}}, "headers"),
        ({"categories": ["x"] * 11}, "categories"),
        ({"custom_args": {"a": "x" * 10_000}}, "custom_args"),
        ({"subjects": "x"}, "subjects"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_sendgrid_refuses_is_refused_whole(
    mail: Mail, sandbox: Sandbox, unusual: dict[str, Any], field: str
) -> None:
    assert refusal_of(mail, **unusual) == (400, field)
    assert sandbox.ledger.count == 0


@pytest.mark.parametrize("nonsense", ["a string", 1, [], {"personalizations": 3}, {"personalizations": [1]}], ids=str)
def test_nonsense_is_refused(sandbox: Sandbox, nonsense: Any) -> None:
    client = SendGridAPIClient("SG.x", host=sandbox.url)
    with pytest.raises(HTTPError) as refused:
        client.client.mail.send.post(request_body=nonsense)
    assert refused.value.status_code == 400


def test_sandbox_mode_sends_nothing(mail: Mail, sandbox: Sandbox) -> None:
    answer = mail(mail_settings={"sandbox_mode": {"enable": True}})
    assert answer.status_code == 200
    assert sandbox.ledger.count == 0


def test_without_a_key_nothing_is_taken(sandbox: Sandbox) -> None:
    client = SendGridAPIClient("SG.x", host=sandbox.url)
    client.client.request_headers.pop("Authorization")
    with pytest.raises(HTTPError) as refused:
        client.send(a_mail())
    assert refused.value.status_code == 401


def test_the_key_can_be_made_to_matter() -> None:
    account = Account(auth_token="right", checks_credentials=True)
    with Sandbox.running(account=account) as sandbox:
        with pytest.raises(HTTPError):
            SendGridAPIClient("SG.wrong", host=sandbox.url).send(a_mail())
        SendGridAPIClient(account.api_key, host=sandbox.url).send(a_mail())
        assert sandbox.ledger.count == 1
