"""The templates of one version: compiled once each, and filled for one patient at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypedDict

from drip.content.email import compile_email
from drip.content.email_layout import is_frame_word, layout_for
from drip.content.letter_text import tidy
from drip.content.sandbox import Filling, Gap, compile_source, context_for, gaps_of
from drip.content.slots import SHARED, Piece, Slots, expand, without_own_lines
from drip.content.sms import measure
from drip.content.template_grammar import Variable, problems_in, unbalanced, variables_in
from drip.content.template_problem import Place, RenderError, TemplateError, TemplateProblem, problem
from drip.content.template_values import clean, one_line
from drip.core.letter import Words
from drip.core.model import Channel

__all__ = ["RenderError", "TemplateError", "TemplateProblem", "TemplateSet", "Variable", "clean"]

SUFFIXES: Final = {Channel.EMAIL: ".email.md", Channel.SMS: ".sms.txt"}
LAYOUTS: Final = "layouts/"
MAX_TEXT: Final = 64 * 1024
MAX_HTML: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    """One template: what was read, what is wrong, and what is ready to be filled."""

    pieces: tuple[Piece, ...] = ()
    paths: frozenset[str] = frozenset()
    problems: tuple[TemplateProblem, ...] = ()
    text: Filling | None = None
    subject: Filling | None = None
    html: Filling | None = None
    gaps: tuple[Gap, ...] = ()


class _How(TypedDict):
    language: str
    shows_gaps: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    compiled: _Compiled
    sources: Mapping[str, str] = field(repr=False)
    """Everything that it was compiled from."""


_KEPT: dict[tuple[str, str, bool], _Kept] = {}
"""The same words are read by whoever checks, publishes and sends them, and an email takes long to compile."""

MOST_KEPT = 2_000


def _keep(key: tuple[str, str, bool], kept: _Kept) -> None:
    if len(_KEPT) >= MOST_KEPT:
        _KEPT.clear()
    _KEPT[key] = kept


class TemplateSet:
    """All templates of one version. Safe to share: a template is compiled at its first use and then only read."""

    def __init__(self, sources: Mapping[str, str], *, language: str = "en", shows_gaps: bool = False) -> None:
        """`sources` by path; `language` is that of the templates whose name does not say one.

        `shows_gaps`: what is filled in is marked, for staff who look at their own words; see `marking`.
        """
        self._sources = {path: text.removeprefix("\ufeff").replace("\r\n", "\n") for path, text in sources.items()}
        self._language, self._shows_gaps = language, shows_gaps
        self._compiled: dict[str, _Compiled] = {}

    @property
    def sources(self) -> Mapping[str, str]:
        """Every template's text, by its path."""
        return self._sources

    @property
    def languages(self) -> frozenset[str]:
        """Those that it has words for a message in."""
        ends = tuple(SUFFIXES.values())
        return frozenset(self._language_of(path) for path in self._sources if path.endswith(ends))

    def find(self, sequence: str, name: str, channel: Channel, language: str | None) -> str | None:
        """The path of a step's template in the patient's language, else in the default one; None if there is none."""
        said = [language, language.partition("-")[0]] if language else []
        names = [*(f"{name}.{each}" for each in said), name]
        paths = [f"{sequence}/{each}{SUFFIXES[channel]}" for each in names]
        return next((path for path in paths if path in self._sources), None)

    def render(self, path: str, values: Mapping[str, Mapping[str, object]]) -> Words:
        """One patient's words. TemplateError when nobody's could be made; RenderError when this patient's cannot."""
        compiled = self._get(path)
        if compiled.problems or compiled.text is None:
            raise TemplateError(compiled.problems)
        context = context_for(compiled.gaps, values)
        text = _within(tidy(compiled.text.fill(context)), MAX_TEXT)
        if not text:
            raise RenderError("nothing is left to say")
        if compiled.subject is None or compiled.html is None:
            return Words(text=text, parts=measure(text).parts)
        subject = _within(one_line(compiled.subject.fill(context)), MAX_TEXT)
        if not subject:
            raise RenderError("the subject is empty")
        return Words(text=text, subject=subject, html=_within(compiled.html.fill(context), MAX_HTML))

    def variables(self, path: str) -> list[Variable]:
        """Every use of `object.name` in a template, its includes and its layout, each where it is written."""
        return variables_in(self._get(path).pieces)

    def paths_used(self, path: str) -> frozenset[str]:
        """A template's own path, its includes' and its layout's: whatever can change its words."""
        return self._get(path).paths

    def check(self, path: str) -> list[TemplateProblem]:
        """What its author has to put right; empty when the template can be sent."""
        return list(self._get(path).problems)

    def _get(self, path: str) -> _Compiled:
        if path not in self._compiled:
            # Two threads may both compile it: the outcome is the same.
            self._compiled[path] = self._compile(path)
        return self._compiled[path]

    def _compile(self, path: str) -> _Compiled:
        key = (path, self._language, self._shows_gaps)
        kept = _KEPT.get(key)
        if kept and self._would_read(path) <= kept.sources.keys() and kept.sources.items() <= self._sources.items():
            return kept.compiled
        try:
            compiled = self._compile_any(path)
        except TemplateError as error:
            return _Compiled(paths=frozenset({path}), problems=error.problems)
        if not compiled.problems:
            _keep(key, _Kept(compiled, {used: self._sources[used] for used in compiled.paths}))
        return compiled

    def _would_read(self, path: str) -> set[str]:
        """What is chosen by whether it is there: the layout in the email's own language, else the common one."""
        is_email = path.endswith(SUFFIXES[Channel.EMAIL])
        layout = layout_for(self._language_of(path), self._sources) if is_email else None
        return {path, layout} if layout else {path}

    def _compile_any(self, path: str) -> _Compiled:
        if path not in self._sources:
            return _wrong(path, "there is no such template")
        if path.startswith((SHARED, LAYOUTS)):
            return self._part(path)
        if path.endswith(SUFFIXES[Channel.EMAIL]):
            return self._email(path)
        if path.endswith(SUFFIXES[Channel.SMS]):
            return self._sms(path)
        return _wrong(path, f"a template's name ends in {' or '.join(SUFFIXES.values())}")

    def _part(self, path: str) -> _Compiled:
        """Something that is only ever used inside a template."""
        read = expand(Place(path=path), self._sources[path], self._sources)
        pieces = [piece for piece in read.pieces if not (path.startswith(LAYOUTS) and is_frame_word(piece))]
        problems = (*read.problems, *problems_in(pieces), *unbalanced(pieces))
        return _Compiled(pieces=tuple(pieces), paths=frozenset(read.paths), problems=problems)

    def _sms(self, path: str) -> _Compiled:
        part = self._part(path)
        if part.problems:
            return part
        slots = Slots(self._sources[path])
        source = slots.restore(slots.hide(without_own_lines(list(part.pieces))))
        text = compile_source(path, source, language=self._language_of(path), shows_gaps=self._shows_gaps)
        return replace(part, text=text, gaps=gaps_of([text]))

    def _email(self, path: str) -> _Compiled:
        language = self._language_of(path)
        email = compile_email(path, self._sources, language)
        read = _Compiled(pieces=email.pieces, paths=email.paths, problems=email.problems)
        if email.problems:
            return read
        how: _How = {"language": language, "shows_gaps": self._shows_gaps}
        text, subject = (compile_source(path, source, **how) for source in (email.text, email.subject))
        html = compile_source(path, email.html, html=True, **how)
        return replace(read, text=text, subject=subject, html=html, gaps=gaps_of([text, subject, html]))

    def _language_of(self, path: str) -> str:
        """`cy` for `name.cy.email.md`: dates and the page's language go by the words around them."""
        parts = path.rpartition("/")[2].split(".")
        return parts[1] if len(parts) == 4 else self._language


def _wrong(path: str, message: str) -> _Compiled:
    found = problem(Place(path=path), "unknown-template", message)
    return _Compiled(paths=frozenset({path}), problems=(found,))


def _within(text: str, limit: int) -> str:
    if len(text) * 4 > limit and len(text.encode()) > limit:
        raise RenderError(f"longer than {limit // 1024} kB")
    return text
