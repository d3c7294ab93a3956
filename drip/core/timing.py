"""When a step goes, in words: `day 3 at 09:30`, `1 day before at 09:00`, `3 hours after`."""

from datetime import timedelta

from drip.core.sequence import Step

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def in_words(step: Step) -> str:
    """When a step goes for the first time, counted from its anchor."""
    at = f" at {step.at:%H:%M}" if step.at else ""
    return f"{_day(step)}{at}"


def _day(step: Step) -> str:
    days, elapsed = step.offset.days, step.offset.elapsed
    if step.before:
        told = f"{length(timedelta(days=days) + elapsed)} before" if days or elapsed else "at the visit"
        return told if step.weekday is None else f"the {DAYS[step.weekday]} on or before {told}"
    if not days and not step.at:
        told = f"{length(elapsed)} after" if elapsed else "at once"
    else:
        told = f"day {days}" + (f" and {length(elapsed)}" if elapsed else "")
    return told if step.weekday is None else f"the first {DAYS[step.weekday]} from {told}"


def repeats(step: Step) -> str:
    """How often it goes again."""
    if step.every is None:
        return "once"
    told = f"every {length(timedelta(days=step.every))}"
    if step.times is not None:
        return f"{told}, {step.times} times"
    return f"{told}, until {step.until} from the anchor" if step.until is not None else told


def moved_by(was: Step, now: Step) -> timedelta | None:
    """By how much a step goes later (earlier, if negative). None where that depends on the patient's own times."""
    if was.weekday != now.weekday or (was.at is None) is not (now.at is None):
        return None
    return _from_anchor(now) - _from_anchor(was)


def _from_anchor(step: Step) -> timedelta:
    offset = timedelta(days=step.offset.days) + step.offset.elapsed
    clock = timedelta(hours=step.at.hour, minutes=step.at.minute) if step.at else timedelta()
    return (-offset if step.before else offset) + clock


def length(span: timedelta) -> str:
    """`2 days`, `1 day and 12 hours`, `30 minutes`."""
    minutes = int(abs(span).total_seconds()) // 60
    parts = ((minutes // 1440, "day"), (minutes % 1440 // 60, "hour"), (minutes % 60, "minute"))
    told = [f"{number} {unit}{'s' * (number != 1)}" for number, unit in parts if number]
    return " and ".join([*filter(None, [", ".join(told[:-1])]), *told[-1:]]) or "no time"
