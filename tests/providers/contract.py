"""What every provider must keep. A provider's test subclasses `ProviderContract` and says how to build it."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from drip.core.evidence import Lost, judge
from drip.core.handover import Accepted, Evidence, Fault, NotTaken, Refused, Unknown
from drip.core.letter import Letter, Words
from drip.core.model import Channel
from drip.core.news import Callback
from drip.providers.provider import Provider

NINE = datetime(2026, 6, 11, 8, 0, tzinfo=UTC)
"""09:00 in London."""

CANARIES = ("Philippa Canary", "canary@example.org", "+447700900199", "a canary sings")


def a_letter(**unusual: object) -> Letter:
    """An email to a patient; say what is different."""
    ordinary: dict[str, object] = {
        "message_id": "message-1",
        "attempt_id": "attempt-1",
        "channel": Channel.EMAIL,
        "to": "canary@example.org",
        "words": Words(text="Hello Philippa Canary,\na canary sings.", subject="Your visit", html="<p>Hello</p>"),
        "sender_name": "ProHealth Clinic",
        "sender": "care@clinic.example",
        "handed_at": NINE,
    }
    return Letter(**(ordinary | unusual))  # type: ignore[arg-type]


def a_text(**unusual: object) -> Letter:
    """A text message to a patient; say what is different."""
    ordinary: dict[str, object] = {
        "channel": Channel.SMS,
        "to": "+447700900199",
        "words": Words(text="Philippa Canary: a canary sings."),
        "sender": "ProHealth",
    }
    return a_letter(**(ordinary | unusual))


def evidence(provider: Provider, letter: Letter) -> tuple[Evidence, str | None]:
    """What the provider's own records come to for this letter."""
    lost = Lost(attempt_id=letter.attempt_id, started_at=letter.handed_at, to=letter.to, text=letter.words.text)
    traces = provider.find(lost)
    return (Evidence.CANNOT_TELL, None) if traces is None else judge(lost, traces, ours=())


def a_callback(**unusual: object) -> Callback:
    """A call from outside that nobody signed; say what is different."""
    ordinary: dict[str, object] = {
        "what": "status",
        "url": "https://drip.example.org/webhooks/x/status",
        "headers": {},
        "body": b"",
    }
    return Callback(**(ordinary | unusual))  # type: ignore[arg-type]


LETTERS = [pytest.param(a_letter(), id="email"), pytest.param(a_text(), id="sms")]

BREAKS_A_HEADER = ["\r\nBcc: all@example.org", "\n", "\r", "\0", "\u2028", "\u2029", "\x85", "\x1b", "\ud800"]

IMPOSSIBLE = [
    pytest.param(letter(to=address), id=f"{letter.__name__}-{address!a}")
    for letter, addresses in {
        a_letter: [
            "",
            "nobody",
            "a@",
            "@b",
            "a b@c.example",
            "a@b@c",
            "a@b.example\nBcc: c@d.example",
            "a@" + "x" * 400,
        ],
        a_text: ["", "07700900199", "+0447700900199", "+44", "+44770090019 9", "+4477009001991234", "+447700900199\n"],
    }.items()
    for address in addresses
]


