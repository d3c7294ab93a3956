"""What a patient's reply says to a question: `3`, `3/10`, `about four`, `saith`, `7 days`, `2 pain`. Never a guess.

The whole reply has to be an answer, however politely, or be one before its first comma, full stop, line end or bracket.
Whatever stands behind that is a remark for a person, and one that holds another answer makes the whole unclear. A
number out of range is none, and is never changed to fit. English, Welsh and Polish are understood side by side.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from drip.core.question import Answer, AnswerKind, Choice, Question
from drip.core.replies import is_only_polite, own_words, plain, without_politeness

LONGEST = 80
"""Characters of an answer without its remark; what is longer is a story."""

NUMBERS: Mapping[str, int] = {
    word: number
    for number, words in enumerate(
        (
            "zero nought nil none dim sero zaden zadna zadne",
            "one un jeden jedna jedno",
            "two dau dwy dwa dwie",
            "three tri tair trzy",
            "four pedwar pedair cztery",
            "five pump pum piec",
            "six chwech chwe szesc",
            "seven saith siedem",
            "eight wyth osiem",
            "nine naw dziewiec",
            "ten deg deng dziesiec",
        )
    )
    for word in words.split()
}
"""As `plain` leaves them: lower case, without accents."""

EVERY_DAY = frozenset({"every day", "everyday", "daily", "all week", "bob dydd", "bob diwrnod", "codziennie"})
NO_DAY = frozenset({"no days", "not any", "never", "not once", "dim un", "dim diwrnod", "ani razu", "zadnego dnia"})
"""How people say seven days, and none."""

YES = frozenset({"yes", "y", "yeah", "yep", "yup", "ie", "ydw", "ydy", "ydyn", "oes", "tak"})
NO = frozenset({"no", "n", "nope", "nah", "na", "nage", "nac ydw", "nac ydy", "nac oes", "nie"})
"""What a choice of yes or no is answered with besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """The answer in a reply."""

    value: Answer = field(repr=False)
    says_more: bool
    """There are words beside it, which a person has to read."""


def read_answer(question: Question, text: str) -> Understood | None:
    """The answer in a reply; None where it holds none, or none that is certain."""
    said = _said(own_words(text))
    if said is None:
        return None
    answer, remark = _apart(said)
    if question.answer is AnswerKind.CHOICE:
        return _choice(question.choices, plain(answer), plain(remark))
    value = _number(question, answer)
    if value is None or _holds_a_number(remark):
        return None
    return Understood(value=value, says_more=bool(remark))


_SIGNS = str.maketrans(
    dict.fromkeys("\N{MINUS SIGN}\N{EN DASH}\N{EM DASH}\N{HYPHEN}\N{NON-BREAKING HYPHEN}", "-")
    | dict.fromkeys("\u201c\u201d\u201e", '"')
    | {"ł": "l", "Ł": "l"}
)
_APOSTROPHES = re.compile("['`\N{ACUTE ACCENT}\N{MODIFIER LETTER APOSTROPHE}\u2018\u2019]")
_PICTURES = 0x2600
"""From here on a symbol is a picture: it adds nothing to a number."""


def _said(text: str) -> str | None:
    """The words as typed, but for case, accents, dashes and pictures; None where fractions and the like are in them."""
    text = text.replace("\N{KEYCAP TEN}", " 10 ")
    if any(unicodedata.category(c) == "No" or c == "\N{HUNDRED POINTS SYMBOL}" for c in text):
        return None  # 7 and a half must not become 71/2
    plainer = _APOSTROPHES.sub("", text).translate(_SIGNS)
    return "".join(c for c in unicodedata.normalize("NFKD", plainer).casefold() if not _is_ornament(c))


