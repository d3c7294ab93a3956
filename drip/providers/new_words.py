"""What a patient wrote themselves in a mail, without the history, the signature and the markup around it."""

import re
from collections.abc import Sequence
from html import unescape

LONGEST = 5_000
"""Characters of a reply that are kept."""

_CONSIDERED = 200_000
"""Characters of a body that are looked at: what is new stands near the top, or under a short history."""

_LONGEST_LINE = 500
"""No line that announces history is longer."""

_ANNOUNCES = re.compile(
    # "On Thu, 11 Jun 2026 at 09:00, ProHealth <care@clinic.example> wrote:", and so in Welsh and in Polish.
    r"(?:on|ar|w dniu|dnia)\b(?=.*\d).{3,400}\b(?:wrote|ysgrifennodd|pisze|napisał(?:a|\(a\))?).{0,120}:"
    # Polish Gmail begins with the weekday, so here the address tells.
    r"|.{0,200}<[^<>\s]{1,320}>.{0,80}\b(?:wrote|ysgrifennodd|pisze|napisał(?:a|\(a\))?)\s*:"
    r"|wiadomość napisana przez .{1,300}:",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"-{2,}\s*(?:original message|forwarded message|neges wreiddiol|neges a anfonwyd ymlaen"
    r"|oryginalna wiadomość|wiadomość oryginalna|przekazana wiadomość|treść przekazanej wiadomości)\s*-{2,}"
    r"|begin forwarded message:",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(?:from|od|oddi wrth|oddi)\s*:", re.IGNORECASE)
_OTHER_FIELD = re.compile(
    r"\*?(?:sent|date|to|cc|subject|wysłano|data|do|dw|temat|anfonwyd|dyddiad|at|pwnc)\s*:", re.IGNORECASE
)
_ADDED_BY_A_PHONE = re.compile(
    r"(?:sent (?:from|via)|get outlook for|wysłan[eyao] (?:z|ze|za)|pobierz (?:program|aplikację) outlook"
    r"|uzyskaj (?:program|aplikację) outlook|anfonwyd o|cael outlook) .{1,90}",
    re.IGNORECASE,
)
_ORNAMENT = re.compile(r"[\s_*=-]*")


def new_words(text: str) -> str:
    """The new words in a body of plain text; empty when all of it is history."""
    lines = [line.replace("\N{NO-BREAK SPACE}", " ") for line in text[:_CONSIDERED].splitlines()]
    kept = _without_history(lines)
    while kept and (_ORNAMENT.fullmatch(kept[-1]) or _ADDED_BY_A_PHONE.fullmatch(kept[-1])):
        kept.pop()
    return "\n".join(kept).strip()[:LONGEST].rstrip()


def _without_history(lines: Sequence[str]) -> list[str]:
    """Words may stand above the history, below it, or between its lines: what is marked with `>` goes, and no more."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        announced = 0 if line.startswith(">") else _announcement(lines, at)
        if line == "--" or _RULE.fullmatch(line[:_LONGEST_LINE]) or _is_block(lines, at):
            break
        if announced and not _is_marked(lines, at + announced):
            break  # nothing says where it ends
        if not announced and not line.startswith(">"):
            kept.append(line)
        at += max(announced, 1)
    return kept


def _announcement(lines: Sequence[str], at: int) -> int:
    """How many lines, from here, announce history. Mail programs break the announcement wherever it gets long."""
    joined = ""
    for number, line in enumerate(lines[at : at + 3], start=1):
        words = line.strip()
        if not words or words.startswith(">") or len(joined) + len(words) > _LONGEST_LINE:
            return 0
        joined = f"{joined} {words}".strip()
        if _ANNOUNCES.fullmatch(joined):
            return number
    return 0


def _is_marked(lines: Sequence[str], at: int) -> bool:
    following = (line.strip() for line in lines[at : at + 5])
    return next((line for line in following if line), "").startswith(">")


def _is_block(lines: Sequence[str], at: int) -> bool:
    """Whether the headers of an earlier mail begin here, as Outlook writes them."""
    if not _FROM.match(lines[at].strip()):
        return False
    return sum(1 for line in lines[at + 1 : at + 7] if _OTHER_FIELD.match(line.strip())) >= 2


_TAG = re.compile(r"<(?:(!--)|(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>|[!?][^<>]*>)")
"""No part of it can be read twice, so that hostile markup costs no more time than any other."""

_UNSEEN = frozenset({"head", "script", "style", "title"})
_NEW_LINE = frozenset(
    {"address", "article", "blockquote", "br", "center", "div", "dd", "dl", "dt", "footer", "form", "h1", "h2", "h3"}
    | {"h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)
_DEEPEST = 20


class _Page:
    """Markup becoming lines; what stands in a blockquote is marked with `>`, as in plain text."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._unseen = ""
        self._depth = 0

    def add_words(self, words: str) -> None:
        if not self._unseen:
            self._line.append(words)

    def add_tag(self, name: str, *, closes: bool) -> None:
        if name in _UNSEEN and not closes:
            self._unseen = self._unseen or name
        elif name == self._unseen or name == "body":
            self._unseen = ""
        if name in _NEW_LINE:
            self._end_line()
        if name == "blockquote":
            self._depth = max(self._depth - 1, 0) if closes else min(self._depth + 1, _DEEPEST)

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines)

    def _end_line(self) -> None:
        words = " ".join(unescape("".join(self._line)).split())
        self._line.clear()
        self._lines.append(">" * self._depth + words if words else "")


def words_of_html(html: str) -> str:
    """The words that a page shows, line by line. Understands no more markup than mail programs need for a reply."""
    page, at = _Page(), 0
    html = html[: 2 * _CONSIDERED]
    while (tag := _TAG.search(html, at)) is not None:
        page.add_words(html[at : tag.start()])
        at = tag.end()
        if tag[1]:
            ends = html.find("-->", at)
            at = len(html) if ends < 0 else ends + 3
        elif tag[3]:
            page.add_tag(tag[3].lower(), closes=bool(tag[2]))
    page.add_words(html[at:])
    return page.text()
