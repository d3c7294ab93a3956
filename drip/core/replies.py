"""What a patient texts back: STOP, START and HELP in any case, punctuation and politeness."""

import re
from enum import StrEnum


class Word(StrEnum):
    """What a reply asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    OTHER = "other"
    """Never dropped: a person reads it."""


STOP_WORDS = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "opt out", "optout"}
)
"""The words that Twilio and US rules honour; a superset costs nothing."""

START_WORDS = frozenset({"start", "unstop"})
"""Not YES: in a clinic a yes answers some other question."""

HELP_WORDS = frozenset({"help", "info"})

_POLITE = re.compile(r"\b(please|pls|plz|thanks|thank you|now|texts?|texting|messages?|messaging|me)\b")
_NOT_LETTERS = re.compile(r"[^\w\s]|_", re.UNICODE)


def read_reply(text: str) -> Word:
    """What a reply asks for. Only the word itself counts, however politely: a longer sentence is for a person."""
    said = _words(text)
    bare = _words(_POLITE.sub(" ", said))
    for words, word in ((STOP_WORDS, Word.STOP), (START_WORDS, Word.START), (HELP_WORDS, Word.HELP)):
        if said in words or bare in words:
            return word
    return Word.OTHER


def is_ambiguous_stop(text: str) -> bool:
    """A bare CANCEL may mean the visit: it stops texts, and a person is asked as well."""
    return _words(_POLITE.sub(" ", _words(text))) == "cancel"


def _words(text: str) -> str:
    return " ".join(_NOT_LETTERS.sub(" ", text.casefold()).split())
