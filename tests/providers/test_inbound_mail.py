"""Mails that come in. Every sample is invented, in the shapes that the named programs write."""

import time
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.core.handover import Fault
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import News, Receipt, Reply
from drip.core.reason import Reason
from drip.core.replies import Word, read_reply
from drip.providers.inbound_mail import MOST_BYTES, read_inbound

OURS = "0123456789abcdef0123456789abcdef"
"""The id of a message of ours."""

PLAIN = "Content-Type: text/plain; charset=utf-8\n"


def a_mail(body: str = "Thank you", *, headers: str = PLAIN, sender: str = "Philippa <philippa@example.org>") -> bytes:
    """A patient's mail, as it lies in a mailbox; say what is different."""
    told = f"From: {sender}\nTo: care@clinic.example\nSubject: Re: Your visit\nMessage-ID: <p1@mail.example.org>\n"
    return f"{told}{headers}\n{body}".replace("\n", "\r\n").encode()


def reply_in(raw: bytes) -> Reply:
    (reply,) = read_inbound(raw, provider="mailbox").replies
    return reply


def words_in(raw: bytes) -> str:
    return reply_in(raw).text


def receipt_in(raw: bytes) -> Receipt:
    (receipt,) = read_inbound(raw, provider="mailbox").receipts
    return receipt


def test_an_ordinary_reply_says_who_wrote_what_about_which_message() -> None:
    raw = a_mail("Thank you.\n", headers=f"{PLAIN}In-Reply-To: <{OURS}@clinic.example>\n")
    assert read_inbound(raw, provider="mailbox") == News(
        replies=(
            Reply(
                provider="mailbox",
                key="<p1@mail.example.org>",
                channel=Channel.EMAIL,
                address="philippa@example.org",
                text="Thank you.",
                answers=OURS,
            ),
        )
    )


def test_nothing_personal_shows_in_the_news() -> None:
    shown = repr(read_inbound(a_mail("It hurts"), provider="mailbox"))
    assert "philippa" not in shown
    assert "hurts" not in shown


# Who wrote


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("Philippa@Example.ORG", "philippa@example.org"),
        ('"Canary, Philippa" <philippa@example.org>', "philippa@example.org"),
        ("=?utf-8?q?Zo=C3=AB?= <zoe@example.org>", "zoe@example.org"),
        ("one@example.org, two@example.org", "one@example.org"),
        ("nobody, two@example.org", "two@example.org"),
        ("Jane <jane@bücher.example>", "jane@xn--bcher-kva.example"),
        ("<<jane@example.org>", "jane@example.org"),
    ],
)
def test_the_address_is_in_lower_case_and_its_domain_in_ascii(sender: str, address: str) -> None:
    assert reply_in(a_mail(sender=sender)).address == address


@pytest.mark.parametrize("sender", ["", "Philippa", "<>", "@", "a@", "@example.org", "(" * 5000])
def test_a_mail_from_nobody_is_no_reply(sender: str) -> None:
    assert read_inbound(a_mail(sender=sender), provider="mailbox") == News()


def test_where_from_names_nobody_the_sender_header_does() -> None:
    assert reply_in(a_mail(sender="Philippa", headers="Sender: p@example.org\n")).address == "p@example.org"


# Its own name


@pytest.mark.parametrize(
    "told", ["", "x" * 300, "<" + "x" * 300 + "@example.org>", "<a b@example.org>", "<é@example.org>"]
)
def test_a_mail_without_a_usable_name_is_known_by_all_of_itself(told: str) -> None:
    raw = a_mail().replace(b"<p1@mail.example.org>", told.encode())
    assert len(reply_in(raw).key) == 64
    assert reply_in(raw).key == reply_in(raw).key
    assert reply_in(raw).key != reply_in(raw + b"!").key


# Which message it answers


