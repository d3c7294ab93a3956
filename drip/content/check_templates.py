"""Rules about the words themselves: what a template names, says and leaves out."""

from collections.abc import Iterator
from typing import Final

from drip.content.check_names import without_a_name
from drip.content.check_questions import Hears, calls_for_a_reply, questions_of, sample_answers, unknown_in_words
from drip.content.check_sms import check_sms
from drip.content.check_style import check_style
from drip.content.check_words import check_words
from drip.content.expression import suggestion
from drip.content.finding import Finding
from drip.content.folder import Folder, LoadedFile
from drip.content.known_names import MEANT, NAMES, OPEN, is_known_when, only_on
from drip.content.render import TemplateSet
from drip.content.samples import LONG_NAME, NO_FIRST_NAME, Values, sample_values
from drip.content.template_grammar import Variable
from drip.content.template_problem import RenderError, TemplateError, TemplateProblem
from drip.content.template_use import Spot, Use, uses
from drip.content.word_lists import STOP_WORD
from drip.core.clinic import Clinic, Site
from drip.core.letter import Words
from drip.core.model import Channel, Kind, Purpose

_WAYS_TO_STOP: Final = frozenset({("links", "stop"), ("links", "preferences")})
_PHONES: Final = frozenset({("site", "phone"), ("clinic", "phone")})
_MAY_BE_REFUSED: Final = frozenset({Purpose.CARE, Purpose.FEEDBACK, Purpose.MARKETING})
_MAY_HARM: Final = frozenset({Kind.LOADING, Kind.AFTERCARE, Kind.POSTOP, Kind.SAFETY})
_NEEDS_RED_FLAGS: Final = frozenset({Purpose.SAFETY, Purpose.CARE})


class TemplateCheck:
    """Checks each template of a folder in each of its uses."""

    def __init__(self, folder: Folder, hears: Hears) -> None:
        self._folder = folder
        self._hears = hears
        self._asked = questions_of(folder)
        # A sequence that cannot be read may use anything, and ask anything.
        self._is_whole = all(file.sequence for file in folder.sequences)
        self._templates = TemplateSet(folder.sources)
        self._samples: dict[tuple[str, str], list[tuple[str, Values]]] = {}

    def check(self) -> Iterator[Finding]:
        """Everything about the templates that sequences use, and about those that none uses."""
        used: set[str] = set()
        for file in self._folder.sequences:
            for use in uses(file, self._templates, self._folder.sources):
                used.update(use.texts)
                yield from self._check(use)
        if self._is_whole:
            yield from (_unused(path) for path in set(self._folder.sources) - used if path.endswith((".md", ".txt")))

    def check_one(self, file: LoadedFile) -> Iterator[Finding]:
        """As `check`, for the templates of one sequence; what several share is only looked at as it is used here."""
        if file.sequence is None:
            return
        used: set[str] = set()
        for use in uses(file, self._templates, self._folder.sources):
            used.update(use.texts)
            yield from self._check(use)
        own = {path for path in self._folder.sources if path.startswith(f"{file.sequence.id}/")}
        yield from (_unused(path) for path in own - used)

    def _check(self, use: Use) -> list[Finding]:
        """Everything about one template in one sequence; it is tried on patients once nothing else is wrong."""
        variables = self._templates.variables(use.path)
        problems = [_from_template(problem) for problem in self._templates.check(use.path)]
        problems += [finding for variable in variables if (finding := unknown(variable) or _absent(variable, use))]
        findings = [*problems, *check_words(use, variables, self._folder.clinic), *check_style(use)]
        findings += calls_for_a_reply(use, self._folder.clinic, self._hears)
        findings += unknown_in_words(variables, self._asked) if self._is_whole else ()
        return findings if problems else [*findings, *_left_out(use, variables), *self._rendered(use, variables)]

    def _rendered(self, use: Use, variables: list[Variable]) -> Iterator[Finding]:
        clinic = self._folder.clinic
        if clinic is None:
            return
        # Emails do not get dearer from one site to the next: one site is enough for them.
        sites = clinic.sites if use.channel is Channel.SMS else clinic.sites[:1]
        tried = [
            (name, self._render(use.path, values))
            for site in sites
            for name, values in self._samples_at(clinic, site, use.language or "en")
        ]
        for name, words in tried:
            if isinstance(words, str):
                yield use.top.finding("template-render", f"for a sample patient ({name}): {words}")
        filled = [(name, words) for name, words in tried if isinstance(words, Words)]
        one_of_each = dict(reversed(filled))
        if {NO_FIRST_NAME, LONG_NAME} <= one_of_each.keys():
            yield from without_a_name(one_of_each[NO_FIRST_NAME], one_of_each[LONG_NAME], variables)
        if use.channel is Channel.SMS:
            yield from check_sms(use, [(name, words.text) for name, words in filled], clinic.allow)

    def _samples_at(self, clinic: Clinic, site: Site, language: str) -> list[tuple[str, Values]]:
        key = (site.id, language)
        if key not in self._samples:
            self._samples[key] = sample_values(clinic, site, language, sample_answers(self._asked))
        return self._samples[key]

    def _render(self, path: str, values: Values) -> Words | str:
        try:
            return self._templates.render(path, values)
        except RenderError as error:
            return f"{error.reason}: give it a `| default(...)`"
        except TemplateError as error:
            return str(error)


