"""The words that a clinic's sequences ask about, so that invented patients have something to do with them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from drip.core.asked_words import words_asked
from drip.core.condition import Attribute
from drip.core.sequence import Sequence

NOT_A_FACT = frozenset({"red_flag"})
"""What holds messages back and is not told by a booking system."""


TOLD_OF_VISITS = frozenset({"type", "status", "site", "changed", "practitioner", "ref"})
"""What is said of a visit in any case, or worked out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What may be said of a patient, and what makes a sequence listen."""

    visits: tuple[str, ...]
    treatments: tuple[str, ...]
    programmes: tuple[str, ...]
    conditions: tuple[str, ...]
    interlocks: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]]
    """Of a patient, besides what every booking system has a place for."""
    of_visits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same of an appointment."""
    mentions: Mapping[str, int] = field(default_factory=dict)
    """How many conditions ask about a word: what a clinic writes much about is what it sees much of."""

    def weights(self, words: Iterable[str]) -> list[int]:
        """How likely each of these words is, beside the others."""
        return [self.mentions.get(word, 1) ** 2 for word in words]


def words_of(sequences: Iterable[Sequence], known: Iterable[str]) -> Vocabulary:
    """What the sequences' conditions compare with. `known` are a patient's own fields, which need no inventing."""
    asked: dict[Attribute, set[str]] = defaultdict(set)
    mentions: Counter[str] = Counter()
    interlocks: set[str] = set()
    for sequence in sequences:
        interlocks |= sequence.pause_when - NOT_A_FACT
        for condition in (sequence.enrol.when, *(step.when for step in sequence.steps)):
            for attribute, word in words_asked(condition):
                asked[attribute].add(word)
                mentions[word] += 1

    def of(owner: str, name: str) -> tuple[str, ...]:
        return tuple(sorted(asked.get(Attribute(owner, name), ())))

    mine = {one.name for one in asked if one.object == "patient"} - {*known, "age", "conditions"}
    visits = {one.name for one in asked if one.object == "appointment"} - TOLD_OF_VISITS
    return Vocabulary(
        visits=of("appointment", "type"),
        treatments=of("treatment", "code"),
        programmes=of("programme", "code"),
        conditions=of("patient", "conditions"),
        interlocks=tuple(sorted(interlocks)),
        attributes={name: of("patient", name) for name in sorted(mine)},
        of_visits={name: of("appointment", name) for name in sorted(visits)},
        mentions=mentions,
    )
