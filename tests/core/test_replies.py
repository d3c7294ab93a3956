"""What a patient texts back."""

import pytest

from drip.core.replies import Word, is_ambiguous_stop, read_reply

TWILIOS_DEFAULTS = ["STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"]


@pytest.mark.parametrize(
    "text",
    [
        *TWILIOS_DEFAULTS,
        "stop",
        "Stop.",
        "  STOP  ",
        "STOP!!!",
        "'stop'",
        "Please stop",
        "stop please",
        "STOP, thanks",
        "stop thank you",
        "Stop texting me",
        "stop messages now",
        "stop all",
        "STOP ALL MESSAGES",
        "opt out",
        "Opt-out",
        "stop 🙏",
        "STOP\n",
        "unsubscribe me",
    ],
)
def test_stop_is_understood_however_politely_it_is_said(text: str) -> None:
    assert read_reply(text) is Word.STOP


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("START", Word.START),
        ("unstop", Word.START),
        ("Start please", Word.START),
        ("HELP", Word.HELP),
        ("help me", Word.HELP),
        ("Info?", Word.HELP),
    ],
)
def test_start_and_help_are_understood(text: str, word: Word) -> None:
    assert read_reply(text) is word


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👍",
        "yes",
        "7",
        "Don't stop",
        "Should I stop the exercises?",
        "stop the exercises",
        "my pain will not stop",
        "cancel my appointment",
        "stopped",
        "nonstop",
        "please",
        "start again on Monday?",
        "I need help with my heel",
    ],
)
def test_anything_longer_is_for_a_person(text: str) -> None:
    assert read_reply(text) is Word.OTHER


@pytest.mark.parametrize(
    ("text", "ambiguous"),
    [("CANCEL", True), ("Cancel please", True), ("STOP", False), ("cancel my appointment", False), ("", False)],
)
def test_a_bare_cancel_may_mean_the_visit(text: str, ambiguous: bool) -> None:
    assert is_ambiguous_stop(text) is ambiguous
