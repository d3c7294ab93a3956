"""A letter's tree as HTML."""

from html import escape
from typing import Final

from drip.content.markdown import Node

_EMPTY: Final = {"br": "<br />", "hr": "<hr />\n"}
_BLOCKS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"})


def as_html(node: Node) -> str:
    """Well-formed HTML; tags and values are still tokens."""
    match node.kind:
        case "root":
            return _inside(node)
        case "text":
            return escape(node.text)
        case "tag":
            return node.text
        case "br" | "hr":
            return _EMPTY[node.kind]
        case "a":
            return f'<a href="{escape(node.text)}">{_inside(node)}</a>'
        case "li" if node.children and node.children[0].kind == "p":
            # One look for all lists, whether or not the author left lines between the items.
            return f"<li>{_inside(node.children[0])}{''.join(map(as_html, node.children[1:]))}</li>\n"
        case "ol" if node.text not in ("", "1"):
            return f'<ol start="{int(node.text)}">\n{_inside(node)}</ol>\n'
    line = "\n" if node.kind in _BLOCKS else ""
    return f"<{node.kind}>{_inside(node)}</{node.kind}>{line}"


def _inside(node: Node) -> str:
    return "".join(map(as_html, node.children))
