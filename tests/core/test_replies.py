"""What a patient texts back."""

import pytest

from drip.core.replies import Word, is_ambiguous_stop, own_words, read_reply

# The stop words that Twilio honours by itself, from its documentation of Advanced Opt-Out (facts).
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
        "STOP STOP STOP",
        "\uff33\uff34\uff2f\uff30",
        "can you stop please",
        "please stop texting me",
        "stop texting",
        "Stop sending me these messages",
        "stop sending these",
        "No more texts please",
        "do not contact me again",
        "Don\u2019t text me",
        "take me off your list",
        "cancel these texts",
        "Stopiwch",
        "Rhoi'r gorau",
        "Peidiwch, os gwelwch yn dda",
        "Dim mwy",
        "Rezygnuję",
        "WYPISZ MNIE",
        "proszę nie piszcie do mnie",
        "nie chcę",
        "Koniec.",
        "anuluj",
        "canslo",
        "ALTO",
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
        ("Dechrau", Word.START),
        ("Wznów", Word.START),
        ("Cymorth plis", Word.HELP),
        ("Pomoc!", Word.HELP),
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
        "YES",
        "can I cancel my visit",
        "when does it stop hurting",
        "can I stop",
        "please cancel my appointment, thanks",
        "stop. It hurts",
        "no",
        "nie",
        "nie chcę ćwiczyć",
        "pryd fydd y boen yn stopio",
    ],
)
def test_anything_longer_is_for_a_person(text: str) -> None:
    assert read_reply(text) is Word.OTHER


@pytest.mark.parametrize(
    ("text", "ambiguous"),
    [
        ("CANCEL", True),
        ("Cancel please", True),
        ("Canslo", True),
        ("anuluj, proszę", True),
        ("cancel these texts", False),
        ("STOP", False),
        ("cancel my appointment", False),
        ("", False),
    ],
)
def test_a_bare_cancel_may_mean_the_visit(text: str, ambiguous: bool) -> None:
    assert is_ambiguous_stop(text) is ambiguous


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Liked “ProHealth Clinic: hard to breathe? Call 999”", "Liked"),
        ('Laughed at "Reply STOP to end texts"', "Laughed at"),
        ("👍 to “Chest pain? Call 999”", "👍 to"),
        ("“STOP”", "“STOP”"),
        ("I liked your “tips”", "I liked your “tips”"),
    ],
)
def test_a_tap_on_our_message_does_not_put_our_words_into_the_patients_mouth(text: str, own: str) -> None:
    assert own_words(text) == own
