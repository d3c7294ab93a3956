"""Where an if may stand among paragraphs and lists, so that no choice leaves broken or empty elements behind."""

from collections.abc import Iterator

from drip.content.markdown import Node
from drip.content.slots import Slots
from drip.content.template_problem import TemplateProblem, problem

_MESSAGE = "this if must end where it began: in the same paragraph, list item, bold or link; or on lines of their own"


def settle_tags(node: Node, slots: Slots) -> list[TemplateProblem]:
    """Moves every tag to where it belongs, in place. Problems name the tags that cannot stay where they are."""
    problems = [found for child in node.children for found in settle_tags(child, slots)]
    node.children = [outcome for child in node.children for outcome in _outside(child, slots)]
    node.children = _joined(node.children, slots)
    return problems + _unbalanced(node.children, slots)


def _word(node: Node, slots: Slots) -> str:
    return slots.piece(node.text).word if node.kind == "tag" else ""


def _unbalanced(children: list[Node], slots: Slots) -> list[TemplateProblem]:
    """Tags among these siblings that have no partner here."""
    open_ifs: list[Node] = []
    astray: list[Node] = []
    for child in children:
        word = _word(child, slots)
        if word == "if":
            open_ifs.append(child)
        elif word and not open_ifs:
            astray.append(child)
        elif word == "endif":
            open_ifs.pop()
    places = [slots.piece(child.text).place for child in astray + open_ifs]
    return [problem(place, "if-crosses", _MESSAGE) for place in places]


def _outside(node: Node, slots: Slots) -> list[Node]:
    """An element that is one if from end to end becomes one element for each choice: none is left empty."""
    children = _trimmed(node.children)
    branches = _branches(children, slots)
    if node.kind in ("text", "tag") or not branches:
        return [node]
    outcome: list[Node] = []
    for tag, content in branches:
        outcome.append(tag)
        if content := _trimmed(content):
            outcome.append(Node(node.kind, content, node.text))
    return [*outcome, children[-1]]


def _branches(children: list[Node], slots: Slots) -> list[tuple[Node, list[Node]]]:
    """The choices of the if that these siblings are, each behind its tag; empty when they are anything more."""
    branches: list[tuple[Node, list[Node]]] = []
    depth = 0
    for index, child in enumerate(children):
        word = _word(child, slots)
        depth += (word == "if") - (word == "endif")
        if depth == 1 and word in ("if", "elif", "else") and (word != "if" or not branches):
            branches.append((child, []))
        elif depth == 0 and word == "endif" and branches:
            return branches if index == len(children) - 1 else []
        elif not branches:
            return []
        else:
            branches[-1][1].append(child)
    return []


def _trimmed(children: list[Node]) -> list[Node]:
    start, end = 0, len(children)
    while start < end and _is_blank(children[start]):
        start += 1
    while end > start and _is_blank(children[end - 1]):
        end -= 1
    return children[start:end]


def _is_blank(node: Node) -> bool:
    return node.kind == "text" and not node.text.strip()


def _joined(children: list[Node], slots: Slots) -> list[Node]:
    """Lists that only tags had cut apart are one list again, with the tags between its items."""
    result: list[Node] = []
    index = 0
    while index < len(children):
        end = max(_ends_of_list(children, index, slots), default=0)
        if end:
            result.append(_one_list(children[index:end]))
        else:
            result.append(children[index])
        index = end or index + 1
    return result


def _ends_of_list(children: list[Node], start: int, slots: Slots) -> Iterator[int]:
    """Behind which siblings a joined list from `start` may end: whole ifs, and a list that is always there."""
    kind, depth, lists, always = "", 0, 0, False
    for index in range(start, len(children)):
        child = children[index]
        word = _word(child, slots)
        if child.kind in ("ul", "ol") and child.kind in (kind, kind or child.kind):
            kind, lists, always = child.kind, lists + 1, always or depth == 0
        elif not word or (depth == 0 and word != "if"):
            return
        depth += (word == "if") - (word == "endif")
        if depth == 0 and lists > 1 and always:
            yield index + 1


def _one_list(children: list[Node]) -> Node:
    first = next(child for child in children if child.kind != "tag")
    items = [part for child in children for part in ([child] if child.kind == "tag" else child.children)]
    return Node(first.kind, items, first.text)