@pytest.mark.parametrize(
    ("headers", "answers"),
    [
        (f"In-Reply-To: <{OURS}@clinic.example>", OURS),
        (f"References: <{'a' * 32}@clinic.example> <x@example.org> <{OURS}@clinic.example>", OURS),
        (f"In-Reply-To: <x@example.org>\nReferences: <{OURS}@clinic.example>\n <x@example.org>", OURS),
        ("In-Reply-To: <x@example.org>", None),
        (f"In-Reply-To: <{OURS}0@clinic.example>", None),
        (f"In-Reply-To: <{OURS.upper()}@clinic.example>", None),
        ("X-Other: y", None),
    ],
)
def test_the_message_that_it_answers_is_seen_in_its_thread(headers: str, answers: str | None) -> None:
    assert reply_in(a_mail(headers=headers + "\n")).answers == answers


# What they wrote themselves

GMAIL = """STOP

On Thu, 11 Jun 2026 at 09:00, ProHealth Clinic <care@clinic.example> wrote:

> Hello Philippa,
>
> your visit is on Friday.
>
"""
GMAIL_BROKEN = """STOP

On Thu, 11 Jun 2026 at 09:00, ProHealth Clinic, Physiotherapy and Sports Medicine <
care@clinic.example>
wrote:

> Hello
"""
GMAIL_WELSH = """STOP

Ar Iau, 11 Meh 2026 am 09:00 ProHealth Clinic <care@clinic.example>
ysgrifennodd:

> Helo Philippa,
"""
GMAIL_POLISH = """STOP

czw., 11 cze 2026 o 09:00 ProHealth Clinic <care@clinic.example> napisał(a):

> Dzień dobry
"""
APPLE = """STOP

Sent from my iPhone

> On 11 Jun 2026, at 09:00, ProHealth Clinic <care@clinic.example> wrote:
>\N{NO-BREAK SPACE}
> \N{OBJECT REPLACEMENT CHARACTER}Hello Philippa,
"""
APPLE_POLISH = """STOP

Wysłane z iPhone\N{RIGHT SINGLE QUOTATION MARK}a

> Wiadomość napisana przez ProHealth <care@clinic.example> w dniu 11.06.2026, o godz. 09:00:
> Dzień dobry
"""
APPLE_WELSH = """STOP

Anfonwyd o fy iPhone

Ar 11 Meh 2026, am 09:00, ysgrifennodd ProHealth Clinic <care@clinic.example>:

Helo Philippa,
"""
OUTLOOK = """STOP

Get Outlook for iOS<https://aka.ms/o0ukef>
________________________________
From: ProHealth Clinic <care@clinic.example>
Sent: Thursday, June 11, 2026 9:00:00 AM
To: Philippa <philippa@example.org>
Subject: Your visit

Hello Philippa,
"""
OUTLOOK_POLISH = """STOP

________________________________
Od: ProHealth Clinic <care@clinic.example>
Wysłane: czwartek, 11 czerwca 2026 09:00
Do: Philippa <philippa@example.org>
Temat: Wizyta

Dzień dobry,
"""
OUTLOOK_WELSH = """STOP

Oddi wrth: ProHealth Clinic <care@clinic.example>
Anfonwyd: 11 Mehefin 2026 09:00
At: Philippa <philippa@example.org>
Pwnc: Eich ymweliad

Helo,
"""
OUTLOOK_OLD = """STOP

-----Original Message-----
From: ProHealth Clinic

Hello
"""
THUNDERBIRD_POLISH = """STOP

W dniu 11.06.2026 o\N{NO-BREAK SPACE}09:00, ProHealth Clinic pisze:
> Dzień dobry
"""
BELOW = """On 11/06/2026 09:00, ProHealth Clinic wrote:
> Hello Philippa,
> your visit is on Friday.

STOP

--\N{SPACE}
Philippa Canary
1 The Street
"""
SIGNED = """STOP
--\N{SPACE}
Philippa Canary
"""
FORWARDED = """STOP

---------- Forwarded message ---------
From: ProHealth
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(GMAIL, id="gmail"),
        pytest.param(GMAIL_BROKEN, id="gmail, in several lines"),
        pytest.param(GMAIL_WELSH, id="gmail, Welsh"),
        pytest.param(GMAIL_POLISH, id="gmail, Polish"),
        pytest.param(APPLE, id="apple"),
        pytest.param(APPLE_POLISH, id="apple, Polish"),
        pytest.param(APPLE_WELSH, id="apple, Welsh"),
        pytest.param(OUTLOOK, id="outlook"),
        pytest.param(OUTLOOK_POLISH, id="outlook, Polish"),
        pytest.param(OUTLOOK_WELSH, id="outlook, Welsh"),
        pytest.param(OUTLOOK_OLD, id="outlook, old"),
        pytest.param(THUNDERBIRD_POLISH, id="thunderbird, Polish"),
        pytest.param(BELOW, id="written below"),
        pytest.param(SIGNED, id="signed"),
        pytest.param(FORWARDED, id="forwarded"),
        pytest.param("STOP\n", id="alone"),
        pytest.param("  stop.\n\n\n", id="with space around it"),
    ],
)
def test_a_stop_is_a_stop_whatever_the_mail_program_puts_around_it(body: str) -> None:
    assert read_reply(words_in(a_mail(body))) is Word.STOP


def test_words_between_the_lines_of_the_history_are_kept() -> None:
    body = "On 11 June 2026 the clinic wrote:\n> Does it hurt?\nYes, at night.\n> Do you sleep?\nNo.\n"
    assert words_in(a_mail(body)) == "Yes, at night.\nNo."


@pytest.mark.parametrize(
    "body",
    [
        "On Monday I saw Dr Jones.\nHe wrote: rest.",
        "From: Monday\nI am away",
        "I asked my GP and he wrote:\nrest for 2 weeks",
        "At: the door",
        "3 > 2",
        "-- 5 out of 10",
        "Sent from the GP to you",
    ],
)
def test_words_that_only_look_like_history_are_kept(body: str) -> None:
    assert words_in(a_mail("Hello,\n" + body + "\nThank you")) == f"Hello,\n{body}\nThank you"


def test_an_empty_mail_says_what_its_subject_says() -> None:
    raw = a_mail("\n> Hello\n").replace(b"Re: Your visit", b"=?utf-8?q?STOP?=")
    assert words_in(raw) == "STOP"


def test_a_mail_of_nothing_but_history_and_no_subject_is_kept_whole() -> None:
    assert words_in(a_mail("> Hello\n> you\n").replace(b"Re: Your visit", b"")) == "> Hello\n> you"


def test_a_reply_is_cut_at_five_thousand_characters() -> None:
    assert len(words_in(a_mail("very long " * 1000))) == 4999


def test_nothing_that_cannot_be_stored_is_left_in_the_words() -> None:
    raw = a_mail("a\0b\x1bc\td", headers="Content-Type: text/plain; charset=us-ascii\n")
    assert words_in(raw) == "abc\td"


# How it is written down


def _made(text: str, charset: str, encoding: str) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["Subject"], mail["Message-ID"] = "p@example.org", "Odp: Wizyta", "<p2@example.org>"
    mail.set_content(text, charset=charset, cte=encoding)
    return mail.as_bytes()


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-2", "windows-1250"])
def test_polish_words_arrive_as_they_were_written(charset: str, encoding: str) -> None:
    text = "Dziękuję, boli mniej. Zażółć gęślą jaźń"
    assert words_in(_made(text, charset, encoding)) == text


@pytest.mark.parametrize("charset", ["no-such", "punycode", "hex", "unicode_escape", "", "x" * 5000, "utf-16"])
def test_words_in_an_unknown_writing_are_read_as_they_most_probably_are(charset: str) -> None:
    raw = a_mail(
        "Sut mae, Siân?", headers=f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n"
    )
    assert words_in(raw) == "Sut mae, Siân?"


def test_words_in_no_writing_at_all_are_read_as_windows_would() -> None:
    assert (
        words_in(a_mail("x", headers="").replace(b"x", b"Si\xe2n", 1).replace(b"\r\n\r\nx", b"\r\n\r\nSi\xe2n"))
        == "Siân"
    )


OUTLOOK_HTML = """<html><head><style>p {color: red}</style><title>no</title></head><body>
<!-- <p>not this</p> -->
<div>Mae&#39;n brifo.&nbsp;<b>Diolch</b></div><div><br></div>
<hr><div id="divRplyFwdMsg"><b>From:</b> ProHealth &lt;care@clinic.example&gt;<br>
<b>Sent:</b> Thursday<br><b>To:</b> Philippa<br><b>Subject:</b> Your visit</div><p>Hello Philippa</p></body></html>
"""
GMAIL_HTML = """<div dir="ltr">STOP</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Thu,
11 Jun 2026 at 09:00, ProHealth &lt;<a href="mailto:care@clinic.example">care@clinic.example</a>&gt; wrote:<br></div>
<blockquote class="gmail_quote"><p>Hello Philippa</p></blockquote></div>
"""


@pytest.mark.parametrize(
    ("html", "words"),
    [
        (OUTLOOK_HTML, "Mae'n brifo. Diolch"),
        (GMAIL_HTML, "STOP"),
        ("<blockquote>Hello</blockquote><p>STOP</p>", "STOP"),
        ("<p>1 &lt; 2", "1 < 2"),
        ("STOP", "STOP"),
        ("<script>alert(1)</script>STOP<!-- never closed", "STOP"),
    ],
    ids=["outlook", "gmail", "below", "signs", "bare", "hostile"],
)
def test_a_mail_without_plain_words_is_read_from_its_page(html: str, words: str) -> None:
    assert words_in(a_mail(html, headers="Content-Type: text/html; charset=utf-8\n")) == words


def _with_parts(kind: str, *parts: tuple[str, str]) -> bytes:
    body = "".join(f"--x\nContent-Type: {headers}\n\n{words}\n" for headers, words in parts)
    return a_mail(body + "--x--\n", headers=f'MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="x"\n')


def test_of_two_versions_the_plain_one_is_read() -> None:
    assert words_in(_with_parts("alternative", ("text/plain", "plain"), ("text/html", "<p>page"))) == "plain"


def test_an_empty_plain_version_gives_way_to_the_page() -> None:
    assert words_in(_with_parts("alternative", ("text/plain", " \n"), ("text/html", "<p>page"))) == "page"


def test_words_around_a_picture_are_read_together() -> None:
    raw = _with_parts("mixed", ("text/plain", "here"), ("image/png", "xx"), ("text/plain", "and there"))
    assert words_in(raw) == "here\nand there"


def test_what_is_attached_is_not_what_they_wrote() -> None:
    attached = "text/plain\nContent-Disposition: attachment; filename=letter.txt"
    raw = _with_parts("mixed", ("text/plain", "here"), (attached, "a letter"), ("message/rfc822", PLAIN + "\nold mail"))
    assert words_in(raw) == "here"


# What no patient wrote


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (out of office)",
        "Auto-Submitted: Auto-Replied; owner=x",
        "X-Autoreply: yes",
        "X-Autorespond: Away",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "Precedence: junk",
        "Return-Path: <>",
    ],
)
def test_an_automatic_answer_is_no_reply(header: str) -> None:
    assert read_inbound(a_mail("STOP", headers=header + "\n"), provider="mailbox") == News()


@pytest.mark.parametrize(
    "header", ["Auto-Submitted: no", "Auto-Submitted: No (by hand)", "Precedence: list", "Return-Path: <p@example.org>"]
)
def test_a_mail_that_says_a_person_wrote_it_is_a_reply(header: str) -> None:
    assert words_in(a_mail("STOP", headers=header + "\n")) == "STOP"


def test_a_read_receipt_is_no_reply() -> None:
    raw = _with_parts("report; report-type=disposition-notification", ("text/plain", "read"))
    assert read_inbound(raw, provider="mailbox") == News()


# Bounces


def a_bounce(
    *,
    status: str = "5.1.1",
    action: str = "failed",
    diagnostic: str = "smtp; 550 5.1.1 <philippa@example.org>: no such user",
    returned: str = f"text/rfc822-headers\n\nFrom: care@clinic.example\nMessage-ID: <{OURS}@clinic.example>\n",
) -> bytes:
    """As Postfix writes them; say what is different."""
    return f"""Return-Path: <>
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: care@clinic.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="A1B2.1/mail.example.org"
Message-Id: <20260611.A1B2@mail.example.org>

