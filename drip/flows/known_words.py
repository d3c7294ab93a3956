"""What a clinic's live sequences and settings know by name: what is offered to whoever enrols, and what is misspelt."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from drip.app import App
from drip.core.asked_words import words_asked
from drip.core.condition import Attribute, Condition
from drip.core.event import Event
from drip.core.model import EventKind, Facts
from drip.core.sequence import Sequence as Written

_TYPE, _TREATMENT = Attribute("appointment", "type"), Attribute("treatment", "code")
_PROGRAMME = Attribute("programme", "code")
_CONDITIONS, _SUBTYPE = Attribute("patient", "conditions"), Attribute("patient", "subtype")

_OWN = "en"
"""What words are in that are in no other language."""

_TYPES: Mapping[EventKind, Attribute] = {
    EventKind.BOOKED: _TYPE,
    EventKind.ATTENDED: _TYPE,
    EventKind.TREATMENT_PERFORMED: _TREATMENT,
    EventKind.PROGRAMME_STARTED: _PROGRAMME,
}
"""What says the type of each kind of event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownWords:
    """Every word that something would come of, in alphabetical order."""

    of: Mapping[Attribute, tuple[str, ...]]
    languages: tuple[str, ...]
    """Those that live words are written in."""

    @property
    def types(self) -> Sequence[tuple[str, str]]:
        """Of appointments, treatments and programmes: each with which of these it is of."""
        return [(word, of.object) for of in (_TYPE, _TREATMENT, _PROGRAMME) for word in self.of[of]]

    @property
    def conditions(self) -> tuple[str, ...]:
        """What patients may have."""
        return self.of[_CONDITIONS]

    @property
    def subtypes(self) -> tuple[str, ...]:
        """Of a tendon's trouble."""
        return self.of[_SUBTYPE]

    def doubts(self, event: Event) -> Mapping[str, str]:
        """Field -> why nothing would come of what was typed there, with what is known. It may be right all the same."""
        type_of = _TYPES.get(event.kind)
        typed = [("what", type_of, "No sequence starts for this type")] if type_of else []
        typed += [("conditions", _CONDITIONS, "No sequence asks for this condition")]
        typed += [("subtype", _SUBTYPE, "No sequence asks for this subtype")]
        told = {name: says for name, of, what in typed if (says := self._doubt(event, of, what))}
        language = event.patient.get("language")
        if isinstance(language, str) and not {language, language.partition("-")[0]} & {*self.languages}:
            told["language"] = f"There are no words in this language: {language}. {_listed(self.languages)}"
        return told

    def _doubt(self, event: Event, of: Attribute, what: str) -> str:
        said = _facts(event, of.object).get(of.name)
        words = [one for one in (said if isinstance(said, list | tuple) else [said]) if isinstance(one, str)]
        unknown = [word for word in words if word not in self.of[of]]
        # Where sequences ask for none at all, none is misspelt.
        return f"{what}: {', '.join(unknown)}. {_listed(self.of[of])}" if unknown and self.of[of] else ""


def known_words(app: App) -> KnownWords:
    """What is known now."""
    with app.store.read() as tx:
        live = list(app.versions.live(tx).values())
    found: dict[Attribute, set[str]] = {of: set() for of in (*_TYPES.values(), _CONDITIONS, _SUBTYPE)}
    for condition in (one for version in live for one in (version.sequence.enrol.when, *_whens(version.sequence))):
        for of, word in words_asked(condition):
            found.setdefault(of, set()).add(word)
    clinic = app.clinic
    found[_TYPE] |= {*clinic.appointment_types.values(), *clinic.treatment_types}
    found[_TREATMENT] |= {*clinic.treatments.values(), *clinic.treatment_types.values()}
    languages = {_OWN, *(one for version in live for one in version.templates.languages)}
    return KnownWords(of={of: tuple(sorted(words)) for of, words in found.items()}, languages=tuple(sorted(languages)))


def _whens(sequence: Written) -> Iterator[Condition | None]:
    return (step.when for step in sequence.steps)


def _facts(event: Event, name: str) -> Facts:
    found: Facts = getattr(event, name)
    return found


def _listed(known: Sequence[str]) -> str:
    return f"Known: {', '.join(known)}."
