"""What a patient writes back: STOP, START and HELP in any case, in English, Welsh and Polish, however politely.

Only a whole message is one of these words. A longer sentence is for a person, but for those that say "stop texting
me" and nothing else. The lists are small, and typed as `plain` leaves words: lower case, without accents.
"""

import re
import unicodedata
from enum import StrEnum
from itertools import product


class Word(StrEnum):
    """What a reply asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    RED_FLAG = "red_flag"
    """It names something that must never wait. Whatever else it says, a person reads it."""
    ANSWER = "answer"
    """It answers a question that was asked: only whoever knows that question can tell."""
    OTHER = "other"
    """Never dropped: a person reads it."""


STOP_WORDS = frozenset(
    # The words that Twilio and US rules honour; a superset costs nothing.
    {"stop", "stopall", "stop all", "unsubscribe", "end", "quit", "revoke", "opt out", "optout", "opt me out"}
    | {"stop it", "stop this", "stop now", "no more", "remove me", "take me off", "unsubscribe me", "opt out of texts"}
    # Welsh
    | {"stopiwch", "stopio", "rhoir gorau", "rhoir gorau iddi", "rhowch y gorau", "rhowch y gorau iddi", "peidiwch"}
    | {"peidiwch a thecstio", "peidiwch ag anfon", "peidiwch ag anfon mwy", "peidiwch a chysylltu", "dim mwy", "diwedd"}
    | {"dim mwy o negeseuon", "dim mwy o negeseuon testun", "dad danysgrifio", "daddanysgrifio"}
    # Polish
    | {"koniec", "zakoncz", "rezygnuje", "rezygnacja", "wypisz", "wypisz mnie", "wypisuje sie", "nie chce"}
    | {"nie chce wiecej", "nie chce wiecej wiadomosci", "nie chce wiadomosci", "nie chce smsow"}
    | {"nie chce wiecej smsow", "nie piszcie", "nie piszcie do mnie", "nie pisac", "przestancie"}
    | {"przestancie pisac", "przestancie do mnie pisac"}
    # As travellers say it
    | {"alto", "arret"}
)

STOP_SENTENCES = frozenset(
    " ".join(" ".join(words).split())
    for words in (
        *product(("stop", "quit"), ("texting", "messaging", "emailing", "contacting", "writing to"), ("", "me", "us")),
        *product(
            ("stop", "stop sending", "stop sending me", "end", "no more", "i want no more", "dont send", "do not send"),
            ("", "me", "any", "any more", "the", "these", "your", "all", "all the", "all these"),
            ("texts", "text messages", "messages", "emails", "sms", "sms messages", "these", "them"),
        ),
        *product(("dont", "do not"), ("text", "message", "email", "contact", "write to"), ("me", "us"), ("", "again")),
        *product(("take me off", "remove me from", "unsubscribe me from"), ("this", "the", "your"), ("list",)),
    )
)
"""Sentences that ask for nothing else."""

CANCEL_WORDS = frozenset({"cancel", "canslo", "canslwch", "anuluj", "anulowac"})
"""They stop texts, as the rules say; in a clinic they may mean the visit, so a person is asked as well."""

START_WORDS = frozenset(
    {"start", "unstop", "opt in", "optin", "resubscribe"}
    | {"dechrau", "dechreuwch", "ailddechrau"}  # Welsh
    | {"wznow", "wznowic", "zacznij", "zapisz mnie"}  # Polish
)
"""Not YES: in a clinic a yes answers some other question."""

HELP_WORDS = frozenset(
    {"help", "help me", "info", "information"}
    | {"cymorth", "help llaw", "gwybodaeth"}  # Welsh
    | {"pomoc", "pomocy", "informacja", "informacje"}  # Polish
)

_BEFORE = frozenset(
    {"please", "pls", "plz", "hi", "hello", "ok", "okay", "can you", "could you", "would you", "will you", "kindly"}
    | {"just", "plis", "os gwelwch yn dda", "helo", "prosze", "dzien dobry"}
)
_AFTER = frozenset(
    {"please", "pls", "plz", "thanks", "thank you", "thankyou", "thx", "ta", "cheers", "now", "x", "xx", "immediately"}
    | {"plis", "os gwelwch yn dda", "diolch", "nawr", "prosze", "dziekuje", "dzieki", "teraz"}
)
"""Politeness before and after a word. It never changes what the word means."""


def read_reply(text: str) -> Word:
    """What a reply asks for. Only the word itself counts, however politely: a longer sentence is for a person."""
    said = _REPEATED.sub(r"\1", plain(text))
    for bare in (said, without_politeness(said)):
        for words, word in _WORDS:
            if bare in words:
                return word
    return Word.OTHER


def is_ambiguous_stop(text: str) -> bool:
    """A bare CANCEL may mean the visit: it stops texts, and a person is asked as well."""
    return without_politeness(plain(text)) in CANCEL_WORDS


_CANCEL_TEXTS = frozenset(
    " ".join(words) for words in product(("cancel", "cancel the", "cancel these", "cancel my"), ("texts", "messages"))
)
_WORDS = (
    (STOP_WORDS | STOP_SENTENCES | CANCEL_WORDS | _CANCEL_TEXTS, Word.STOP),
    (START_WORDS, Word.START),
    (HELP_WORDS, Word.HELP),
)


def without_politeness(said: str) -> str:
    """What is left of the words of a reply once greetings and thanks are taken away; they never change its meaning."""
    before = None
    while said != before:
        before = said
        for polite in _BEFORE:
            said = said.removeprefix(f"{polite} ")
        for polite in _AFTER:
            said = said.removesuffix(f" {polite}")
    return said


def is_only_polite(said: str) -> bool:
    """Whether there is nothing but a greeting or thanks in it."""
    return without_politeness(said) in _BEFORE | _AFTER


_REPEATED = re.compile(r"\b(\w+)(?: \1\b)+")
"""`STOP STOP STOP` is one STOP, said louder."""

_LETTERS = str.maketrans({"ł": "l", "Ł": "l", "ø": "o", "đ": "d"})
_APOSTROPHES = re.compile("['`\N{ACUTE ACCENT}\N{MODIFIER LETTER APOSTROPHE}\u2018\u2019]")
_NOT_LETTERS = re.compile(r"[^\w\s]|_")


def plain(text: str) -> str:
    """The bare words: lower case, no accents, apostrophes, punctuation or emoji, one space between them."""
    apart = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).translate(_LETTERS))
    letters = "".join(c for c in apart if not unicodedata.combining(c))
    return " ".join(_NOT_LETTERS.sub(" ", letters.casefold()).split())


_REACTION = re.compile(
    r"\s*(liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted \S{1,12} to|\S{1,8} to)\s*[“\"„].*[”\"“]\s*",
    re.IGNORECASE | re.DOTALL,
)
"""What a phone sends for a tap on our own message: `Liked “…”`, with all of our words in it."""


def own_words(text: str) -> str:
    """What a patient wrote themselves: the words of ours that a tap on a message repeats say nothing of theirs."""
    reaction = _REACTION.fullmatch(text)
    return reaction[1] if reaction else text
