"""A mailbox over IMAP, against a small server on this machine that says what a test tells it to."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import trustme

from drip.providers.mailbox import MOST_OF_A_MAIL, Fetched, Mailbox, MailboxAway

SECRETS = ("patients", "p@ss", "w\\ord", "127.0.0.1", "canary")


class ImapServer:
    """One mailbox. Speaks as much IMAP as a mailbox needs, one thread per connection; `says` replaces an answer."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.mails: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.asked: list[str] = []
        self.validity = 7
        self.forgets = False
        self.says: dict[str, Callable[[socket.socket, str], bool]] = {}
        self.connections = 0
        self._context = context
        self._lines: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def add(self, uid: int, text: str) -> None:
        self.mails[uid] = f"From: p{uid}@example.org\r\nMessage-ID: <{uid}@example.org>\r\n\r\n{text}".encode()

    def commands(self, word: str) -> list[str]:
        return [one for one in self.asked if one.upper().startswith(word)]

    def hang_up(self) -> None:
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError, ValueError), line:
            if self._context is not None:
                line = self._context.wrap_socket(line, server_side=True)
            self.connections += 1
            self._lines.append(line)
            if not self._replaced(line, "GREETING", ""):
                line.sendall(b"* OK ready\r\n")
            with line, line.makefile("rb") as asked:
                for command in asked:
                    tag, _, rest = command.decode().strip().partition(" ")
                    self.asked.append(rest)
                    word = rest.upper().removeprefix("UID ").split(" ")[0]
                    if not self._replaced(line, word, tag):
                        line.sendall(self._answer(word, rest) + f"{tag} OK done\r\n".encode())

    def _replaced(self, line: socket.socket, word: str, tag: str) -> bool:
        return word in self.says and self.says[word](line, tag)

    def _answer(self, word: str, rest: str) -> bytes:
        match word:
            case "CAPABILITY":
                return b"* CAPABILITY IMAP4rev1\r\n"
            case "SELECT":
                return f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.validity}] new\r\n".encode()
            case "SEARCH":
                unread = " ".join(str(uid) for uid in sorted(self.mails) if uid not in self.seen)
                return f"* SEARCH {unread}\r\n".encode()
            case "FETCH":
                return self._mail(int(rest.split(" ")[2]), rest)
            case "STORE":
                marked = {int(uid) for uid in rest.split(" ")[2].split(",")}
                self.seen |= set() if self.forgets else marked
        return b""

    def _mail(self, uid: int, rest: str) -> bytes:
        most = re.search(r"<0\.(\d+)>", rest)
        assert most is not None
        raw = self.mails.get(uid, b"")[: int(most[1])]
        if not raw:
            return b""
        head = f"* 1 (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n".encode()
        return b"* 9 FETCH (FLAGS (\\Seen))\r\n" + head.replace(b"* 1 (", b"* 1 FETCH (") + raw + b")\r\n"


@pytest.fixture
def server() -> Iterator[ImapServer]:
    server = ImapServer()
    yield server
    server.close()


def an_address(port: int, *, scheme: str = "imap", folder: str = "") -> str:
    return f"{scheme}://patients:p%40ss%20%22w%5Cord@127.0.0.1:{port}/{folder}"


@pytest.fixture
def mailbox(server: ImapServer) -> Iterator[Mailbox]:
    mailbox = Mailbox(an_address(server.port), deadline=5)
    yield mailbox
    mailbox.close()


def say(*words: bytes) -> Callable[[socket.socket, str], bool]:
    """Answers with these words; `TAG` stands for the command's."""

    def answer(line: socket.socket, tag: str) -> bool:
        line.sendall(b"".join(words).replace(b"TAG", tag.encode()))
        return True

    return answer


def texts(fetched: list[Fetched]) -> list[bytes]:
    return [one.raw.partition(b"\r\n\r\n")[2] for one in fetched]


def test_unread_mails_are_fetched_oldest_first(server: ImapServer, mailbox: Mailbox) -> None:
    server.add(12, "later")
    server.add(3, "first")
    assert texts(mailbox.fetch()) == [b"first", b"later"]


def test_what_they_say_is_news(server: ImapServer, mailbox: Mailbox) -> None:
    server.add(1, "STOP")
    server.add(2, "Thank you")
    news = mailbox.news(mailbox.fetch())
    assert [(one.provider, one.key, one.address, one.text) for one in news.replies] == [
        ("mailbox", "<1@example.org>", "p1@example.org", "STOP"),
        ("mailbox", "<2@example.org>", "p2@example.org", "Thank you"),
    ]