def _is_ornament(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind in ("Mn", "Me", "Cf") or (kind in ("So", "Sk") and ord(character) >= _PICTURES)


_FACE = re.compile(r"[:;]-?[()]")
_ENDS = re.compile(r"\n|(?<![.,;!])[.,;!]++\s|\s-++\s|[()]")
"""No part of it can be tried twice at one place, so that a hostile reply costs no more time than any other."""


def _apart(said: str) -> tuple[str, str]:
    """The words up to the first end that are not mere politeness, and all that follows."""
    lines = "\n".join(" ".join(line.split()) for line in _FACE.sub(" ", said).splitlines())
    parts = [" ".join(part.split()) for part in _ENDS.split(lines)]
    # Not at the front: what is left of -3 or .5 would be another number.
    bare = [part.rstrip(' .,;:!"').lstrip(' "') for part in parts]
    own = [part for part in bare if part and not is_only_polite(plain(part))]
    return (without_politeness(own[0]), " ".join(own[1:])) if own else ("", "")


_WORD = "|".join(sorted(NUMBERS, key=len, reverse=True))
_FIGURES = r"-?(?:0|[1-9]\d{0,5})(?:\.\d)?"
_LEAD = r"(?:(?:its|it is|it was|im|i am|im at|i am at|id say|i would say|i did|i managed|did) )?(?:an? )?"
_ABOUT = r"(?:(?:about|around|roughly|approx\.?|approximately|tua|oddeutu|rhyw|okolo|mniej wiecej) |~ ?)?"
_OUT_OF = rf"(?: ?/ ?| out of | of | allan o | o | na | z )(?P<out_of>{_FIGURES}|{_WORD})"
_DAYS = r"(?: ?(?:days?|d|diwrnod|dydd|dni|dzien))"
_NUMBER = re.compile(rf"{_LEAD}{_ABOUT}(?P<number>{_FIGURES}|{_WORD})(?:{_OUT_OF})?", re.ASCII)
_OF_DAYS = re.compile(rf"{_LEAD}{_ABOUT}(?P<number>{_FIGURES}|{_WORD}){_DAYS}?(?:{_OUT_OF}{_DAYS}?)?", re.ASCII)
_ANOTHER = re.compile(rf"\b(?:\d{{1,2}}|{_WORD})\b")
"""A number beside an answer. Longer ones are telephones and postcodes."""


def _number(question: Question, answer: str) -> int | float | None:
    """A number as written, if that is one that was asked for."""
    if len(answer) > LONGEST:
        return None
    is_days = question.answer is AnswerKind.DAYS
    bare = _without_name(question, answer)
    if is_days and plain(bare) in EVERY_DAY | NO_DAY:
        return 7 if plain(bare) in EVERY_DAY else 0
    found = (_OF_DAYS if is_days else _NUMBER).fullmatch(bare)
    if found is None or (found["out_of"] and _value(found["out_of"]) != question.out_of):
        return None  # 3 out of 5 is not 6 out of 10
    number = _value(found["number"])
    return number if question.takes(number) else None


def _without_name(question: Question, answer: str) -> str:
    """`pain 3`, `pain: 3`, `pain is 3`."""
    name = re.escape(question.id.replace("_", " "))
    return re.sub(rf"\A(?:my )?{name}(?: ?[:=] ?| is | was | )", "", answer)


def _value(written: str) -> int | float:
    if written in NUMBERS:
        return NUMBERS[written]
    number = float(written)
    return int(number) if number.is_integer() else number


def _holds_a_number(remark: str) -> bool:
    return _ANOTHER.search(remark) is not None


def _choice(choices: tuple[Choice, ...], answer: str, remark: str) -> Understood | None:
    forms = meanings(choices)
    value = forms.get(answer)
    if value is None:
        return None
    beside = {forms[form] for form in forms if re.search(rf"\b{re.escape(form)}\b", remark)}
    if beside - {value}:
        return None
    return Understood(value=value, says_more=bool(remark) and remark not in forms)


@lru_cache(maxsize=256)
def meanings(choices: tuple[Choice, ...]) -> Mapping[str, str]:
    """What each form of words means. What the clinic wrote comes before what everybody says."""
    forms = {form: choice.words[0] for choice in choices for form in written_forms(choice)}
    for everyday in (YES, NO):
        for choice in choices:
            if not everyday.isdisjoint(map(plain, choice.words)):
                for form in everyday:
                    forms.setdefault(form, choice.words[0])
    return forms


def written_forms(choice: Choice) -> Iterator[str]:
    """What means this choice: its words, its number in figures and in words, and the two together."""
    words = [plain(word) for word in choice.words]
    numbers = list(_spelt(choice.number))
    yield from words
    yield from numbers
    yield from (f"{number} {word}" for number in numbers for word in words)


def _spelt(number: int | None) -> Iterable[str]:
    if number is None:
        return ()
    return (str(number), *(word for word, value in NUMBERS.items() if value == number))