--A1B2.1/mail.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you.

--A1B2.1/mail.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org
X-Postfix-Queue-ID: A1B2
Arrival-Date: Thu, 11 Jun 2026 09:00:00 +0100 (BST)

Final-Recipient: rfc822; Philippa@example.org
Original-Recipient: rfc822;philippa@example.org
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: {diagnostic}

--A1B2.1/mail.example.org
Content-Description: Undelivered Message Headers
Content-Type: {returned}

--A1B2.1/mail.example.org--
""".replace("\n", "\r\n").encode()


EXCHANGE = f"""From: Microsoft Outlook <postmaster@example.org>
To: care@clinic.example
Subject: Undeliverable: Your visit
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="e7"
X-MS-Exchange-Message-Is-Ndr:
MIME-Version: 1.0
Message-ID: <ndr1@prod.example.org>

--e7
Content-Type: multipart/alternative; differences=Content-Type; boundary="e8"

--e8
Content-Type: text/plain; charset="us-ascii"

Your message couldn't be delivered.

--e8
Content-Type: text/html; charset="us-ascii"

<p>Your message couldn't be delivered.</p>

--e8--

--e7
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01.prod.example.org
Received-From-MTA: dns;mail.clinic.example
Arrival-Date: Thu, 11 Jun 2026 08:00:00 +0000