def unknown(variable: Variable) -> Finding | None:
    """A name that no patient will have; an attribute of the clinic's own needs a default."""
    known = NAMES.get(variable.object)
    if known is None:
        hint = suggestion(variable.object, list(NAMES)) or f": one of {', '.join(NAMES)} is"
        return _at(variable, f"`{variable.object}` is not known{hint}")
    if variable.name in known or variable.object == "replies":
        return None
    meant = MEANT.get(variable.name, variable.name) if variable.object == "patient" else variable.name
    close = suggestion(meant, known).replace("mean `", f"mean `{variable.object}.")
    if variable.object in OPEN and not close:
        if variable.has_default:
            return None
        told = f"`{variable.object}.{variable.name}` is not one of drip's own names ({', '.join(known)})"
        return _at(variable, f"{told}. If your booking system tells it, add `| default('...')` for whoever has none")
    return _at(variable, f"`{variable.object}.{variable.name}` is not known{close or ': ' + ', '.join(known) + ' are'}")


def _absent(variable: Variable, use: Use) -> Finding | None:
    """A name that this sequence never has: only an answer knows of a reply, only a move of where a visit was before."""
    if is_known_when(variable.object, use.sequence.enrol.on):
        return None
    where = only_on(variable.object)
    return _at(variable, f"`{variable.object}` is only known in a sequence that enrols on a `{where}` event")


def _at(variable: Variable, message: str) -> Finding:
    spot = Spot(path=variable.path, line=variable.line, column=variable.column, words=variable.name)
    return spot.finding("unknown-variable", message)


def _from_template(problem: TemplateProblem) -> Finding:
    return Spot(path=problem.path, line=problem.line, column=problem.column, words="").finding(
        problem.rule, problem.message
    )


def _unused(path: str) -> Finding:
    return Spot(path=path, line=1, column=1, words="").finding(
        "template-unused", "no step names these words: name them in a step, or remove the file", "warning"
    )


def _left_out(use: Use, variables: list[Variable]) -> Iterator[Finding]:
    """What every message of this kind must carry, and this one does not."""
    named = {(variable.object, variable.name) for variable in variables}
    if ("clinic", "name") not in named:
        yield use.top.finding("missing-identity", "who is writing? Name {{ clinic.name }} in these words")
    if not _can_stop(use, named):
        how = "{{ links.stop }}" if use.channel is Channel.EMAIL else "{{ site.phone }}, {{ links.stop }} or STOP"
        yield use.top.finding("missing-opt-out", f"how does a patient stop these? Add {how}")
    has_flags = any(path.startswith("shared/red-flags-") for path in use.texts)
    if use.channel is Channel.EMAIL and use.purposes & _NEEDS_RED_FLAGS and not has_flags:
        message = 'a care email says when to get help: add {% include "shared/red-flags-....email.md" %}'
        yield use.top.finding("missing-red-flags", message, "error" if use.sequence.kind in _MAY_HARM else "warning")


def _can_stop(use: Use, named: set[tuple[str, str]]) -> bool:
    """Every email says how to stop; so does a text, unless it is about safety or the visit itself."""
    if named & _WAYS_TO_STOP:
        return True
    if use.channel is Channel.EMAIL:
        return False
    says_stop = any(STOP_WORD.search(text) for text in use.texts.values())
    return not use.purposes & _MAY_BE_REFUSED or bool(named & _PHONES) or says_stop
