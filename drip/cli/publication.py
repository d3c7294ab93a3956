"""How a publication looks: what changes, in words, and for whom."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.text import Text

from drip.cli.opening import clinic_of
from drip.cli.publishing import Published
from drip.cli.show import counted, note, out, table, zulu
from drip.core.comparison import Difference, What
from drip.core.effect import Effect, Fate
from drip.flows.follow import Affected, tally
from drip.flows.publish import Result

MOST_SHOWN = 25
"""Patients who are listed one by one; --json lists everybody."""

_STYLES = {
    Fate.REWORDED: "cyan",
    Fate.EARLIER: "yellow",
    Fate.LATER: "yellow",
    Fate.NEW: "green",
    Fate.REMOVED: "red",
    Fate.MISSED: "bold red",
    Fate.LEFT_OUT: "red",
    What.ADDED: "green",
    What.REMOVED: "red",
    What.RENAMED: "bold red",
    What.EARLIER: "yellow",
    What.LATER: "yellow",
    What.RETIMED: "yellow",
    What.WORDS: "cyan",
}


def warn_of_renamed(results: list[Result]) -> None:
    """A step is known by its id alone."""
    for one in results:
        if one.gone:
            steps = ", ".join(one.gone)
            note(f"warning: {one.sequence} no longer has {steps}. A step that was only renamed is sent again.")


def print_publication(done: Published) -> None:
    """What it came to, and what to do next after a dry run."""
    if done.is_safety_fix:
        out.print("A safety fix: everybody follows, and the version keeps that mark.", style="bold yellow")
    _print_results(done.results, clinic_of(done.folder.clinic, done.folder.home).zone)
    if done.is_dry_run:
        out.print("\nNothing was changed: this was a dry run. To publish exactly these words, add", style="dim")
        out.print(f"  --expect {done.fingerprint}")
    else:
        out.print(f"\nLive since {zulu(done.at.replace(microsecond=0))}.", style="dim")


def _print_results(results: list[Result], zone: ZoneInfo) -> None:
    """One line a sequence; then what changes in those that were live before, and what that does to whom."""
    shown = table("sequence", "version", "", "people in it", "follow", "new", "ended")
    for one in results:
        state = "new" if one.is_new else "unchanged"
        shown.add_row(
            one.sequence, f"{one.number} ({one.version[:8]})", state, str(one.in_flight), str(one.followed),
            str(one.changes.planned), str(one.changes.cancelled),
        )  # fmt: skip
    out.print(shown)
    for one in results:
        if one.differences or one.people:
            _print_change(one, zone)


def _print_change(one: Result, zone: ZoneInfo) -> None:
    was = f"version {one.was} -> {one.number}" if one.was and one.was != one.number else f"version {one.number}"
    out.print(f"\n{one.sequence}, {was}", style="bold")
    for difference in one.differences:
        out.print(Text(f"  {difference.sentence}", style=_STYLES.get(difference.what, "")), soft_wrap=True)
    if one.in_flight:
        out.print(f"  {_who_follows(one)}")
    if any(effect.fate is not Fate.UNCHANGED for person in one.people for effect in person.effects):
        _print_effects(one.people, zone)
    elif one.people:
        out.print("  No message of theirs changes.")


def _who_follows(one: Result) -> str:
    stay = one.in_flight - one.followed - one.renewed
    told = [
        f"{one.followed} follow" if one.followed else "",
        f"{one.renewed} take it too, since only its review differs for them" if one.renewed else "",
        f"{stay} finish the version they began with" if stay else "",
    ]
    return f"{counted(one.in_flight, 'patient')} in it now: {', '.join(part for part in told if part)}."


def _print_effects(people: tuple[Affected, ...], zone: ZoneInfo) -> None:
    counts = tally(people)
    fates = [fate for fate in Fate if any(of_step[fate] for of_step in counts.values())]
    shown = table("  messages not sent yet", *map(_label, fates))
    for step, of_step in counts.items():
        cells = [
            Text(str(of_step[fate] or "-"), style=_STYLES.get(fate, "") if of_step[fate] else "") for fate in fates
        ]
        shown.add_row(f"  {step}", *cells)
    out.print(shown)
    touched = [one for one in people if any(effect.fate is not Fate.UNCHANGED for effect in one.effects)]
    listed = table("  patient", "step", "", f"time ({zone.key})")
    for one in touched[:MOST_SHOWN]:
        for number, effect in enumerate(effect for effect in one.effects if effect.fate is not Fate.UNCHANGED):
            listed.add_row(
                Text("" if number else f"  {one.patient}"), _what(effect),
                Text(_label(effect.fate), style=_STYLES.get(effect.fate, "")), _times(effect, zone),
            )  # fmt: skip
    if touched:
        out.print(listed)
    if len(touched) > MOST_SHOWN:
        out.print(f"  ... and {counted(len(touched) - MOST_SHOWN, 'patient')} more: --json lists everybody")


def _label(fate: Fate) -> str:
    return "new words" if fate is Fate.REWORDED else fate.replace("_", " ")


def _what(effect: Effect) -> str:
    repeat = f" no. {effect.occurrence}" if effect.occurrence > 1 else ""
    return f"{effect.step}{repeat} ({'text' if effect.channel == 'sms' else 'email'})"


def _times(effect: Effect, zone: ZoneInfo) -> str:
    was, at = (_clock(one, zone) for one in (effect.was, effect.at))
    if effect.fate is Fate.REWORDED:
        return at
    if effect.fate is Fate.MISSED:
        return f"{was} -> already past, so it is not sent".removeprefix(" -> ")
    told = f"{was} -> {at}" if was and at else was or at
    return f"{told}: {effect.reason.sentence}" if effect.reason and told else told or effect.reason.sentence


def _clock(at: datetime | None, zone: ZoneInfo) -> str:
    local = at.astimezone(zone) if at else None
    return f"{local:%a} {local.day} {local:%b %H:%M}" if local else ""


def publication_as_json(done: Published) -> dict[str, Any]:
    """What it came to, for programs."""
    told = [_result_as_json(one) for one in done.results]
    return {"dry_run": done.is_dry_run, "fingerprint": done.fingerprint, "published": told}


def _result_as_json(one: Result) -> dict[str, Any]:
    return {
        "sequence": one.sequence,
        "version": one.version,
        "number": one.number,
        "changed": one.is_new,
        "in_flight": one.in_flight,
        "followed": one.followed,
        "renewed": one.renewed,
        "gone": list(one.gone),
        "planned": one.changes.planned,
        "ended": one.changes.cancelled,
        "differences": [_difference_as_json(difference) for difference in one.differences],
        "effects": {step: {fate.value: n for fate, n in of.items()} for step, of in tally(one.people).items()},
        "affected": [_affected_as_json(person) for person in one.people],
    }


def _difference_as_json(one: Difference) -> dict[str, Any]:
    minutes = int(one.by.total_seconds()) // 60 if one.by else None
    told = {"what": one.what.value, "step": one.step, "part": one.part, "was": one.was, "now": one.now}
    return told | {"minutes": minutes, "sentence": one.sentence}


def _affected_as_json(one: Affected) -> dict[str, Any]:
    return {"patient": one.patient, "messages": [_effect_as_json(effect) for effect in one.effects]}


def _effect_as_json(one: Effect) -> dict[str, Any]:
    what = {"step": one.step, "occurrence": one.occurrence, "channel": one.channel.value, "effect": one.fate.value}
    return what | {"was": zulu(one.was), "at": zulu(one.at), "reason": one.reason.value}
