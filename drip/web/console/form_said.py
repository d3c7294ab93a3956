"""What is said to an answer as a form: to which answers, when, and its words."""

from drip.content.follow_up_form import ORDER, PLAIN, beyond_follow_up, follow_up_fields, with_follow_up
from drip.content.step_form import with_words
from drip.content.step_tree import Placed, all_steps
from drip.content.strict_yaml import Loc
from drip.core.draft import SEQUENCE, Draft
from drip.core.role import Permission
from drip.flows.shared_words import shared_in
from drip.web.console.door import Door
from drip.web.console.drafting import Files, live_steps, opened, tree_of
from drip.web.console.form import said_within
from drip.web.console.form_step import CHOICES
from drip.web.console.form_told import Told, lost, not_so, placed_of, sent, wrong_in
from drip.web.console.form_words import channels_of, differing, names_typed, with_typed
from drip.web.console.sequence import MISSING
from drip.web.console.visit import Page, Visit


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/drafts/{id}/form/{name}/said", Permission.WRITE, _said)
    door.deed("/console/drafts/{id}/form/{name}/said", Permission.WRITE, _save)


def _said(visit: Visit) -> Page:
    draft = opened(visit)
    placed = _placed(draft, visit.path["name"]) if draft else None
    return _shown(visit, draft, placed, Told()) if draft and placed else MISSING


def _placed(draft: Draft, name: str) -> Placed | None:
    found = placed_of(draft, name)
    return found if found and not found.is_step else None


def _save(visit: Visit) -> Page:
    draft = opened(visit)
    placed = _placed(draft, visit.path["name"]) if draft else None
    if draft is None:
        return MISSING
    if placed is None:
        return lost(visit, draft)
    told = _refused(visit, draft, placed)
    if told is None:
        draft, told = sent(
            visit,
            draft,
            lambda: _amended(visit, draft, placed),
            lambda text: wrong_in(draft, text, placed.loc, _field_of),
        )
    # Without one of its two ways it may be called otherwise, but it stands where it stood.
    now = _at(draft, placed.loc) if told.saved else _placed(draft, placed.name)
    return _shown(visit, draft, now, told) if now else lost(visit, draft)


def _amended(visit: Visit, draft: Draft, placed: Placed) -> Files:
    files = with_typed(draft, placed, visit.form)
    text = with_words(files[SEQUENCE], placed.loc, names_typed(placed, visit.form), ORDER)
    return {**files, SEQUENCE: with_follow_up(text, placed, visit.form)}


def _field_of(loc: Loc) -> str | None:
    """Mistakes in its own question are shown there, and do not stand in the way here."""
    return "" if not loc else str(loc[0]) if loc[0] in (*PLAIN, "sms", "email") else None


def _refused(visit: Visit, draft: Draft, placed: Placed) -> Told | None:
    """It says something; and under another name, a live one is another one."""
    names = names_typed(placed, visit.form)
    words = names["sms"] or names["email"]
    if not words:
        return not_so(visit, sms="Choose at least one way: a text message, an email, or both.")
    if words == placed.words or "sure" in visit.form or placed.name not in live_steps(visit, draft):
        return None
    says = f"{placed.name} is live. Without that way it is called after {words}, and is another message from then on."
    return Told(typed=visit.form, errors={"sms": [says]}, asks_if_sure=True, status=422)


def _at(draft: Draft, loc: Loc) -> Placed | None:
    return next((one for one in all_steps(tree_of(draft)) if one.loc == loc), None)


def _shown(visit: Visit, draft: Draft, placed: Placed, told: Told) -> Page:
    known, channels = follow_up_fields(placed.tree), channels_of(draft, placed)
    asked_by = _at(draft, placed.loc[:-3])
    values = {**told.around(draft), "placed": placed, "fields": told.over(known), "channels": channels, **CHOICES}
    values |= {"beyond": beyond_follow_up(placed.tree), "found": said_within(visit, draft, placed.loc)}
    values["differs"] = {**told.differs(known), **(differing(channels, told.typed) if told.overtaken else {})}
    values |= {"shared": shared_in(visit.app, draft), "asked_by": asked_by.name if asked_by else ""}
    return Page(name="form_said", values=values, status=told.status)
