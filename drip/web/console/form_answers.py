"""What a question's answers lead to: one thing more, another order, one less."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from drip.content.amend import drop, move
from drip.content.follow_up_form import with_one_more
from drip.content.step_tree import Placed, led_to
from drip.content.strict_yaml import Loc
from drip.content.text_values import read_id
from drip.content.written import CannotAmend
from drip.core.draft import SEQUENCE
from drip.core.model import Channel
from drip.core.role import Permission
from drip.web.console.door import Door
from drip.web.console.drafting import opened
from drip.web.console.form_ask import shown
from drip.web.console.form_told import lost, placed_of, sent, wrong_in
from drip.web.console.sequence import MISSING
from drip.web.console.visit import Page, Visit

Deed: TypeAlias = Callable[[Visit, str, Placed], str]
"""Makes another text of the sequence file's, for the question of a step."""


def add_to(door: Door) -> None:
    """These deeds."""
    door.deed("/console/drafts/{id}/form/{name}/answers", Permission.WRITE, _do)


def _do(visit: Visit) -> Page:
    draft, deed = opened(visit), _DEEDS.get(visit.form.get("do", ""))
    if draft is None or deed is None:
        return MISSING
    placed = placed_of(draft, visit.path["name"])
    if placed is None or placed.asks is None:
        return lost(visit, draft)
    text = draft.files[SEQUENCE]
    draft, told = sent(
        visit,
        draft,
        lambda: {**draft.files, SEQUENCE: deed(visit, text, placed)},
        lambda after: wrong_in(draft, after, placed.loc, _nowhere),
    )
    return shown(visit, draft, told)


def _nowhere(_: Loc) -> None:
    """No field here: only what was not wrong before stands in the way."""


def _added(visit: Visit, text: str, placed: Placed) -> str:
    words = visit.form.get("words", "")
    try:
        name = read_id(words)
    except ValueError as problem:
        raise CannotAmend(f"its words need a name: {problem}") from None
    channel = Channel.EMAIL if visit.form.get("by") == Channel.EMAIL else Channel.SMS
    return with_one_more(text, placed, visit.form.get("if", ""), channel, name)


def _removed(visit: Visit, text: str, placed: Placed) -> str:
    return drop(text, _chosen(visit, placed).loc)


def _moved(by: int) -> Deed:
    def deed(visit: Visit, text: str, placed: Placed) -> str:
        places = [int(one.loc[-1]) for one in led_to(placed)]
        n = places.index(int(_chosen(visit, placed).loc[-1]))
        to = places[min(max(n + by, 0), len(places) - 1)]
        return move(text, (*placed.loc, "ask", "then"), places[n], to)

    return deed


def _chosen(visit: Visit, placed: Placed) -> Placed:
    name = visit.form.get("which", "")
    found = next((one for one in led_to(placed) if one.name == name), None)
    if found is None:
        raise CannotAmend("that is not in the draft any more: look at the list again")
    return found


_DEEDS: Mapping[str, Deed] = {"up": _moved(-1), "down": _moved(1), "remove": _removed, "add": _added}