class ProviderContract:
    """Inherit as `TestX(ProviderContract)` and give a `provider` fixture."""

    tells_repeats = True
    """Whether the same attempt handed over twice is known to be one message."""
    keeps_records = True
    """Whether `find` can say anything."""

    def held(self, provider: Provider) -> int | None:
        """How many messages it holds, where that can be seen."""
        return None

    def test_it_says_what_it_is(self, provider: Provider) -> None:
        assert provider.name == provider.name.lower()
        assert provider.channels

    @pytest.mark.parametrize("letter", LETTERS)
    def test_a_letter_it_takes_gets_a_reference(self, provider: Provider, letter: Letter) -> None:
        if letter.channel in provider.channels:
            match provider.hand_over(letter):
                case Accepted(ref):
                    assert ref
                case other:
                    pytest.fail(f"not accepted: {other}")

    def test_the_same_attempt_twice_is_one_message(self, provider: Provider) -> None:
        letter = self._usual(provider)
        first, second = provider.hand_over(letter), provider.hand_over(letter)
        assert first == second or not self.tells_repeats
        if self.tells_repeats and self.held(provider) is not None:
            assert self.held(provider) == 1

    def test_what_was_accepted_is_found_under_the_same_reference(self, provider: Provider) -> None:
        letter = self._usual(provider)
        outcome = provider.hand_over(letter)
        assert isinstance(outcome, Accepted)
        found = evidence(provider, letter)
        assert found == ((Evidence.WENT, outcome.ref) if self.keeps_records else (Evidence.CANNOT_TELL, None))

    @pytest.mark.parametrize("attempt_id", ["attempt-never", "", "../../etc/passwd", "*", "a\0b"])
    def test_what_was_never_handed_over_is_never_said_to_have_gone(self, provider: Provider, attempt_id: str) -> None:
        found, ref = evidence(provider, replace(self._usual(provider), attempt_id=attempt_id))
        assert found in (Evidence.DID_NOT_GO, Evidence.CANNOT_TELL)
        assert ref is None

    @pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff\xfe", b"a=b", b"\0" * 1000], ids=ascii)
    @pytest.mark.parametrize("what", ["", "status", "inbound", "events", "../..", "status/x"])
    def test_a_call_that_nobody_signed_is_not_believed(self, provider: Provider, what: str, body: bytes) -> None:
        assert provider.hear(a_callback(what=what, body=body)) is None

    @pytest.mark.parametrize("letter", IMPOSSIBLE)
    def test_an_impossible_address_is_refused_as_a_value(self, provider: Provider, letter: Letter) -> None:
        if letter.channel in provider.channels:
            outcome = provider.hand_over(letter)
            assert isinstance(outcome, Refused)
            assert outcome.fault is Fault.ADDRESS
            assert not outcome.detail or not letter.to or letter.to not in outcome.detail

    @pytest.mark.parametrize("part", ["subject", "sender_name", "sender", "stop_url", "reply_to"])
    @pytest.mark.parametrize("breaks", BREAKS_A_HEADER, ids=ascii)
    def test_nothing_can_be_smuggled_into_a_header(self, provider: Provider, part: str, breaks: str) -> None:
        hostile = f"care{breaks}@clinic.example"
        words = Words(text="Hello", subject=hostile if part == "subject" else "Your visit")
        letter = a_letter(words=words, **({} if part == "subject" else {part: hostile}))
        if Channel.EMAIL in provider.channels:
            outcome = provider.hand_over(letter)
            assert isinstance(outcome, Refused)
            assert outcome.fault in (Fault.CONTENT, Fault.ADDRESS)

    @pytest.mark.parametrize("identifier", ["../up", "a/b", "", "a b", "a\nb", "x" * 200, "-x", ".."])
    def test_an_id_that_is_not_opaque_goes_nowhere(self, provider: Provider, identifier: str) -> None:
        letter = replace(self._usual(provider), attempt_id=identifier)
        assert isinstance(provider.hand_over(letter), Refused)

    @pytest.mark.parametrize("text", ["half a character \udc80", "a \0 nul"], ids=ascii)
    def test_words_that_cannot_be_sent_are_refused_as_a_value(self, provider: Provider, text: str) -> None:
        letter = replace(self._usual(provider), words=Words(text=text, subject="Your visit"))
        outcome = provider.hand_over(letter)
        assert isinstance(outcome, Refused)
        assert outcome.fault is Fault.CONTENT

    def test_nothing_personal_shows_in_reprs_outcomes_or_logs(
        self, provider: Provider, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(logging.DEBUG)
        letters = [
            letter for letter in (a_letter(), a_text(attempt_id="attempt-2")) if letter.channel in provider.channels
        ]
        outcomes = [provider.hand_over(letter) for letter in letters]
        provider.close()
        printed = capfd.readouterr()
        seen = " ".join([repr(provider), repr(letters), repr(outcomes), caplog.text, printed.out, printed.err])
        assert [canary for canary in CANARIES if canary in seen] == []

    def test_eight_threads_at_once_lose_nothing(self, provider: Provider) -> None:
        usual = self._usual(provider)
        letters = [replace(usual, attempt_id=f"attempt-{n}", message_id=f"message-{n}") for n in range(64)]
        with ThreadPoolExecutor(8) as threads:
            outcomes = list(threads.map(provider.hand_over, letters))
        refs = [outcome.ref for outcome in outcomes if isinstance(outcome, Accepted)]
        assert len(set(refs)) == 64
        assert self.held(provider) in (None, 64)
        if self.keeps_records:
            assert [evidence(provider, letter) for letter in letters] == [(Evidence.WENT, ref) for ref in refs]

    def test_the_same_attempt_from_eight_threads_is_one_message(self, provider: Provider) -> None:
        letter = self._usual(provider)
        with ThreadPoolExecutor(8) as threads:
            outcomes = list(threads.map(provider.hand_over, [letter] * 16))
        assert all(isinstance(outcome, Accepted | NotTaken | Unknown) for outcome in outcomes)
        assert not self.tells_repeats or self.held(provider) in (None, 1)

    def test_closing_twice_is_closing(self, provider: Provider) -> None:
        provider.hand_over(self._usual(provider))
        provider.close()
        provider.close()

    def test_closing_what_was_never_used_is_nothing(self, provider: Provider) -> None:
        provider.close()

    def _usual(self, provider: Provider) -> Letter:
        return a_letter() if Channel.EMAIL in provider.channels else a_text()
