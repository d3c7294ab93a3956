"""Finding people by name, though names are sealed: a blind index of the words of each name, and of their beginnings.

Whoever has the database without its key can count how many share a word or a beginning, and guess the commonest ones by
that. So there are no beginnings of one or two letters, whose few counts would give away the most: they are looked for
among those whom another word has found. Beginnings of three, four and five letters are what people type.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from unicodedata import category, normalize

from sqlalchemy import delete, select

from drip.core.model import Facts
from drip.store import bulk
from drip.store.database import Tx
from drip.store.schema import enrolments, name_words
from drip.store.vault import Vault

BEGINNINGS = (3, 4, 5)
"""Letters of a word by which it is found, besides the whole of it."""

LONGEST = BEGINNINGS[-1]

MOST_WORDS = 12
"""Of one name; and of a search."""

ROWS_AT_ONCE = 5_000
"""They are small: all the words of one batch of patients go in one statement."""

# Letters that have no accent to take away, as people type them who do not have them.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"})
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u02bb`\u00b4]")


def words_in(text: str) -> list[str]:
    """Its words, without accents and in one case: `Zoë O'Neil-Smith` is `zoe oneil smith`."""
    told = normalize("NFKD", _APOSTROPHES.sub("", text).casefold()).translate(_PLAIN)
    letters = (letter if letter.isalnum() else " " for letter in told if not category(letter).startswith("M"))
    return list(dict.fromkeys("".join(letters).split()))[:MOST_WORDS]


def words_of(facts: Facts) -> list[str]:
    """The words of a patient's name."""
    told = (facts.get(name) for name in ("first_name", "last_name"))
    return words_in(" ".join(one for one in told if isinstance(one, str)))


def matches(facts: Facts, wanted: Sequence[str]) -> bool:
    """Whether each of these is a word of the name, or begins one."""
    words = words_of(facts)
    return all(any(word.startswith(one) for word in words) for one in wanted)


def are_indexed(wanted: Sequence[str], *, whole: bool) -> bool:
    """Whether `with_words` finds just who is meant: nothing of these is too short, or longer than what is compared."""
    return all(len(one) >= BEGINNINGS[0] and (whole or len(one) <= LONGEST) for one in wanted)


def save(tx: Tx, names: Mapping[str, Facts], *, known: Iterable[str]) -> None:
    """By which words these patients are found from now on. `known`: those who may have had others before."""
    before = sorted(known)
    if before:
        tx.connection.execute(delete(name_words).where(bulk.among(tx, name_words.c.patient_id, before)))
    rows = [
        {"word": word, "patient_id": patient_id}
        for patient_id, facts in sorted(names.items())
        for word in sorted(_indexes(tx.vault, words_of(facts)))
    ]
    bulk.insert_rows(tx, name_words, rows, ignore_known=True, at_once=ROWS_AT_ONCE)


def _indexes(vault: Vault, words: Iterable[str]) -> set[str]:
    return {_blind(vault, part) for word in words for part in (word, *(word[:n] for n in BEGINNINGS if n < len(word)))}


def _blind(vault: Vault, word: str) -> str:
    return vault.blind("name", word)


def with_words(tx: Tx, wanted: Sequence[str], sites: Iterable[str], most: int, *, whole: bool = False) -> list[str]:
    """Patients (ids) in whose names each of these words is found: as a whole, or by as much as is indexed of it.

    `sites`: only patients of these; none named is all. Words too short to be looked for by themselves are passed over
    while there is another one.
    """
    by_beginning = [one for one in wanted if len(one) >= BEGINNINGS[0]] or list(wanted)
    keys = {_blind(tx.vault, one if whole else one[:LONGEST]) for one in by_beginning}
    first, *others = sorted(keys) or [""]
    query = select(name_words.c.patient_id).where(name_words.c.word == first)
    for other in others:
        also = name_words.alias()
        same = (also.c.patient_id == name_words.c.patient_id, also.c.word == other)
        query = query.where(select(also.c.word).where(*same).exists())
    at = sorted(sites)
    if at:
        theirs = (enrolments.c.patient_id == name_words.c.patient_id, bulk.among(tx, enrolments.c.site, at))
        query = query.where(select(enrolments.c.id).where(*theirs).exists())
    return list(tx.connection.execute(query.order_by(name_words.c.patient_id).limit(most)).scalars())
