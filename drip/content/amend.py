"""One change to a YAML text: the lines that say it, and no other character of the file.

Text in, text out. Comments, quotes and layout stay. Each change is read back before it is believed: CannotAmend
where the result would not say exactly what was asked.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, TypeAlias

from drip.content import amend_list, amend_map
from drip.content.scalars import written
from drip.content.strict_yaml import Loc, Node, YamlProblem, read_yaml
from drip.content.written import CannotAmend, Part, read_written

Value: TypeAlias = "str | Sequence[str | Sequence[str]] | Mapping[str, Value]"
"""What may be written: a text, a list of texts or of lists of them, or a mapping of such."""

Tree: TypeAlias = Any
"""Texts, lists and dicts."""

_REMARK = re.compile(r"(?<!\S)#")
"""As a comment begins. In a text in quotes it may mean nothing; then it is refused for nothing, and no more."""

ELSEWHERE = "the way this part of the file is written is beyond the form: change it in the YAML view"


def put(text: str, loc: Loc, value: Value, order: Sequence[str] = ()) -> str:
    """The text with this value there. A new key takes its place by `order`; a value that is there changes nothing."""
    if not isinstance(value, str) and not value:
        return drop(text, loc)
    found = read_written(text).find(loc)
    if found is not None and _same(found.plain(), value):
        return text
    return _checked(text, _put(text, loc, found, value, order), lambda tree: _with(tree, loc, value))


def drop(text: str, loc: Loc) -> str:
    """The text without a key or an item. Whatever would be left empty around it goes too."""
    root = read_written(text)
    if root.find(loc) is None:
        return text
    while len(loc) > 1 and _is_alone(root, loc):
        loc = loc[:-1]
    parent = _parent(root, loc)
    name = loc[-1]
    after = (
        amend_map.without(text, parent, name) if isinstance(name, str) else amend_list.without(text, parent, int(name))
    )
    return _checked(text, after, lambda tree: _without(tree, loc))


def rename(text: str, loc: Loc, key: str) -> str:
    """The text with a key under another name, at its place and with its value."""
    parent = _parent(read_written(text), loc)
    old = str(loc[-1])
    start, end = parent.keys[old]
    return _checked(text, text[:start] + key + text[end:], lambda tree: _renamed(tree, loc, key))


def insert(text: str, loc: Loc, position: int, item: Mapping[str, str], order: Sequence[str] = ()) -> str:
    """The text with one more mapping in the list at `loc`, before the one that stands at `position` now.

    Where there is no list, one begins with it: a key that takes its place by `order`.
    """
    there = read_written(text).find(loc)
    if there is None or there.value == []:
        return _begun(text, loc, there, item, order)
    found = _list(text, loc)
    after = amend_list.with_mapping(text, found, position, item)
    return _checked(text, after, lambda tree: _inserted(tree, loc, position, dict(item)))


def _begun(text: str, loc: Loc, found: Part | None, item: Mapping[str, str], order: Sequence[str]) -> str:
    parent = _parent(read_written(text), loc)
    said = f"[{amend_map.rendered(item, in_line=True)}]"
    if found is None:
        after = amend_map.with_entry(text, parent, str(loc[-1]), said, order)
    else:
        after = amend_map.replaced(text, found, said)
    return _checked(text, after, lambda tree: _with(tree, loc, [dict(item)]))


def copy(text: str, loc: Loc, position: int, key: str, value: str) -> str:
    """The text with an item twice, the second with another value under `key`."""
    found = _list(text, loc)
    item = found.items[position].plain()
    after = amend_list.with_copy(text, found, position)
    twice = _checked(text, after, lambda tree: _inserted(tree, loc, position + 1, item))
    return put(twice, (*loc, position + 1, key), value)


def move(text: str, loc: Loc, position: int, to: int) -> str:
    """The text with an item of a list at another position, with the comment above it."""
    found = _list(text, loc)
    after = amend_list.moved(text, found, position, to)
    return _checked(text, after, lambda tree: _reordered(tree, loc, position, to))


def _put(text: str, loc: Loc, found: Part | None, value: Value, order: Sequence[str]) -> str:
    if found is None:
        parent = _parent(read_written(text), loc)
        return amend_map.with_entry(
            text, parent, str(loc[-1]), amend_map.rendered(value, in_line=parent.in_line), order
        )
    if isinstance(value, Mapping):
        if found.entries:
            return _put_entries(text, loc, found, value)
    elif not isinstance(value, str):
        if found.items:
            return _put_items(text, loc, found.plain(), value)
        value = value[0] if len(value) == 1 else value
    parent = _parent(read_written(text), loc)
    if _has_remarks(text, found):
        raise CannotAmend("there are comments in what this would replace: change it in the YAML view")
    if isinstance(value, str) and isinstance(found.value, str):
        said = written(value, like=found.style, was=found.value, in_line=parent.in_line)
        return amend_map.replaced(text, found, said)
    return amend_map.replaced(text, found, amend_map.rendered(value, in_line=parent.in_line))


def _has_remarks(text: str, found: Part) -> bool:
    """Whether comments stand in a list or a mapping, or behind its last line: with other things there, they lie."""
    if isinstance(found.value, str):
        return False
    end = found.end if found.in_line else amend_map.end_of_line(text, found.end)
    return _REMARK.search(text, found.start, end) is not None


def _put_entries(text: str, loc: Loc, found: Part, value: Mapping[str, Value]) -> str:
    for key, one in value.items():
        text = put(text, (*loc, key), one, tuple(value))
    for key in found.entries:
        if key not in value:
            text = drop(text, (*loc, key))
    return text


def _put_items(text: str, loc: Loc, known: Sequence[Tree], values: Sequence[str | Sequence[str]]) -> str:
    """Only the items that differ are touched, from the last to the first: the places before them stay true."""
    was, now = ([_comparable(one) for one in told] for told in (known, values))
    steps = SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
    for _, start, end, first, last in reversed([one for one in steps if one[0] != "equal"]):
        both = min(end - start, last - first)
        for value in reversed(values[first + both : last]):
            text = amend_list.with_value(text, _list(text, loc), start + both, value)
        for position in reversed(range(start + both, end)):
            text = amend_list.without(text, _list(text, loc), position)
        for n in range(both):
            text = put(text, (*loc, start + n), values[first + n])
    return text


def _comparable(told: Tree) -> object:
    return told if isinstance(told, str) else tuple(map(str, told))


def _parent(root: Part, loc: Loc) -> Part:
    parent = root.find(loc[:-1])
    if parent is None or not isinstance(parent.value, list | dict):
        raise CannotAmend(ELSEWHERE)
    return parent


def _list(text: str, loc: Loc) -> Part:
    found = read_written(text).find(loc)
    if found is None or not found.items:
        raise CannotAmend(ELSEWHERE)
    return found


def _is_alone(root: Part, loc: Loc) -> bool:
    parent = _parent(root, loc)
    return len(parent.items) + len(parent.entries) == 1


def _checked(before: str, after: str, change: Callable[[Tree], Tree]) -> str:
    """The text after a change, if it says what the text before says with that change."""
    root, _ = _strictly(before)
    result, problems = _strictly(after)
    if root is None:
        raise CannotAmend("the file has a mistake that must be put right in the YAML view first")
    if result is None or not _same(result.text(), change(root.text())):
        raise CannotAmend(problems[0].message if problems else ELSEWHERE)
    return after


@lru_cache(maxsize=16)
def _strictly(text: str) -> tuple[Node | None, list[YamlProblem]]:
    return read_yaml(text.encode("utf-8", "surrogatepass"))


def _same(one: Tree, other: Tree) -> bool:
    """Whether they say the same: in these files, one thing stands for a list of one."""
    if isinstance(one, dict) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, str) and not isinstance(other, str | Mapping):
        return [one] == list(other)
    if isinstance(one, list) and not isinstance(other, str | Mapping):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _with(tree: Tree, loc: Loc, value: Tree) -> Tree:
    parent = _at(tree, loc[:-1])
    parent[loc[-1]] = value
    return tree


def _without(tree: Tree, loc: Loc) -> Tree:
    del _at(tree, loc[:-1])[loc[-1]]
    return tree


def _renamed(tree: Tree, loc: Loc, key: str) -> Tree:
    parent = _at(tree, loc[:-1])
    parent[key] = parent.pop(loc[-1])
    return tree


def _inserted(tree: Tree, loc: Loc, position: int, item: Tree) -> Tree:
    _at(tree, loc).insert(position, item)
    return tree


def _reordered(tree: Tree, loc: Loc, position: int, to: int) -> Tree:
    items = _at(tree, loc)
    items.insert(to, items.pop(position))
    return tree


def _at(tree: Tree, loc: Loc) -> Tree:
    for name in loc:
        tree = tree[name]
    return tree