def test_an_empty_mailbox_has_nothing_to_say(mailbox: Mailbox) -> None:
    assert mailbox.fetch() == []


def test_looking_at_a_mail_does_not_mark_it_as_read(server: ImapServer, mailbox: Mailbox) -> None:
    server.add(1, "STOP")
    assert mailbox.fetch() == mailbox.fetch()
    assert server.seen == set()
    assert all("PEEK" in one for one in server.commands("UID FETCH"))


def test_a_mail_that_is_done_with_is_not_fetched_again(server: ImapServer, mailbox: Mailbox) -> None:
    server.add(1, "STOP")
    mailbox.done([one.uid for one in mailbox.fetch()])
    assert server.seen == {1}
    assert mailbox.fetch() == []


def test_a_mail_is_fetched_again_after_a_crash_before_it_was_done_with(server: ImapServer, mailbox: Mailbox) -> None:
    server.add(1, "STOP")
    mailbox.fetch()
    after_the_crash = Mailbox(an_address(server.port), deadline=5)
    assert texts(after_the_crash.fetch()) == [b"STOP"]
    after_the_crash.close()


def test_a_server_that_forgets_what_was_read_is_not_asked_for_it_for_ever(server: ImapServer, mailbox: Mailbox) -> None:
    server.forgets = True
    server.add(1, "STOP")
    mailbox.done([one.uid for one in mailbox.fetch()])
    assert mailbox.fetch() == []


def test_marking_survives_a_connection_that_was_lost_meanwhile(server: ImapServer, mailbox: Mailbox) -> None:
    server.add(1, "STOP")
    fetched = mailbox.fetch()
    server.hang_up()
    mailbox.done([one.uid for one in fetched])
    assert server.seen == {1}
    assert server.connections == 2


def test_a_mailbox_made_anew_under_the_same_name_keeps_its_mails_unread(server: ImapServer, mailbox: Mailbox) -> None:
    server.add(1, "STOP")
    fetched = mailbox.fetch()
    server.validity = 8
    server.hang_up()
    mailbox.done([one.uid for one in fetched])
    assert server.seen == set()


def test_marking_nothing_asks_nobody(server: ImapServer, mailbox: Mailbox) -> None:
    mailbox.done([])
    assert server.connections == 0


def test_no_more_than_the_limit_is_fetched_at_once(server: ImapServer, mailbox: Mailbox) -> None:
    for uid in range(1, 8):
        server.add(uid, str(uid))
    assert texts(mailbox.fetch(limit=3)) == [b"1", b"2", b"3"]


def test_of_a_very_long_mail_the_beginning_is_fetched(server: ImapServer, mailbox: Mailbox) -> None:
    server.add(1, "STOP\r\n-- \r\n" + "x" * (MOST_OF_A_MAIL + 10))
    fetched = mailbox.fetch()
    assert len(fetched[0].raw) == MOST_OF_A_MAIL
    assert mailbox.news(fetched).replies[0].text == "STOP"


def test_a_mail_that_has_gone_meanwhile_is_passed_over(server: ImapServer, mailbox: Mailbox) -> None:
    server.add(1, "gone")
    server.add(2, "here")
    server.mails[1] = b""
    assert texts(mailbox.fetch()) == [b"here"]


def test_mails_that_came_before_the_trouble_are_kept(server: ImapServer, mailbox: Mailbox) -> None:
    server.add(1, "first")
    server.add(2, "second")
    server.says["FETCH"] = lambda line, tag: (
        len(server.commands("UID FETCH")) == 2 and say(b"TAG BAD no\r\n")(line, tag)
    )
    assert texts(mailbox.fetch()) == [b"first"]


def test_user_password_and_folder_arrive_as_they_were_meant(server: ImapServer) -> None:
    mailbox = Mailbox(an_address(server.port, folder="Replies%20%22here%22"), deadline=5)
    mailbox.fetch()
    mailbox.close()
    assert server.commands("LOGIN") == ['LOGIN "patients" "p@ss \\"w\\\\ord"']
    assert server.commands("SELECT") == ['SELECT "Replies \\"here\\""']


def test_without_a_folder_it_is_the_inbox(server: ImapServer, mailbox: Mailbox) -> None:
    mailbox.fetch()
    assert server.commands("SELECT") == ['SELECT "INBOX"']