Final-Recipient: rfc822;philippa@example.org
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup

--e7
Content-Type: message/rfc822

Received: from mail.clinic.example
From: ProHealth <care@clinic.example>
Message-ID: <{OURS}@clinic.example>
Content-Type: text/plain

Hello Philippa

--e7--
""".encode()


def test_a_bounce_from_postfix_says_which_mail_came_back_and_why() -> None:
    receipt = receipt_in(a_bounce())
    assert (receipt.provider, receipt.says, receipt.fault, receipt.code) == (
        "mailbox",
        State.UNDELIVERED,
        Fault.ADDRESS,
        "5.1.1",
    )
    assert receipt.provider_ref == f"<{OURS}@clinic.example>"
    assert receipt.address == "philippa@example.org"
    assert receipt.closes is Reason.BOUNCED
    assert len(receipt.key) <= 120
    assert "philippa" not in repr(receipt)


def test_a_bounce_from_exchange_says_the_same() -> None:
    receipt = receipt_in(EXCHANGE)
    assert (receipt.code, receipt.closes, receipt.address) == ("5.1.10", Reason.BOUNCED, "philippa@example.org")
    assert receipt.provider_ref == f"<{OURS}@clinic.example>"


@pytest.mark.parametrize(
    ("status", "fault", "closes"),
    [
        ("5.1.1", Fault.ADDRESS, True),
        ("5.1.2", Fault.ADDRESS, True),
        ("5.2.1", Fault.ADDRESS, True),
        ("5.1.0", Fault.ADDRESS, False),
        ("5.2.2", Fault.ADDRESS, False),
        ("5.4.4", Fault.ADDRESS, False),
        ("4.4.7", Fault.ADDRESS, False),
        ("4.1.1", Fault.ADDRESS, False),
        ("5.7.1", Fault.CONTENT, False),
        ("5.6.0", Fault.CONTENT, False),
        ("5.1.8", Fault.ACCOUNT, False),
    ],
)
def test_an_address_is_closed_only_by_a_bounce_that_says_there_is_none(status: str, fault: Fault, closes: bool) -> None:
    receipt = receipt_in(a_bounce(status=status, diagnostic="smtp; no"))
    assert (receipt.fault, receipt.closes is Reason.BOUNCED, receipt.code) == (fault, closes, status)


def test_where_the_status_says_nothing_the_receiving_servers_answer_counts() -> None:
    assert receipt_in(a_bounce(status="5.0.0")).code == "5.1.1"


@pytest.mark.parametrize("status", ["", "nonsense", "5", "9.1.1", "5.1.1234", "philippa@example.org"])
def test_a_bounce_without_a_status_closes_nothing(status: str) -> None:
    receipt = receipt_in(a_bounce(status=status, diagnostic="x"))
    assert (receipt.code, receipt.closes, receipt.fault) == ("", None, Fault.ADDRESS)


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded", ""])
def test_only_a_final_failure_is_a_bounce(action: str) -> None:
    assert read_inbound(a_bounce(action=action), provider="mailbox") == News()


@pytest.mark.parametrize("returned", ["text/rfc822-headers\n\nFrom: x\n", "text/plain\n\nMessage-ID: <a@b>\n"])
def test_a_bounce_that_does_not_name_our_mail_is_not_believed(returned: str) -> None:
    assert read_inbound(a_bounce(returned=returned), provider="mailbox") == News()


def test_the_same_bounce_twice_has_the_same_key() -> None:
    assert receipt_in(a_bounce()).key == receipt_in(a_bounce()).key


# Hostile mails


@given(st.binary(max_size=3000))
def test_reading_never_fails_whatever_the_bytes(raw: bytes) -> None:
    read_inbound(raw, provider="mailbox")


_SHAPES = b"""From: a@example.org|Content-Type: |multipart/report|text/html|;| boundary=x|--x|--x--
| charset*=punycode''%41|message/delivery-status|message/rfc822
|Action: failed|Message-ID: <a@b>|Subject: =?utf-8?b?////?=|base64|x-uuencode
|Content-Transfer-Encoding: |begin 666 x|On 1 x wrote:|> |<!--|<blockquote>|&#xD800;|((((|"|References: <|text/plain
|multipart/mixed|From: =?x?q?|=?=|Content-Disposition: """
_PIECES = st.sampled_from([*_SHAPES.split(b"|"), b"\r\n", b"\n", b"\xff\xfe", b"\0", b"\x80@\x80"])


@given(st.lists(_PIECES, max_size=60).map(b"".join))
def test_reading_never_fails_whatever_the_shape(raw: bytes) -> None:
    for reply in read_inbound(raw, provider="mailbox").replies:
        f"{reply.key}{reply.address}{reply.text}".encode()
        assert "\0" not in reply.text


def _nested(depth: int) -> bytes:
    layers = [f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth)]
    return a_mail("\n\nSTOP\n", headers="".join(layers))


def test_a_mail_nested_beyond_reason_still_is_a_reply() -> None:
    reply = reply_in(_nested(5000))
    assert (reply.address, reply.text) == ("philippa@example.org", "Re: Your visit")


HOSTILE = {
    "open comments": ("text/html", b"<!--"),
    "open tags": ("text/html", b"<a "),
    "quotes in a page": ("text/html", b"<blockquote>x"),
    "parts": ("multipart/mixed; boundary=b", b"--b\r\n\r\nx\r\n"),
    "parts with long headers": (
        "multipart/mixed; boundary=b",
        b"--b\r\nContent-Type: text/plain;" + b" a*0*=b;" * 440 + b"\r\n\r\n",
    ),
    "announcements": ("text/plain", b"On 1 wrote\n"),
    "headers": ("text/plain\r\nFrom: " + "a," * 1900, b"x"),
    "blocks": (
        "multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status",
        b"Action: failed\r\n\r\n",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_mail_costs_little_time(kind: str) -> None:
    content_type, piece = HOSTILE[kind]
    raw = a_mail("", headers=f"Content-Type: {content_type}\n") + piece * (MOST_BYTES // len(piece))
    began = time.process_time()
    read_inbound(raw, provider="mailbox")
    assert time.process_time() - began < 5


def test_only_the_first_megabyte_is_read() -> None:
    assert words_in(a_mail("STOP\n-- \n") + b"x" * 3 * MOST_BYTES) == "STOP"
