"""The Markdown that clinicians may write, read into a small tree: headings, lists, boxes, links, emphasis."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from drip.content.slots import Slots


@dataclass(slots=True)
class Node:
    """A part of a letter. `kind` is the HTML element, or `text` for words and `tag` for the token of an if."""

    kind: str
    children: list["Node"] = field(default_factory=list)
    text: str = ""
    """Words, a tag's token, a link's address, or the number that a numbered list begins with."""


# No raw HTML, images, tables or code; and a line of dashes under words is not a heading, but a rule.
_RULES: Final = ["heading", "list", "blockquote", "hr", "newline", "escape", "emphasis", "link", "autolink", "entity"]


def read_markdown(text: str, slots: Slots) -> Node:
    """The tree of `text`. Raw HTML stays words; a line of nothing but tags stands between paragraphs."""
    reader = MarkdownIt("zero", {"html": False}).enable(_RULES)

    def tag_line(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
        content = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
        if not slots.is_only_tags(content):
            return False
        if not silent:
            state.push("tags", "", 0).content = content
            state.line = line + 1
        return True

    reader.block.ruler.before("paragraph", "tags", tag_line, {"alt": ["paragraph", "blockquote", "list"]})
    return _tree(reader.parse(text), slots)


def _tree(tokens: list[Token], slots: Slots) -> Node:
    """Opening and closing tokens as nested nodes."""
    root = Node("root")
    trail = [root]
    for token in tokens:
        if token.nesting > 0:
            node = Node(token.tag, text=str(token.attrs.get("href") or token.attrs.get("start") or ""))
            trail[-1].children.append(node)
            trail.append(node)
        elif token.nesting < 0:
            trail.pop()
        else:
            trail[-1].children += _leaf(token, slots)
    return root


def _leaf(token: Token, slots: Slots) -> list[Node]:
    if token.type == "inline":
        return _tree(token.children or [], slots).children
    if token.type == "softbreak":
        return [Node("text", text="\n")]
    if token.type in ("hardbreak", "hr"):
        return [Node(token.tag)]
    nodes = words_and_tags(token.content, slots)
    return [node for node in nodes if node.kind == "tag"] if token.type == "tags" else list(nodes)


def words_and_tags(text: str, slots: Slots) -> Iterator[Node]:
    """`text` as nodes: a tag is a node of its own, a value stays among the words."""
    words = ""
    for part in slots.parts(text):
        if slots.is_only_tags(part):
            yield from [Node("text", text=words)] if words else []
            yield Node("tag", text=part)
            words = ""
        else:
            words += part
    yield from [Node("text", text=words)] if words else []
