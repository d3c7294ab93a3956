"""Template sources taken apart into words and constructs, each with its place; and tokens that stand for constructs."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import islice
from typing import Final

from drip.content.template_problem import Place, TemplateProblem, problem

MAX_DEPTH: Final = 5
MOST_LEFT_OVER: Final = 20
"""Unclosed constructs of one stretch of words that are named: whoever has more mends these first."""

SHARED: Final = "shared/"


class Kind(Enum):
    """What a piece of a template is."""

    WORDS = auto()
    VALUE = auto()
    TAG = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Words, or one whole `{{ }}` or `{% %}`, with the place where it is written."""

    kind: Kind
    source: str
    place: Place

    @property
    def word(self) -> str:
        """The first word of a tag: `if`, `elif`, `else`, `endif`, `include`."""
        found = re.match(r"\{%[-+]?\s*(\w+)", self.source)
        return found[1] if found and self.kind is Kind.TAG else ""


@dataclass(slots=True)
class Expanded:
    """A template with its includes in place, the files it came from, and what went wrong."""

    pieces: list[Piece] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    problems: list[TemplateProblem] = field(default_factory=list)


# A construct is short and its quotes stay on a line: an unclosed one is reported where it begins.
_INSIDE = r"""(?:'[^'\n]*'|"[^"\n]*"|(?!%s)[^'"]){0,500}?"""
_CONSTRUCT = re.compile(
    r"\{\{" + _INSIDE % r"\}\}" + r"\}\}|\{%" + _INSIDE % r"%\}" + r"%\}|(?P<comment>\{\#.{0,5000}?\#\})", re.DOTALL
)
_ENDS: Final = {"{{": ("}}", 600), "{%": ("%}", 600), "{#": ("#}", 5_010)}
"""How constructs end, and within how many characters: where no end is near, none of it is read letter by letter."""

_LEFT_OVER = re.compile(r"\{[{%#]")
_INCLUDE = re.compile(r"""\{%\s*include\s+(?:"([^"]*)"|'([^']*)')\s*%\}""")
_ALONE_BEFORE = re.compile(r"(?:^|\n)[ \t]*$")
_ALONE_AFTER = re.compile(r"[ \t]*(?:\n|$)")
_OPENING = re.compile(r"(?:^|\n)([ >]*)$")


def expand(place: Place, text: str, sources: Mapping[str, str]) -> Expanded:
    """The pieces of `text`, which begins at `place`, with every `include` replaced by what it names. Never raises."""
    result = Expanded(paths={place.path})
    pieces = _split(place, text, result.problems)
    result.pieces = _expand(pieces, sources, result, (place.path,))
    return result


def without_own_lines(pieces: list[Piece], wanted: Callable[[Piece], bool] | None = None) -> list[Piece]:
    """As `pieces`, but a tag alone on its line takes the line with it: for text that is sent as it is written."""
    wanted = wanted or (lambda piece: piece.kind is Kind.TAG)
    result = list(pieces)
    for index, piece in enumerate(result):
        before = result[index - 1].source if index else ""
        after = result[index + 1].source if index + 1 < len(result) else ""
        rest = _ALONE_AFTER.match(after)
        if wanted(piece) and rest and _ALONE_BEFORE.search(before):
            if before:
                result[index - 1] = replace(result[index - 1], source=before.rstrip(" \t"))
            if after:
                result[index + 1] = replace(result[index + 1], source=after[rest.end() :])
    return result


def _split(place: Place, text: str, problems: list[TemplateProblem]) -> list[Piece]:
    """Words and constructs in turn; comments are left out with the line that they alone stand on."""
    pieces: list[Piece] = []
    end = 0
    for found in _constructs(text):
        _add_words(pieces, place, text[end : found.start()], problems)
        place = place.after(text[end : found.start()])
        kind = Kind.VALUE if found[0].startswith("{{") else Kind.TAG
        pieces.append(Piece(kind=kind, source=found[0], place=place))
        place = place.after(found[0])
        end = found.end()
    _add_words(pieces, place, text[end:], problems)
    return [piece for piece in without_own_lines(pieces, _is_comment) if not _is_comment(piece)]


def _constructs(text: str) -> Iterator[re.Match[str]]:
    """Every whole construct, in order."""
    start = 0
    while opening := _LEFT_OVER.search(text, start):
        begin, (closing, far) = opening.start(), _ENDS[opening[0]]
        found = _CONSTRUCT.match(text, begin) if text.find(closing, begin, begin + far) > 0 else None
        start = found.end() if found else begin + 1
        if found:
            yield found


def _add_words(pieces: list[Piece], place: Place, words: str, problems: list[TemplateProblem]) -> None:
    where, before = place, 0
    for found in islice(_LEFT_OVER.finditer(words), MOST_LEFT_OVER):
        where, before = where.after(words[before : found.start()]), found.start()
        message = f"{found[0]} is never closed, or a quote inside it has no pair"
        problems.append(problem(where, "template-syntax", message))
    if words:
        pieces.append(Piece(kind=Kind.WORDS, source=words, place=place))


def _is_comment(piece: Piece) -> bool:
    return piece.kind is Kind.TAG and piece.source.startswith("{#")


