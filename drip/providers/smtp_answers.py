"""What a mail server's answer to a letter comes to, and what it means that no connection could be had."""

import re
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TypeAlias

from drip.core.handover import Fault, NotTaken, Outcome, Refused, Unknown
from drip.core.reason import Reason
from drip.providers.inbound_mail import GONE
from drip.providers.smtp_session import NoEncryption


class Stage(StrEnum):
    """What a reply answers."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"
    """The wish to send the text."""
    TEXT = "text"
    """The end of the text: from here on it may have gone."""


Verdict: TypeAlias = Callable[[str], Outcome]

US: Verdict = partial(Refused, Fault.ACCOUNT)
WORDS: Verdict = partial(Refused, Fault.CONTENT)
ADDRESS: Verdict = partial(Refused, Fault.ADDRESS)
NOBODY: Verdict = partial(Refused, Fault.ADDRESS, closes=True)
LATER: Verdict = partial(NotTaken, Reason.RATE_LIMITED, None)
DOWN: Verdict = partial(NotTaken, Reason.PROVIDER_DOWN, None)

# What a permanent refusal (5yz) is about. Asked in this order: the last two numbers of its enhanced code (RFC 3463,
# RFC 5248, RFC 7505), the first of these two, the reply code (RFC 5321 section 4.2, RFC 7504), and where it came.
_BY_STATUS: Mapping[Stage, Mapping[tuple[int, int], Verdict]] = {
    Stage.SENDER: {(2, 3): WORDS, (3, 4): WORDS},
    Stage.RECIPIENT: {
        **dict.fromkeys(GONE, NOBODY),
        (1, 7): US,  # the sender's address
        (1, 8): US,
        (2, 2): LATER,  # a full mailbox
        (2, 3): WORDS,  # too long
        (3, 4): WORDS,
    },
}
_BY_SUBJECT: Mapping[Stage, Mapping[int, Verdict]] = {
    # Policy before a word was read is about us: a relay that wants a login, or a list of senders that we are on.
    Stage.RECIPIENT: {1: ADDRESS, 2: ADDRESS, 4: ADDRESS, 6: WORDS, 7: US},
    Stage.TEXT: {1: ADDRESS, 2: ADDRESS},
}
_BY_CODE: Mapping[Stage, Mapping[int, Verdict]] = {
    # A bare 550 is an unknown mailbox as well as any policy: this address is not closed by it.
    Stage.RECIPIENT: {501: ADDRESS, 550: ADDRESS, 551: ADDRESS, 552: LATER, 553: ADDRESS, 556: NOBODY},
    Stage.TEXT: {552: LATER},
}
_ELSE: Mapping[Stage, Verdict] = {Stage.SENDER: US, Stage.RECIPIENT: US, Stage.DATA: US, Stage.TEXT: WORDS}

_SLOW_DOWN = frozenset({450, 452})
"""For now (4yz): a mailbox or room that is short; 421, 451 and 454 are about the server."""
_POLICY = 7

_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: numbers only, since its words repeat the address."""

    code: int
    status: tuple[int, int] | None = None
    """The last two numbers of the enhanced code."""

    @property
    def kind(self) -> int:
        """2 is yes, 4 not now, 5 never."""
        return self.code // 100

    @property
    def detail(self) -> str:
        """For staff, such as `550 5.1.1`."""
        if self.code < 0:
            return "an answer that makes no sense"
        enhanced = f" {self.kind}.{self.status[0]}.{self.status[1]}" if self.status else ""
        return f"{self.code}{enhanced}"


def read_reply(code: int, words: bytes) -> Reply:
    """A server's answer without its words."""
    enhanced = _ENHANCED.match(words)
    fits = enhanced is not None and int(enhanced[1]) == code // 100
    return Reply(code, (int(enhanced[2]), int(enhanced[3])) if enhanced is not None and fits else None)


def verdict(reply: Reply, stage: Stage) -> Outcome:
    """What a reply that is not yes means for the letter."""
    subject = reply.status[0] if reply.status else None
    if reply.kind == 4:
        busy = reply.code in _SLOW_DOWN or subject == _POLICY or (stage is Stage.RECIPIENT and reply.code != 421)
        return LATER(reply.detail) if busy else DOWN(reply.detail)
    if reply.kind != 5:
        return Unknown(reply.detail) if stage is Stage.TEXT else DOWN(reply.detail)
    of_recipient = Stage.RECIPIENT if stage is Stage.TEXT else stage  # some only look when they have it all
    found = (
        _BY_STATUS.get(of_recipient, {}).get(reply.status or (0, 0))
        or _BY_SUBJECT.get(stage, {}).get(subject or 0)
        or _BY_CODE.get(stage, {}).get(reply.code)
        or _ELSE[stage]
    )
    return found(reply.detail)


def not_connected(trouble: Exception) -> Outcome:
    """Why no connection could be had. Nothing of the letter was said."""
    match trouble:
        case smtplib.SMTPAuthenticationError() if trouble.smtp_code // 100 == 5:
            return US(read_reply(trouble.smtp_code, _bytes(trouble.smtp_error)).detail)
        case smtplib.SMTPNotSupportedError():
            return US("the server takes no login here")
        case smtplib.SMTPResponseException():
            reply = read_reply(trouble.smtp_code, _bytes(trouble.smtp_error))
            return (LATER if reply.kind == 4 and reply.status and reply.status[0] == _POLICY else DOWN)(reply.detail)
        case NoEncryption():
            return DOWN("the server offers no encryption")
        case ssl.SSLCertVerificationError():
            return DOWN("the server's certificate is not to be trusted")
        case _:
            return DOWN("no connection")


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()
