"""What is said to an answer as the fields of a form, and back: only what differs is written."""

from collections.abc import Mapping
from typing import Any, Final

from drip.content.amend import insert
from drip.content.question_schema import AskShape, FollowUpShape
from drip.content.shape import keys_of
from drip.content.step_form import Fields, tidy, with_texts
from drip.content.step_tree import Placed, led_to
from drip.core.model import Send

ORDER: Final = keys_of(FollowUpShape)

USUAL: Final[Fields] = {"send": Send.BOTH.value}
"""What holds where nothing is said."""

PLAIN: Final = ("if", "after", "at", "send", "purpose", "expires")
"""Keys that are fields of the same name."""

_ASK_ORDER: Final = keys_of(AskShape)


def follow_up_fields(tree: Mapping[str, Any]) -> Fields:
    """Its fields, from its text tree. What a field cannot hold is left out."""
    told = {name: tree.get(name, USUAL.get(name, "")) for name in PLAIN}
    return {name: value for name, value in told.items() if isinstance(value, str)}


def beyond_follow_up(tree: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys that the form has no field for: they stay as they are."""
    named = {"sms", "email", "ask", *follow_up_fields(tree)}
    return tuple(key for key in tree if key not in named)


def with_follow_up(text: str, placed: Placed, fields: Fields) -> str:
    """The text in which it says what the fields say. A field that is not named stays as it is."""
    known = follow_up_fields(placed.tree)
    new = {name: one for name in known if name in fields and (one := tidy(fields[name])) != tidy(known[name])}
    return with_texts(text, placed.loc, new, USUAL, ORDER)


def with_one_more(text: str, placed: Placed, condition: str, channel: str, words: str) -> str:
    """The text in which the answers to a question lead to one thing more.

    It goes last; but with a condition, before what takes every answer.
    """
    known = list(led_to(placed))
    item = {"if": tidy(condition), channel: words}
    takes_all = bool(known) and "if" not in known[-1].tree and bool(item["if"])
    place = len(known) - takes_all
    said = {key: value for key, value in item.items() if value}
    return insert(text, (*placed.loc, "ask", "then"), place, said, _ASK_ORDER)