def test_a_real_mailbox_speaks_tls() -> None:
    authority, ours = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(ours)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    server = ImapServer(ours)
    server.add(1, "STOP")
    mailbox = Mailbox(an_address(server.port, scheme="imaps"), deadline=5, context=trusting)
    assert texts(mailbox.fetch()) == [b"STOP"]
    mailbox.close()
    stranger = Mailbox(an_address(server.port, scheme="imaps"), deadline=5)
    with pytest.raises(MailboxAway, match="certificate"):
        stranger.fetch()
    server.close()


# Trouble

TROUBLE = {
    "login": ("LOGIN", say(b"TAG NO no such user patients canary\r\n"), "the login was refused"),
    "no folder": ("SELECT", say(b"TAG NO canary\r\n"), "there is no such folder"),
    "read only": (
        "SELECT",
        say(b"* OK [READ-ONLY] x\r\nTAG OK [READ-ONLY] x\r\n"),
        "nothing can be marked in this folder",
    ),
    "no search": ("SEARCH", say(b"TAG NO canary\r\n"), "the server would not"),
    "no fetch": ("FETCH", say(b"TAG BAD canary\r\n"), "the server would not"),
    "busy": ("GREETING", say(b"* BYE canary\r\n"), "an answer that makes no sense"),
    "not imap": ("GREETING", say(b"HTTP/1.1 400 canary\r\n"), "no connection"),
    "binary": ("SEARCH", say(b"\xff\xfe\0\r\n"), "no connection"),
    "goodbye": ("SEARCH", say(b"* BYE canary\r\n"), None),
    "too much": ("FETCH", say(b"* 1 FETCH (UID 1 BODY[]<0> {99999999999}\r\n"), "no connection"),
    "endless": ("SEARCH", say(b"* SEARCH" + b" 1" * 3_000_000), "no connection"),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_whatever_a_server_says_is_at_worst_a_mailbox_away(trouble: str, server: ImapServer) -> None:
    word, answer, kind = TROUBLE[trouble]
    server.add(1, "STOP")
    server.says[word] = answer
    mailbox = Mailbox(an_address(server.port), deadline=1)
    with pytest.raises(MailboxAway) as caught:
        mailbox.fetch()
    assert kind is None or caught.value.kind == kind
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert [secret for secret in SECRETS if secret in f"{caught.value!r} {mailbox!r}"] == []
    server.says.clear()
    assert texts(mailbox.fetch()) == [b"STOP"]
    mailbox.close()


def test_nobody_there_is_a_mailbox_away(server: ImapServer, mailbox: Mailbox) -> None:
    server.close()
    with pytest.raises(MailboxAway, match="no connection"):
        mailbox.fetch()


def test_a_server_that_says_a_letter_at_a_time_is_left_at_the_deadline(server: ImapServer) -> None:
    def trickle(line: socket.socket, tag: str) -> bool:
        for _ in range(100):
            line.sendall(b"*")
            time.sleep(0.05)
        return True

    server.says["SEARCH"] = trickle
    mailbox = Mailbox(an_address(server.port), deadline=0.5)
    began = time.monotonic()
    with pytest.raises(MailboxAway, match="no answer in time"):
        mailbox.fetch()
    assert time.monotonic() - began < 2
    mailbox.close()


def test_closing_twice_is_closing(server: ImapServer, mailbox: Mailbox) -> None:
    mailbox.fetch()
    mailbox.close()
    mailbox.close()


def test_nothing_personal_shows(server: ImapServer, mailbox: Mailbox) -> None:
    server.add(1, "canary")
    assert "canary" not in repr(mailbox.fetch())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "imaps://",
        "imaps://host",
        "imaps://canary@host",
        "imaps://:canary@host",
        "imaps://user:canary@host:port",
        "imaps://user:can/ary@host",
        "imaps://user:can#ary@host",
        "imaps://user:canary@host:0",
        "imaps://user:canary@host?x=y",
        "imaps://user:canary%0d%0a@host",
        "imaps://user:canary%C5%82@host",
        "imaps://user:canary@[host",
        "imap://user:canary@mail.example.org",
        "https://user:canary@host",
        "canary",
    ],
)
def test_an_address_that_is_none_is_said_in_a_line_that_repeats_nothing(url: str) -> None:
    with pytest.raises(ValueError, match="imap") as caught:
        Mailbox(url)
    assert "canary" not in str(caught.value)
    assert "\n" not in str(caught.value)
