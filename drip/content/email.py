"""Emails, compiled once: Markdown and layout in, Jinja2 sources for subject, text and HTML out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from drip.content.email_header import read_header
from drip.content.email_layout import Frame, fill_frame, is_frame_word, layout_for, layout_html, layout_words
from drip.content.letter_html import as_html
from drip.content.letter_text import as_text
from drip.content.markdown import Node, read_markdown
from drip.content.markdown_tags import settle_tags
from drip.content.slots import Expanded, Kind, Piece, Slots, expand
from drip.content.template_grammar import problems_in, unbalanced, variables_in
from drip.content.template_problem import Place, TemplateProblem, problem

LINKS_MAY_LEAD_TO: Final = ("links", "clinic", "site")
"""Never to an address that somebody outside has chosen."""

_SCHEMES: Final = ("https://", "http://", "mailto:", "tel:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """An email ready for its values: three Jinja2 sources, and all that they were made of."""

    subject: str = ""
    text: str = ""
    html: str = ""
    pieces: tuple[Piece, ...] = ()
    paths: frozenset[str] = frozenset()
    problems: tuple[TemplateProblem, ...] = ()


@dataclass(slots=True)
class _Draft:
    """What is read of an email before it is put together."""

    path: str
    fields: dict[str, list[Piece]]
    body: Expanded
    layout: Expanded
    problems: list[TemplateProblem]

    @property
    def parts(self) -> list[list[Piece]]:
        """Each stretch in which an if must end if it begins there."""
        layout = [piece for piece in self.layout.pieces if not is_frame_word(piece)]
        return [*self.fields.values(), self.body.pieces, layout]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Everything that is written, in reading order."""
        return tuple(piece for part in self.parts for piece in part)


def compile_email(path: str, sources: Mapping[str, str], language: str) -> Email:
    """The email at `path`. Never raises: what is wrong is in its `problems`, and then there are no sources."""
    draft = _read(path, sources, language)
    paths = frozenset({path} | draft.body.paths | draft.layout.paths)
    problems = problems_in(draft.pieces) + [found for part in draft.parts for found in unbalanced(part)]
    email = Email(pieces=draft.pieces, paths=paths, problems=(*draft.problems, *problems))
    return email if email.problems else _put_together(email, draft, language)


def _read(path: str, sources: Mapping[str, str], language: str) -> _Draft:
    header = read_header(path, sources[path])
    body = expand(header.body_at, header.body, sources)
    layout = layout_for(language, sources)
    frame = expand(Place(path=layout), sources[layout], sources) if layout else Expanded()
    problems = [*header.problems, *body.problems, *frame.problems]
    if not layout:
        problems.append(problem(Place(path=path), "unknown-layout", "there is no layouts/email.mjml"))
    return _Draft(path=path, fields=header.fields, body=body, layout=frame, problems=problems)


def _put_together(email: Email, draft: _Draft, language: str) -> Email:
    slots = Slots("".join(piece.source for piece in (*email.pieces, *draft.layout.pieces)))
    subject, preheader = (slots.hide(draft.fields.get(name, [])) for name in ("subject", "preheader"))
    letter = read_markdown(slots.hide(draft.body.pieces), slots)
    mjml, content = fill_frame(draft.layout.pieces, slots, Frame(subject, preheader, language))
    outside = layout_words(mjml, slots)
    problems = settle_tags(letter, slots) + settle_tags(outside, slots)
    problems += [found for node in (letter, outside) for found in _bad_links(node, email, slots)]
    html = ""
    try:
        html = layout_html(mjml.replace(content, as_html(letter)))
    except ValueError as error:
        problems.append(problem(draft.layout.pieces[0].place, "layout", str(error)))
    if problems:
        return replace(email, problems=tuple(problems))
    text = as_text(outside, slots).replace(content, as_text(letter, slots).strip())
    return replace(email, subject=slots.restore(subject), text=slots.restore(text), html=slots.restore(html))


def _bad_links(node: Node, email: Email, slots: Slots) -> Iterator[TemplateProblem]:
    """Links that lead nowhere, or where somebody outside could choose."""
    for child in node.children:
        yield from _bad_links(child, email, slots)
    if node.kind != "a":
        return
    pieces = slots.pieces_in(node.text)
    for variable in variables_in(piece for piece in pieces if piece.kind is Kind.VALUE):
        if variable.object not in LINKS_MAY_LEAD_TO:
            place = Place(path=variable.path, line=variable.line, column=variable.column)
            yield problem(
                place, "link", f"a link can only lead to {', '.join(LINKS_MAY_LEAD_TO)}: nobody else's address"
            )
    tag = next((piece for piece in pieces if piece.kind is Kind.TAG), None)
    if tag:
        yield problem(tag.place, "link", "an if cannot stand in a link's address: put it around the link")
    if not pieces and not node.text.startswith(_SCHEMES):
        yield problem(_place_of(node.text, email), "link", f"a link begins with one of {' '.join(_SCHEMES)}")


def _place_of(words: str, email: Email) -> Place:
    """Where these words are written; at the latest, where the letter begins."""
    for piece in email.pieces:
        if piece.kind is Kind.WORDS and words in piece.source:
            return piece.place.after(piece.source[: piece.source.index(words)])
    return email.pieces[0].place
