"""The frame around every email: MJML to inlined HTML, and the same frame as plain text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import Final

import css_inline
from mjml import mjml2html

from drip.content.markdown import Node, words_and_tags
from drip.content.slots import Kind, Piece, Slots

_ELEMENTS: Final = frozenset({"p", "h1", "h2", "h3", "ul", "ol", "li", "a", "strong", "em", "blockquote"})
_LINES: Final = {"br": "br", "hr": "hr", "mj-divider": "hr"}
_FRAME_WORD: Final = re.compile(r"\{\{\s*(content|subject|preheader|language)\s*\}\}")
_UNSEEN: Final = frozenset({"mj-head", "mj-style", "mj-raw"})
_REMOTE: Final = re.compile(
    r"<(?:link|img|script|iframe|object|video|audio)\b|@import|url\(|\bsrc=|\bbackground=", re.I
)
_INLINER: Final = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


def layout_for(language: str, sources: Mapping[str, str]) -> str | None:
    """The frame in this language, else the one for all."""
    paths = (f"layouts/email.{language}.mjml", "layouts/email.mjml")
    return next((path for path in paths if path in sources), None)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a layout is given besides the letter; tokens still in place."""

    subject: str
    preheader: str
    language: str


def is_frame_word(piece: Piece) -> bool:
    """Whether a layout asks here for the letter or for what is in its `Frame`."""
    return _FRAME_WORD.fullmatch(piece.source) is not None


def fill_frame(pieces: list[Piece], slots: Slots, frame: Frame) -> tuple[str, str]:
    """The layout's MJML, and the token in it that stands for the letter."""
    content = slots.hide([Piece(kind=Kind.VALUE, source="{{ content }}", place=pieces[0].place)])
    given = {
        "content": content,
        "subject": escape(frame.subject),
        "preheader": escape(frame.preheader),
        "language": frame.language,
    }
    found = ((_FRAME_WORD.fullmatch(piece.source), piece) for piece in pieces)
    return "".join(given[word[1]] if word else slots.hide([piece]) for word, piece in found), content


def layout_html(mjml: str) -> str:
    """HTML that any mail program reads: styles inlined, dark colours kept, nothing remote. ValueError says why not."""
    html = _INLINER.inline(mjml2html(mjml, fonts={}))
    if found := _REMOTE.search(html):
        raise ValueError(f"an email may fetch nothing from elsewhere, and this has {found[0]}")
    return html


def layout_words(mjml: str, slots: Slots) -> Node:
    """What a reader sees of a frame, as a letter's tree: so that the text part says what the HTML says."""
    reader = _Reader(slots)
    reader.feed(mjml)
    reader.close()
    return reader.root


class _Reader(HTMLParser):
    """Keeps paragraphs and links; MJML's own elements are only the boxes around them."""

    def __init__(self, slots: Slots) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("root")
        self._slots = slots
        self._trail = [self.root]
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif self._unseen:
            return
        elif tag in _LINES:
            self._trail[-1].children.append(Node(_LINES[tag]))
        elif tag in _ELEMENTS:
            node = Node(tag, text=dict(attrs).get("href") or "")
            self._trail[-1].children.append(node)
            self._trail.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LINES:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen -= 1
        elif not self._unseen and self._trail[-1].kind == tag:
            self._trail.pop()

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        nodes = list(words_and_tags(data, self._slots))
        if self._trail[-1] is self.root:
            # Between paragraphs only tags matter, and words that stand there alone are a paragraph.
            nodes = [node if node.kind == "tag" else Node("p", [node]) for node in nodes if node.text.strip()]
        self._trail[-1].children += nodes
