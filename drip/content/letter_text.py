"""A letter's tree as plain text, for readers without HTML: the same words, in the same order."""

import re
from itertools import count
from typing import Final

from drip.content.markdown import Node
from drip.content.slots import Slots

_NUMBER: Final = re.compile("\x02(\\d+):(\\d+)\x03")
_WHITE: Final = re.compile(r"[ \t\n]+")
_SCHEMES: Final = ("mailto:", "tel:")


def as_text(root: Node, slots: Slots) -> str:
    """Paragraphs with a line between; nothing is wrapped. Tags and values are still tokens."""
    return _Writer(slots).blocks(root.children)


def tidy(text: str) -> str:
    """The text once filled: lists numbered as shown, and no gaps where nothing was said."""
    if "\x02" in text:
        text = _numbered(text)
    if "  " in text:
        text = re.sub(r"(?<=\S) {2,}(?=\S)", " ", text)
    if " \n" in text:
        text = re.sub(r" +\n", "\n", text)
    if "\n\n\n" in text:
        text = re.sub(r"\n{3,}", "\n\n", text)
    return text.strip()


def _numbered(text: str) -> str:
    """Items are counted only now: an item behind an if may not be there."""
    counters: dict[str, count[int]] = {}

    def number(found: re.Match[str]) -> str:
        return str(next(counters.setdefault(found[1], count(int(found[2])))))

    return _NUMBER.sub(number, text)


class _Writer:
    """Writes one letter, and keeps count of its lists."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._lists = count()

    def blocks(self, nodes: list[Node]) -> str:
        return "".join(map(self._block, nodes))

    def _block(self, node: Node) -> str:
        match node.kind:
            case "tag":
                return node.text
            case "ul" | "ol":
                return self._list(node) + "\n"
            case "blockquote" | "root":
                return self.blocks(node.children)
            case "hr":
                return "---\n\n"
        return self._line(node.children) + "\n\n"

    def _list(self, node: Node) -> str:
        counts = any(child.kind == "tag" for child in node.children)
        numbers, written = count(int(node.text or 1)), next(self._lists)
        lines = ""
        for child in node.children:
            if child.kind == "tag":
                lines += child.text
                continue
            number = f"\x02{written}:{node.text or 1}\x03" if counts else str(next(numbers))
            lines += self._item(child, f"{number}. " if node.kind == "ol" else "- ")
        return lines

    def _item(self, node: Node, mark: str) -> str:
        """An item and what belongs to it, without lines between, further lines standing under the first."""
        text = re.sub(r"\n{2,}", "\n", self.blocks(node.children)).rstrip("\n")
        indent = " " * (3 if mark.endswith(". ") else 2)
        return f"{mark}{text}".replace("\n", "\n" + indent) + "\n"

    def _line(self, nodes: list[Node]) -> str:
        return "".join(map(self._words, nodes)).strip()

    def _words(self, node: Node) -> str:
        match node.kind:
            case "text":
                return _WHITE.sub(" ", node.text)
            case "tag":
                return node.text
            case "br":
                return "\n"
            case "a":
                return self._link(self._line(node.children), node.text)
        return "".join(map(self._words, node.children))

    def _link(self, words: str, address: str) -> str:
        """`words (address)`; only the words where they are the address."""
        for scheme in _SCHEMES:
            address = address.removeprefix(scheme)
        same = self._slots.restore(words) == self._slots.restore(address)
        return words if same else f"{words} ({address})"
