"""Mail by SMTP, against real servers on this machine: an ordinary one, and one that says what a test tells it to."""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import aiosmtpd.smtp
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from drip.core.handover import Accepted, Fault, NotTaken, Outcome, Refused, Unknown
from drip.core.letter import Words
from drip.core.reason import Reason
from drip.providers import smtp_session
from drip.providers.provider import Provider
from drip.providers.smtp import SmtpProvider
from drip.providers.smtp_answers import Stage, read_reply, verdict
from drip.providers.smtp_session import MOST_LETTERS

from .contract import CANARIES, ProviderContract, a_letter

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the ordinary server's, which writes down addresses

# An ordinary server


class Post:
    """What an ordinary server was given, and over how many connections."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.connections = 0
        self.logins: list[LoginPassword] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return "250 2.0.0 taken"

    def authenticator(self, server: Any, session: Any, envelope: Any, mechanism: str, auth_data: Any) -> AuthResult:
        self.logins.append(auth_data)
        return AuthResult(success=auth_data.password == b"s3cret@/", handled=False)

    @property
    def mails(self) -> list[EmailMessage]:
        return [_read(bytes(envelope.original_content or b"")) for envelope in self.envelopes]


class Office(Controller):
    """An ordinary server that counts its connections."""

    def __init__(self, post: Post, *, tls_at_once: ssl.SSLContext | None = None, **options: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        super().__init__(post, hostname="127.0.0.1", port=port, ssl_context=tls_at_once, **options)
        self._post = post
        self._open: list[Desk] = []

    def factory(self) -> "Desk":
        self._post.connections += 1
        self._open.append(Desk(self.handler, **self.SMTP_kwargs))
        return self._open[-1]

    def start(self) -> None:
        super().start()
        self._post.connections = 0  # it looked once whether it is there

    def stop(self, no_assert: bool = False) -> None:
        until = time.monotonic() + 2
        while not all(desk.is_left for desk in self._open) and time.monotonic() < until:
            time.sleep(0.01)
        super().stop(no_assert)


class Desk(aiosmtpd.smtp.SMTP):
    """One connection of an office."""

    is_left = False

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.is_left = True


def _read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, _class=EmailMessage, policy=default)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def open_office(post: Post) -> Iterator[Callable[..., Office]]:
    """Opens ordinary servers, and closes them afterwards."""
    opened: list[Office] = []

    def office(**options: Any) -> Office:
        opened.append(Office(post, **options))
        opened[-1].start()
        return opened[-1]

    yield office
    for one in opened:
        one.stop()


@pytest.fixture
def office(open_office: Callable[..., Office]) -> Office:
    return open_office(enable_SMTPUTF8=True)


@pytest.fixture
def smtp(office: Office) -> Iterator[SmtpProvider]:
    provider = SmtpProvider(url=f"smtp://127.0.0.1:{office.port}", deadline=5)
    yield provider
    provider.close()


class TestSmtp(ProviderContract):
    keeps_records = False
    tells_repeats = False  # it is the reader's mail program that sees a repeat

    @pytest.fixture
    def provider(self, smtp: SmtpProvider) -> Provider:
        return smtp


def test_a_letter_arrives_as_the_mail_that_it_is(post: Post, office: Office) -> None:
    provider = SmtpProvider(url=f"smtp://127.0.0.1:{office.port}", zone=ZoneInfo("Europe/London"), deadline=5)
    words = Words(text="Helo Siân,\n.\n..dot\nend", subject="Eich ymweliad", html="<p>Helo Siân</p>")
    outcome = provider.hand_over(a_letter(words=words, stop_url="https://clinic.example/stop/x"))
    provider.close()
    (envelope,), (mail,) = post.envelopes, post.mails
    assert outcome == Accepted("<message-1@clinic.example>")
    assert (envelope.mail_from, envelope.rcpt_tos) == ("care@clinic.example", ["canary@example.org"])
    assert mail["Message-ID"] == "<message-1@clinic.example>"
    assert mail["Date"] == "Thu, 11 Jun 2026 09:00:00 +0100"
    assert mail["List-Unsubscribe"] == "<https://clinic.example/stop/x>"
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines() == words.text.splitlines()


def test_a_repeat_of_a_message_is_the_same_mail(post: Post, smtp: SmtpProvider) -> None:
    first = smtp.hand_over(a_letter(attempt_id="attempt-1"))
    second = smtp.hand_over(a_letter(attempt_id="attempt-2"))
    assert first == second
    assert len({mail["Message-ID"] for mail in post.mails}) == 1


def test_the_reference_is_the_message_id_however_long_the_clinics_domain_is(post: Post, smtp: SmtpProvider) -> None:
    domain = "a-very-long-name-of-a-physiotherapy-clinic.in-a-very-long-town.clinic.example"
    outcome = smtp.hand_over(a_letter(message_id="a" * 32, sender=f"care@{domain}"))
    assert outcome == Accepted(f"<{'a' * 32}@{domain}>")
    assert post.mails[0]["Message-ID"].strip() == f"<{'a' * 32}@{domain}>"


def test_a_domain_of_other_letters_is_in_ascii_on_the_envelope_as_well(post: Post, smtp: SmtpProvider) -> None:
    smtp.hand_over(a_letter(to="jane@bücher.example"))
    assert post.envelopes[0].rcpt_tos == ["jane@xn--bcher-kva.example"]


def test_an_address_of_other_letters_goes_where_the_server_takes_it(post: Post, smtp: SmtpProvider) -> None:
    assert isinstance(smtp.hand_over(a_letter(to="zoë@example.org")), Accepted)
    assert post.envelopes[0].rcpt_tos == ["zoë@example.org"]
    assert isinstance(smtp.hand_over(a_letter(message_id="message-2")), Accepted)


def test_an_address_of_other_letters_is_refused_where_the_server_takes_none(open_office: Callable[..., Office]) -> None:
    provider = SmtpProvider(url=f"smtp://127.0.0.1:{open_office(enable_SMTPUTF8=False).port}", deadline=5)
    to_patient, from_us = (
        provider.hand_over(a_letter(to="zoë@example.org")),
        provider.hand_over(a_letter(sender="gofal-ŵ@clinic.example")),
    )
    provider.close()
    assert isinstance(to_patient, Refused)
    assert to_patient.fault is Fault.ADDRESS
    assert not to_patient.closes
    assert isinstance(from_us, Refused)
    assert from_us.fault is Fault.ACCOUNT


# Connections


def test_letters_one_after_another_share_a_connection(post: Post, smtp: SmtpProvider) -> None:
    for number in range(5):
        assert isinstance(smtp.hand_over(a_letter(message_id=f"message-{number}")), Accepted)
    assert post.connections == 1


def test_a_connection_is_left_before_the_server_tires_of_it(post: Post, smtp: SmtpProvider) -> None:
    for number in range(MOST_LETTERS + 1):
        smtp.hand_over(a_letter(message_id=f"message-{number}"))
    assert post.connections == 2


def test_an_idle_connection_is_not_used_again(post: Post, smtp: SmtpProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    smtp.hand_over(a_letter())
    monkeypatch.setattr(smtp_session, "IDLE_SECONDS", -1)
    assert isinstance(smtp.hand_over(a_letter()), Accepted)
    assert post.connections == 2


def test_eight_threads_have_eight_connections_at_most(post: Post, office: Office) -> None:
    provider = SmtpProvider(url=f"smtp://127.0.0.1:{office.port}", connections=3, deadline=10)
    letters = [a_letter(message_id=f"message-{number}", to=f"p{number}@example.org") for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(provider.hand_over, letters))
    provider.close()
    assert outcomes == [Accepted(f"<message-{number}@clinic.example>") for number in range(40)]
    arrived = {
        (mail["Message-ID"], mail["To"], *envelope.rcpt_tos)
        for mail, envelope in zip(post.mails, post.envelopes, strict=True)
    }
    assert arrived == {(f"<message-{n}@clinic.example>", f"p{n}@example.org", f"p{n}@example.org") for n in range(40)}
    assert post.connections <= 3


# Encryption and logins


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ours(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def _login(post: Post) -> dict[str, Any]:
    return {"authenticator": post.authenticator, "auth_required": True, "auth_require_tls": False}


def test_mail_goes_encrypted_from_the_start_over_smtps(
    post: Post, open_office: Callable[..., Office], ours: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    office = open_office(tls_at_once=ours, **_login(post))
    provider = SmtpProvider(url=f"smtps://care:s3cret%40%2F@127.0.0.1:{office.port}", deadline=5, context=trusting)
    outcomes = [provider.hand_over(a_letter()), provider.hand_over(a_letter())]
    provider.close()
    assert outcomes == [Accepted("<message-1@clinic.example>")] * 2
    assert post.logins == [LoginPassword(login=b"care", password=b"s3cret@/")]
    assert post.connections == 1


def test_mail_goes_encrypted_after_starttls(
    post: Post, open_office: Callable[..., Office], ours: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    office = open_office(tls_context=ours, require_starttls=True, **_login(post))
    provider = SmtpProvider(url=f"smtp://care:s3cret%40%2F@127.0.0.1:{office.port}", deadline=5, context=trusting)
    outcome = provider.hand_over(a_letter())
    provider.close()
    assert outcome == Accepted("<message-1@clinic.example>")


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_of_nobody_we_know_is_not_trusted(
    scheme: str, post: Post, open_office: Callable[..., Office], ours: ssl.SSLContext
) -> None:
    office = open_office(**{"tls_context" if scheme == "smtp" else "tls_at_once": ours})
    provider = SmtpProvider(url=f"{scheme}://127.0.0.1:{office.port}", deadline=5)
    outcome = provider.hand_over(a_letter())
    assert outcome == NotTaken(Reason.PROVIDER_DOWN, detail="the server's certificate is not to be trusted")
    assert post.envelopes == []


def test_a_server_on_this_machine_may_be_spoken_to_in_the_clear(
    post: Post, open_office: Callable[..., Office], ours: ssl.SSLContext
) -> None:
    provider = SmtpProvider(url=f"smtp://127.0.0.1:{open_office(tls_context=ours).port}?starttls=no", deadline=5)
    outcome = provider.hand_over(a_letter())
    provider.close()
    assert isinstance(outcome, Accepted)


def test_elsewhere_a_server_without_starttls_gets_no_mail(
    post: Post, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = SmtpProvider(url=f"smtp://mail.example.org:{office.port}", deadline=5)
    nearby = socket.getaddrinfo("127.0.0.1", office.port, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: nearby)
    assert provider.hand_over(a_letter()) == NotTaken(Reason.PROVIDER_DOWN, detail="the server offers no encryption")
    assert post.envelopes == []


def test_a_wrong_password_is_about_our_account(post: Post, open_office: Callable[..., Office]) -> None:
    provider = SmtpProvider(url=f"smtp://care:wrong@127.0.0.1:{open_office(**_login(post)).port}", deadline=5)
    outcome = provider.hand_over(a_letter())
    assert outcome == Refused(Fault.ACCOUNT, "535 5.7.8")


def test_a_server_that_wants_a_login_that_we_have_not_is_about_our_account(
    post: Post, open_office: Callable[..., Office]
) -> None:
    provider = SmtpProvider(url=f"smtp://127.0.0.1:{open_office(**_login(post)).port}", deadline=5)
    outcome = provider.hand_over(a_letter())
    provider.close()
    assert outcome == Refused(Fault.ACCOUNT, "530 5.7.0")


def test_a_server_that_takes_no_login_is_about_our_account(office: Office) -> None:
    provider = SmtpProvider(url=f"smtp://care:secret@127.0.0.1:{office.port}", deadline=5)
    assert provider.hand_over(a_letter()) == Refused(Fault.ACCOUNT, "the server takes no login here")


# Addresses of servers


@pytest.mark.parametrize(
    "url",
    [
        "",
        "smtps://",
        "canary",
        "https://user:canary@host",
        "smtps://user@host",
        "smtps://:canary@host",
        "smtps://user:canary@host:port",
        "smtps://user:can/ary@host",
        "smtps://user:can#ary@host",
        "smtps://user:can?ary@host",
        "smtps://user:canary@[host",
        "smtps://user:canary@host:0",
        "smtps://user:canary@host:99999",
        "smtps://user:canary%0A@host",
        "smtps://user:canary%C5%82@host",
        "smtps://user:canary@host/path",
        "smtps://user:canary@host?x=y",
        "smtp://user:canary@mail.example.org?starttls=no",
        "smtps://user:canary@localhost?starttls=no",
        "smtp://user:canary@localhost?starttls=maybe",
    ],
)
def test_an_address_that_is_none_is_said_in_a_line_that_repeats_nothing(url: str) -> None:
    with pytest.raises(ValueError, match=r"write it as|only for a server on this machine") as caught:
        SmtpProvider(url=url)
    assert "canary" not in str(caught.value)
    assert "ary@" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("url", "reaches_people"),
    [
        ("smtps://user:secret@mail.example.org", True),
        ("smtp://user:secret@mail.example.org:587", True),
        ("smtp://192.0.2.1", True),
        ("smtp://localhost:1025", False),
        ("smtp://127.0.0.2", False),
        ("smtp://[::1]:25?starttls=no", False),
    ],
)
def test_a_server_on_this_machine_reaches_nobody(url: str, reaches_people: bool) -> None:
    ability = SmtpProvider(url=url).ability
    assert ability.reaches_people is reaches_people
    assert ability.drops_repeats
    assert ability.may_carry_health_data
    assert not ability.gives_receipts
    assert not ability.keeps_a_list


@pytest.mark.parametrize("bounces", [True, False])
def test_patients_can_answer_where_a_mailbox_is_read(bounces: bool) -> None:
    assert SmtpProvider(url="smtp://localhost", bounces=bounces).ability.is_two_way is bounces


# A server that says what it is told

DOWN, SLOW = Reason.PROVIDER_DOWN, Reason.RATE_LIMITED

VERDICTS: list[tuple[str, str, Outcome]] = [
    ("MAIL", "421 4.3.2 shutting down", NotTaken(DOWN, detail="421 4.3.2")),
    ("MAIL", "421 4.7.28 too many", NotTaken(SLOW, detail="421 4.7.28")),
    ("MAIL", "450 try later", NotTaken(SLOW, detail="450")),
    ("MAIL", "451 local error", NotTaken(DOWN, detail="451")),
    ("MAIL", "452 4.3.1 no room", NotTaken(SLOW, detail="452 4.3.1")),
    ("MAIL", "530 5.7.0 log in", Refused(Fault.ACCOUNT, "530 5.7.0")),
    ("MAIL", "550 5.1.1 care@clinic.example", Refused(Fault.ACCOUNT, "550 5.1.1")),
    ("MAIL", "552 5.3.4 too big", Refused(Fault.CONTENT, "552 5.3.4")),
    ("MAIL", "553 5.7.1 not you", Refused(Fault.ACCOUNT, "553 5.7.1")),
    ("RCPT", "450 4.2.0 greylisted", NotTaken(SLOW, detail="450 4.2.0")),
    ("RCPT", "451 4.7.1 greylisted", NotTaken(SLOW, detail="451 4.7.1")),
    ("RCPT", "421 going", NotTaken(DOWN, detail="421")),
    ("RCPT", "550 5.1.1 canary@example.org unknown", Refused(Fault.ADDRESS, "550 5.1.1", closes=True)),
    ("RCPT", "550-5.1.1 canary@example.org\r\n550 5.1.1 unknown", Refused(Fault.ADDRESS, "550 5.1.1", closes=True)),
    ("RCPT", "550 5.1.2 no such domain", Refused(Fault.ADDRESS, "550 5.1.2", closes=True)),
    ("RCPT", "550 5.1.10 null MX", Refused(Fault.ADDRESS, "550 5.1.10", closes=True)),
    ("RCPT", "556 no mail here", Refused(Fault.ADDRESS, "556", closes=True)),
    ("RCPT", "550 5.2.1 disabled", Refused(Fault.ADDRESS, "550 5.2.1", closes=True)),
    ("RCPT", "550 no", Refused(Fault.ADDRESS, "550")),
    ("RCPT", "550 5.1.0 no", Refused(Fault.ADDRESS, "550 5.1.0")),
    ("RCPT", "550 5.4.1 access denied", Refused(Fault.ADDRESS, "550 5.4.1")),
    ("RCPT", "550 5.5.0 unavailable", Refused(Fault.ADDRESS, "550 5.5.0")),
    ("RCPT", "550 4.1.1 of two minds", Refused(Fault.ADDRESS, "550")),
    ("RCPT", "551 elsewhere", Refused(Fault.ADDRESS, "551")),
    ("RCPT", "553 not allowed", Refused(Fault.ADDRESS, "553")),
    ("RCPT", "501 syntax", Refused(Fault.ADDRESS, "501")),
    ("RCPT", "552 full", NotTaken(SLOW, detail="552")),
    ("RCPT", "552 5.2.2 full", NotTaken(SLOW, detail="552 5.2.2")),
    ("RCPT", "550 5.1.8 sender's domain", Refused(Fault.ACCOUNT, "550 5.1.8")),
    ("RCPT", "550 5.7.1 relay denied", Refused(Fault.ACCOUNT, "550 5.7.1")),
    ("RCPT", "554 5.7.1 listed", Refused(Fault.ACCOUNT, "554 5.7.1")),
    ("RCPT", "503 5.5.1 not now", Refused(Fault.ACCOUNT, "503 5.5.1")),
    ("DATA", "451 4.3.0 no", NotTaken(DOWN, detail="451 4.3.0")),
    ("DATA", "554 5.5.1 no", Refused(Fault.ACCOUNT, "554 5.5.1")),
    ("DATA", "250 what", NotTaken(DOWN, detail="250")),
    (".", "421 4.7.0 busy", NotTaken(SLOW, detail="421 4.7.0")),
    (".", "451 4.3.0 no", NotTaken(DOWN, detail="451 4.3.0")),
    (".", "452 4.3.1 no room", NotTaken(SLOW, detail="452 4.3.1")),
    (".", "550 5.7.1 spam", Refused(Fault.CONTENT, "550 5.7.1")),
    (".", "554 5.7.1 spam", Refused(Fault.CONTENT, "554 5.7.1")),
    (".", "550 5.1.1 unknown after all", Refused(Fault.ADDRESS, "550 5.1.1", closes=True)),
    (".", "552 5.2.2 full after all", NotTaken(SLOW, detail="552 5.2.2")),
    (".", "552 full after all", NotTaken(SLOW, detail="552")),
    (".", "552 5.3.4 too big", Refused(Fault.CONTENT, "552 5.3.4")),
    (".", "354 go on", Unknown("354")),
    (".", "999 what", Unknown("999")),
    (".", "what", Unknown("an answer that makes no sense")),
]


class Scripted:
    """Answers each command with what the script says for its first word, else as a willing server would."""

    def __init__(self, **script: str | Callable[[socket.socket], None]) -> None:
        self.script: dict[str, str | Callable[[socket.socket], None]] = dict(script)
        self.heard: list[str] = []
        self.texts: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        for one in (self._listener, *self._lines):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def hang_up(self) -> None:
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        self.connections += 1
        self._lines.append(line)
        with suppress(OSError), line, line.makefile("rb") as said:
            self._say(line, "GREETING", "220 here")
            for command in said:
                word = command.decode().strip().partition(" ")[0].upper()
                self.heard.append(command.decode().strip())
                self._say(line, word, {"EHLO": "250-here\r\n250 8BITMIME", "DATA": "354 go on"}.get(word, "250 yes"))
                if word == "DATA" and self.script.get("DATA") is None:
                    text = b""
                    while not text.endswith(b"\r\n.\r\n"):
                        text += said.readline() or b"\r\n.\r\n"
                    self.texts.append(text)
                    self._say(line, ".", "250 2.0.0 taken")

    def _say(self, line: socket.socket, word: str, otherwise: str) -> None:
        answer = self.script.get(word, otherwise)
        if callable(answer):
            answer(line)
        else:
            line.sendall(f"{answer}\r\n".encode())


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.close()


@pytest.fixture
def to_scripted(scripted: Scripted) -> Iterator[SmtpProvider]:
    provider = SmtpProvider(url=f"smtp://127.0.0.1:{scripted.port}", deadline=2)
    yield provider
    provider.close()


@pytest.mark.parametrize(("word", "answer", "outcome"), VERDICTS, ids=[f"{one[0]} {one[1][:22]!a}" for one in VERDICTS])
def test_each_answer_means_what_the_table_says(
    word: str, answer: str, outcome: Outcome, scripted: Scripted, to_scripted: SmtpProvider
) -> None:
    scripted.script[word] = answer
    assert to_scripted.hand_over(a_letter()) == outcome


@pytest.mark.parametrize("answer", ["250 ok", "251 will forward", "252 cannot verify"])
def test_a_server_that_takes_a_recipient_may_say_so_in_several_ways(
    answer: str, scripted: Scripted, to_scripted: SmtpProvider
) -> None:
    scripted.script["RCPT"] = answer
    assert isinstance(to_scripted.hand_over(a_letter()), Accepted)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("code", range(400, 600, 7))
def test_no_refusal_is_without_a_verdict(stage: Stage, code: int) -> None:
    for status in [
        b"",
        *(b"%d.%d.%d x" % (code // 100, subject, detail) for subject in range(9) for detail in range(12)),
    ]:
        outcome = verdict(read_reply(code, status), stage)
        assert isinstance(outcome, NotTaken if code < 500 else NotTaken | Refused)


def test_after_a_refusal_the_connection_serves_the_next_letter(scripted: Scripted, to_scripted: SmtpProvider) -> None:
    scripted.script["RCPT"] = "550 5.1.1 unknown"
    assert isinstance(to_scripted.hand_over(a_letter()), Refused)
    del scripted.script["RCPT"]
    assert isinstance(to_scripted.hand_over(a_letter()), Accepted)
    assert scripted.connections == 1
    assert "rset" in scripted.heard


def test_a_server_that_said_goodbye_is_not_spoken_to_on_that_line(
    scripted: Scripted, to_scripted: SmtpProvider
) -> None:
    scripted.script["MAIL"] = "421 4.3.2 closing"
    to_scripted.hand_over(a_letter())
    del scripted.script["MAIL"]
    assert isinstance(to_scripted.hand_over(a_letter()), Accepted)
    assert scripted.connections == 2


@pytest.mark.parametrize("answer", ["421 too old", "502 what is that"])
def test_an_idle_connection_that_is_no_longer_wanted_is_replaced(
    answer: str, scripted: Scripted, to_scripted: SmtpProvider
) -> None:
    to_scripted.hand_over(a_letter())
    scripted.script["RSET"] = answer
    assert isinstance(to_scripted.hand_over(a_letter()), Accepted)
    assert scripted.connections == 2


def test_an_idle_connection_that_was_cut_is_replaced(scripted: Scripted, to_scripted: SmtpProvider) -> None:
    to_scripted.hand_over(a_letter())
    scripted.hang_up()
    assert isinstance(to_scripted.hand_over(a_letter()), Accepted)
    assert scripted.connections == 2


def _hang_up(line: socket.socket) -> None:
    line.shutdown(socket.SHUT_RDWR)


def test_a_line_that_dies_after_the_last_dot_leaves_us_not_knowing(
    scripted: Scripted, to_scripted: SmtpProvider
) -> None:
    scripted.script["."] = _hang_up
    assert to_scripted.hand_over(a_letter()) == Unknown("no answer to the mail")
    assert len(scripted.texts) == 1
    assert scripted.connections == 1


@pytest.mark.parametrize("word", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_line_that_dies_before_the_last_dot_has_taken_nothing(
    word: str, scripted: Scripted, to_scripted: SmtpProvider
) -> None:
    scripted.script[word] = _hang_up
    outcome = to_scripted.hand_over(a_letter())
    assert isinstance(outcome, NotTaken)
    assert outcome.reason is Reason.PROVIDER_DOWN


def test_a_line_that_dies_in_the_middle_of_the_text_has_taken_nothing(scripted: Scripted) -> None:
    def take_a_little(line: socket.socket) -> None:
        line.sendall(b"354 go on\r\n")
        line.recv(1000)
        line.shutdown(socket.SHUT_RDWR)

    scripted.script["DATA"] = take_a_little
    provider = SmtpProvider(url=f"smtp://127.0.0.1:{scripted.port}", deadline=5)
    long = Words(text="words " * 3_000_000, subject="Your visit")
    assert provider.hand_over(a_letter(words=long)) == NotTaken(Reason.PROVIDER_DOWN, detail="the connection broke")


def test_nobody_there_is_not_taken(scripted: Scripted, to_scripted: SmtpProvider) -> None:
    scripted.close()
    assert to_scripted.hand_over(a_letter()) == NotTaken(Reason.PROVIDER_DOWN, detail="no connection")


@pytest.mark.parametrize(
    ("greeting", "reason", "detail"),
    [
        ("554 5.7.1 canary", DOWN, "554 5.7.1"),
        ("421 4.3.2 canary", DOWN, "421 4.3.2"),
        ("421 4.7.0 too many connections", SLOW, "421 4.7.0"),
        ("HTTP/1.1 400 canary", DOWN, "an answer that makes no sense"),
        ("250-" + "x" * 20000, DOWN, "500"),
    ],
)
def test_a_server_that_does_not_want_us_has_taken_nothing(
    greeting: str, reason: Reason, detail: str, scripted: Scripted, to_scripted: SmtpProvider
) -> None:
    scripted.script["GREETING"] = greeting
    assert to_scripted.hand_over(a_letter()) == NotTaken(reason, detail=detail)


def test_a_server_that_talks_without_end_is_left(scripted: Scripted, to_scripted: SmtpProvider) -> None:
    scripted.script["EHLO"] = lambda line: line.sendall(b"250-more\r\n" * 1_000_000)
    assert to_scripted.hand_over(a_letter()) == NotTaken(Reason.PROVIDER_DOWN, detail="no connection")


def _one_letter_at_a_time(line: socket.socket) -> None:
    for _ in range(100):
        line.sendall(b"2")
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("GREETING", NotTaken(DOWN, detail="no connection")),
        ("RCPT", NotTaken(DOWN, detail="the connection broke")),
        (".", Unknown("no answer to the mail")),
    ],
)
@pytest.mark.parametrize("slowly", [_one_letter_at_a_time, lambda line: time.sleep(3)], ids=["trickles", "silent"])
def test_a_slow_server_is_left_at_the_deadline(
    slowly: Callable[[socket.socket], None], word: str, outcome: Outcome, scripted: Scripted
) -> None:
    scripted.script[word] = slowly
    provider = SmtpProvider(url=f"smtp://127.0.0.1:{scripted.port}", deadline=0.5)
    began = time.monotonic()
    assert provider.hand_over(a_letter()) == outcome
    assert time.monotonic() - began < 1.5


def test_a_letter_that_waited_too_long_for_a_connection_was_not_called(scripted: Scripted) -> None:
    scripted.script["MAIL"] = lambda line: time.sleep(2)
    provider = SmtpProvider(url=f"smtp://127.0.0.1:{scripted.port}", deadline=1, connections=1)
    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(provider.hand_over, [a_letter(), a_letter()]))
    assert NotTaken(Reason.NOT_CALLED, detail="all connections were busy") in outcomes


def test_a_server_that_takes_seven_bits_gets_seven(scripted: Scripted, to_scripted: SmtpProvider) -> None:
    scripted.script["EHLO"] = "250 here"
    words = Words(text="Dziękuję,\n.\nSiân", subject="Wizyta", html="<p>Dziękuję</p>")
    assert to_scripted.hand_over(a_letter(words=words)) == Accepted("<message-1@clinic.example>")
    (text,) = scripted.texts
    assert text.isascii()
    mail = _read(text.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n."))
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().split() == words.text.split()
    assert mail["Message-ID"] == "<message-1@clinic.example>"


def test_nothing_in_the_words_ends_the_mail_early(scripted: Scripted, to_scripted: SmtpProvider) -> None:
    smuggled = "Hello\n.\nMAIL FROM:<x@example.org>\r.\rRCPT\r\n.\r\nQUIT\n.\r\nDATA"
    to_scripted.hand_over(a_letter(words=Words(text=smuggled, subject="Your visit")))
    assert [one for one in scripted.heard if "x@example.org" in one] == []
    assert scripted.texts[0].replace(b"\r\n", b"").count(b"\n") == 0
    assert scripted.texts[0].count(b"\r\n.\r\n") == 1


def test_we_greet_with_our_address_and_not_with_this_machines_name(
    scripted: Scripted, to_scripted: SmtpProvider
) -> None:
    to_scripted.hand_over(a_letter())
    assert scripted.heard[0].lower() == "ehlo [127.0.0.1]"


def test_nothing_that_a_server_says_shows_anywhere(
    scripted: Scripted, to_scripted: SmtpProvider, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    outcomes = []
    for word in ("GREETING", "MAIL", "RCPT", "DATA", "."):
        scripted.script = {word: "550 5.7.1 canary@example.org Philippa Canary said a canary sings"}
        outcomes.append(to_scripted.hand_over(replace(a_letter(), message_id="message-2")))
    printed = capfd.readouterr()
    seen = " ".join([repr(outcomes), caplog.text, printed.out, printed.err])
    assert [canary for canary in CANARIES if canary in seen] == []