def _expand(pieces: list[Piece], sources: Mapping[str, str], result: Expanded, trail: tuple[str, ...]) -> list[Piece]:
    expanded: list[Piece] = []
    for piece in pieces:
        if piece.word != "include":
            expanded.append(piece)
            continue
        inner = _included(piece, sources, result, trail)
        opening = _OPENING.search(_words_before(expanded))
        expanded += _set_in(inner, opening[1], piece) if inner and opening else inner
    return expanded


def _words_before(pieces: list[Piece]) -> str:
    """The words on this line so far: tags on it do not keep an include from being a paragraph of its own."""
    words = ""
    for piece in reversed(pieces):
        words = ("" if piece.kind is Kind.TAG else piece.source) + words
        if "\n" in words:
            break
    return words


def _included(piece: Piece, sources: Mapping[str, str], result: Expanded, trail: tuple[str, ...]) -> list[Piece]:
    found = _INCLUDE.fullmatch(piece.source)
    path = (found[1] or found[2] or "") if found else ""
    complaint = _complaint(path, sources, trail)
    if complaint:
        result.problems.append(problem(piece.place, *complaint))
        return []
    result.paths.add(path)
    pieces = _split(Place(path=path), sources[path].strip("\n"), result.problems)
    return _expand(pieces, sources, result, (*trail, path))


def _complaint(path: str, sources: Mapping[str, str], trail: tuple[str, ...]) -> tuple[str, str] | None:
    """Why this cannot be included: a rule and a sentence."""
    if not path:
        return "template-not-allowed", 'write {% include "shared/name.email.md" %}: one name in quotes, nothing else'
    if not path.startswith(SHARED):
        return "unknown-include", f"only files in {SHARED} can be included, and {path} is not one"
    if path not in sources:
        near = difflib.get_close_matches(path, [known for known in sources if known.startswith(SHARED)], 1)
        return "unknown-include", f"there is no {path}" + (f": did you mean {near[0]}?" if near else "")
    if path in trail:
        return "include-loop", f"{path} would include itself"
    if len(trail) > MAX_DEPTH:
        return "include-depth", f"includes are nested more than {MAX_DEPTH} deep"
    return None


def _set_in(inner: list[Piece], opening: str, include: Piece) -> list[Piece]:
    """An include that begins its line brings whole paragraphs: each of its lines opens as that line did."""
    line = "\n" + opening
    pieces = [
        replace(piece, source=piece.source.replace("\n", line)) if piece.kind is Kind.WORDS else piece
        for piece in inner
    ]
    if not include.place.path.endswith(".md"):
        return pieces
    gap = Piece(kind=Kind.WORDS, source=line, place=include.place)
    return [gap, *pieces, gap]


class Slots:
    """Tokens that stand for constructs while their surroundings are read as Markdown, MJML and HTML.

    A token is letters and digits only: nothing on the way reads it, escapes it or cuts it.
    """

    def __init__(self, words: str) -> None:
        """`words` is everything that the tokens will stand in: their name must not occur there."""
        self._name = next(name for n in range(len(words) + 1) if (name := f"Slot{n}n") not in words)
        self._pieces: list[Piece] = []
        self.pattern = re.compile(rf"{self._name}(\d+)([vt])e")

    def hide(self, pieces: list[Piece]) -> str:
        """The pieces as one text, with a token for every construct."""
        return "".join(piece.source if piece.kind is Kind.WORDS else self._token(piece) for piece in pieces)

    def piece(self, token: str) -> Piece:
        """What a token stands for."""
        found = self.pattern.fullmatch(token)
        assert found is not None, "only our own tokens are asked for"  # noqa: S101
        return self._pieces[int(found[1])]

    def pieces_in(self, text: str) -> list[Piece]:
        """What the tokens in `text` stand for, in order."""
        return [self._pieces[int(found[1])] for found in self.pattern.finditer(text)]

    def parts(self, text: str) -> list[str]:
        """`text` cut before and behind each token."""
        parts: list[str] = []
        end = 0
        for found in self.pattern.finditer(text):
            parts += [text[end : found.start()], found[0]]
            end = found.end()
        return [part for part in [*parts, text[end:]] if part]

    def is_only_tags(self, text: str) -> bool:
        """Whether `text` is tags and spaces, and nothing a reader would see."""
        return self.pattern.search(text) is not None and not re.sub(self.pattern, self._unless_tag, text).strip()

    def restore(self, text: str) -> str:
        """Jinja2 source: constructs where the tokens were, and words that cannot be taken for constructs."""
        return "".join(
            self.piece(part).source if self.pattern.fullmatch(part) else _literal(part) for part in self.parts(text)
        )

    def _token(self, piece: Piece) -> str:
        self._pieces.append(piece)
        return f"{self._name}{len(self._pieces) - 1}{'v' if piece.kind is Kind.VALUE else 't'}e"

    def _unless_tag(self, found: re.Match[str]) -> str:
        return "" if found[2] == "t" else found[0]


def _literal(words: str) -> str:
    """A brace that a construct's first character might follow is written as a value, so that it stays a brace."""
    return re.sub(r"\{(?=[{%#]|$)", "{{ '{' }}", words)
