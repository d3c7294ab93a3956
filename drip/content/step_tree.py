"""Every step in a file's text tree, and what is said to answers, each by the name that its sequence has for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from drip.content.follow_up_rules import follow_ups_in
from drip.content.follow_ups import called
from drip.content.step_form import steps_of
from drip.content.strict_yaml import Loc


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A step, or what is said to an answer, and where the file has it."""

    name: str
    """`days-done`; said to its answers: `days-done.worst-pain`."""
    loc: Loc
    tree: Mapping[str, Any] = field(repr=False)
    words: str
    """What its words are called where nothing is said about that."""

    @property
    def is_step(self) -> bool:
        """Whether it stands in the list of steps."""
        return len(self.loc) == 2

    @property
    def asks(self) -> Mapping[str, Any] | None:
        """What the file says of its question, if it has one."""
        told = self.tree.get("ask")
        return told if isinstance(told, dict) else None


def all_steps(tree: object) -> Iterator[Placed]:
    """The steps that have a name, each followed by whatever its answers lead to."""
    for position, step in steps_of(tree):
        placed = Placed(name=step["id"], loc=("steps", position), tree=step, words=step["id"])
        yield placed
        yield from _below(placed)


def placed_in(tree: object, name: str) -> Placed | None:
    """What is called that."""
    return next((one for one in all_steps(tree) if one.name == name), None)


def led_to(placed: Placed) -> Iterator[Placed]:
    """What the answers to its question lead to, in their order."""
    names = set()
    for n, (tree, loc) in enumerate(follow_ups_in(placed.asks or {}, (*placed.loc, "ask")), 1):
        words = next((name for key in ("sms", "email") if isinstance(name := tree.get(key), str) and name), "")
        name = called(f"{placed.name}.{words or n}")
        if name in names:  # which is a mistake: each must be found all the same
            name = called(f"{placed.name}.{words}.{n}")
        names.add(name)
        yield Placed(name=name, loc=loc, tree=tree, words=words or str(n))


def _below(placed: Placed) -> Iterator[Placed]:
    for one in led_to(placed):
        yield one
        yield from _below(one)
