"""What is told of a message, and what is done to it on the way: lost, doubled, out of order, forged."""

from collections.abc import Iterable
from random import Random
from typing import TypeVar

from drip.sandbox.script import Receipts

W = TypeVar("W")


def as_told(words: Iterable[W], how: Receipts, dice: Random) -> list[tuple[W, bool]]:
    """The words in the order in which they are told, and whether each has a forged twin before it."""
    told = [word for word in words if not (how.lost and dice.random() < how.lost) for _ in range(how.duplicate)]
    if how.out_of_order:
        told.reverse()
    return [(word, bool(how.forged) and dice.random() < how.forged) for word in told]
