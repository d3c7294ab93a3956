"""For those who ask what comes: forecast."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from drip.cli.listing import message_as_json, print_messages
from drip.cli.show import counted, out, print_json, progress, read_time, zulu

if TYPE_CHECKING:
    from drip.app import App
    from drip.simulation.forecast import Ahead
    from drip.simulation.played import Played
    from drip.store.views import MessageView


def add_to(app: typer.Typer) -> None:
    """This command."""
    app.command()(forecast)


def forecast(
    days: Annotated[int, typer.Option(min=1, max=400, help="how far ahead")] = 14,
    now: Annotated[str | None, typer.Option(help="from when")] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="also write a page with pictures, such as forecast.html")
    ] = None,
    sms_price: Annotated[
        float | None, typer.Option(min=0, help="of one part of a text, for the page; default: as clinic.yaml says")
    ] = None,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="at once, without caps and conditions")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Who will hear what in the next days: the real patients, played on a copy. Nobody is reached."""
    from drip.cli.opening import opened
    from drip.pages.page import write_page
    from drip.simulation.forecast import as_page

    start = read_time(now, "--now")
    with opened() as app:
        look = _look(app, start, days, plan_only=plan_only)
        if page is not None:
            write_page(page, as_page(look.shown, _about(app, look, start, days, sms_price)))
    if as_json:
        print_json({"from": zulu(start), "days": days, **_as_json(look)})
    elif look.planned or look.shown:
        _print_ahead(look)
    else:
        out.print(f"Nothing is planned for the next {counted(days, 'day')}.")


ONLY_THE_PLAN = "Only the plan: caps and conditions are not in it."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What is planned, and what would become of it."""

    planned: "Sequence[MessageView]"
    played: "Played | None"
    """None: it could not be played, or nobody wanted it."""
    parts: "Counter[int]"
    notes: Sequence[str]

    @property
    def shown(self) -> "Sequence[MessageView]":
        """What would go, as far as it is known."""
        return self.planned if self.played is None else self.played.would_go

    @property
    def not_going(self) -> "Sequence[MessageView]":
        """What would not."""
        return () if self.played is None else self.played.would_not_go


def _look(app: "App", start: datetime, days: int, *, plan_only: bool) -> _Look:
    from drip.simulation.forecast import parts_of
    from drip.simulation.played import play
    from drip.store import views

    with app.store.read() as tx:
        planned = views.list_messages(tx, state="planned", until=start + timedelta(days=days))
        parts, why_not = parts_of(app, tx, planned), ONLY_THE_PLAN
    if not plan_only:
        try:
            with progress("days", days) as show:
                played = play(app, planned, start, days, show)
            return _Look(planned=planned, played=played, parts=played.parts, notes=played.notes)
        except Exception as problem:  # no room on the disk, say: the plan is better than nothing
            why_not = f"{ONLY_THE_PLAN} It could not be played here ({type(problem).__name__})."
    return _Look(planned=planned, played=None, parts=parts, notes=[why_not])


def _about(app: "App", look: _Look, start: datetime, days: int, sms_price: float | None) -> "Ahead":
    from drip.simulation.forecast import Ahead
    from drip.simulation.played import why

    return Ahead(
        clinic=app.clinic.name,
        zone=app.clinic.zone,
        start=start,
        days=days,
        parts=look.parts,
        sms_price=app.clinic.sms_price if sms_price is None else sms_price,
        not_going=Counter(map(why, look.not_going)),
        played=look.played is not None,
        notes=look.notes,
    )


def _as_json(look: _Look) -> dict[str, Any]:
    from drip.simulation.played import why

    told = {
        "messages": [message_as_json(one) for one in look.planned],
        "played": look.played is not None,
        "notes": look.notes,
    }
    if look.played is None:
        return told
    would_not = [message_as_json(one) | {"why": why(one)} for one in look.not_going]
    return told | {"would_go": [message_as_json(one) for one in look.shown], "would_not_go": would_not}


def _print_ahead(look: _Look) -> None:
    """Each message, and how much that is together."""
    from drip.simulation.played import why

    goes = "goes" if look.played else "planned"
    print_messages([*(replace(one, state=goes) for one in look.shown), *look.not_going])
    emails = sum(one.channel == "email" for one in look.shown)
    people = len({one.patient_id for one in look.shown})
    says = f"{counted(emails, 'email')} and {counted(len(look.shown) - emails, 'text')} to {counted(people, 'patient')}"
    billed = sum(many * texts for many, texts in look.parts.items())
    out.print(f"\n{says}. The texts come to about {counted(billed, 'part')}.", style="dim")
    for reason, number in Counter(map(why, look.not_going)).most_common():
        out.print(f"{counted(number, 'message')} would not go: {reason}.", style="dim")
    for one in look.notes:
        out.print(one, style="dim")
