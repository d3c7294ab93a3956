"""Two versions of a sequence, compared step by step: what a clinician must know before one takes the other's place."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from enum import StrEnum

from drip.core.condition import Condition
from drip.core.condition_text import as_written
from drip.core.model import Channel, Send
from drip.core.question import Question
from drip.core.sequence import Sequence, Step
from drip.core.timing import in_words, length, moved_by, repeats
from drip.core.window import WEEKDAYS, Always, Window


class What(StrEnum):
    """The ways in which two versions differ."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    """One step is gone and another looks just like it."""
    EARLIER = "earlier"
    LATER = "later"
    RETIMED = "retimed"
    """At another time: whether earlier or later depends on the patient's own visit."""
    CHANGED = "changed"
    """Some other part of a step or of the whole sequence."""
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it was."""

    what: What
    step: str = ""
    """Empty where it is about the whole sequence."""
    part: str = ""
    """What of it: `condition`, `window`, `email`."""
    was: str = ""
    now: str = ""
    by: timedelta | None = None

    @property
    def sentence(self) -> str:
        """What somebody who approves it reads."""
        return _SENTENCES[self.what](self)


def _moved(one: Difference) -> str:
    how = f"{length(one.by)} {one.what.value}" if one.by else "at another time"
    return f"'{one.step}' goes {how}: {one.was} -> {one.now}"


def _changed(one: Difference) -> str:
    whose = f"{one.part} of '{one.step}'" if one.step else one.part
    return f"{whose[0].upper()}{whose[1:]}: {one.was} -> {one.now}"


def _reworded(one: Difference) -> str:
    of = f"'{one.step}' ({one.part})" if one.step else one.part
    if one.was and one.now:
        return f"Words of {of}: '{one.was}' -> '{one.now}'"
    return f"Words of {of}: " + (f"'{one.now}' is new" if one.now else f"'{one.was}' is gone")


_SENTENCES: dict[What, Callable[[Difference], str]] = {
    What.ADDED: lambda one: f"'{one.step}' is new: {one.now}",
    What.REMOVED: lambda one: f"'{one.step}' is no longer there: it was {one.was}",
    What.RENAMED: lambda one: (
        f"'{one.now}' looks like '{one.was}' under a new name: if it is, who has had it gets it a second time"
    ),
    What.EARLIER: _moved,
    What.LATER: _moved,
    What.RETIMED: _moved,
    What.CHANGED: _changed,
    What.WORDS: _reworded,
}


def compare(was: Sequence, now: Sequence) -> tuple[Difference, ...]:
    """Every difference but for the words of templates: first the whole, then step by step in the new order."""
    renamed = {new.id: old for old, new in renamings(was, now)}
    left = {step.id for step in now.steps} | {old.id for old in renamed.values()}
    steps = (one for step in now.steps for one in _of_step(was.step(step.id), step, renamed.get(step.id)))
    gone = (
        Difference(what=What.REMOVED, step=step.id, was=in_words(step)) for step in was.steps if step.id not in left
    )
    return (*_of_whole(was, now), *steps, *gone)


def renamings(was: Sequence, now: Sequence) -> list[tuple[Step, Step]]:
    """Steps that are gone, each with the new one that has its words or its time: the same step, it seems."""
    gone = [step for step in was.steps if now.step(step.id) is None]
    pairs: list[tuple[Step, Step]] = []
    for step in now.steps:
        if was.step(step.id) is None:
            like = next((old for old in gone if _is_alike(old, step)), None)
            if like is not None:
                gone.remove(like)
                pairs.append((like, step))
    return pairs


def _is_alike(old: Step, new: Step) -> bool:
    has_its_words = (old.email, old.sms) == (new.email, new.sms)
    return has_its_words or replace(old, id="", email=None, sms=None) == replace(new, id="", email=None, sms=None)


def is_same_for_patients(was: Sequence, now: Sequence) -> bool:
    """Only its title, its review or its tests differ: no message changes its time or its conditions."""
    return replace(was, title="", review=now.review, examples=()) == replace(now, title="", examples=())


def _of_step(was: Step | None, now: Step, renamed: Step | None) -> Iterator[Difference]:
    if renamed is not None:
        yield Difference(what=What.RENAMED, step=now.id, was=renamed.id, now=now.id)
    before = was or renamed
    if before is None:
        yield Difference(what=What.ADDED, step=now.id, now=f"{in_words(now)}, {_channels(now)}")
    else:
        yield from _of_known(before, now)


def _of_known(was: Step, now: Step) -> Iterator[Difference]:
    if _when(was) != _when(now):
        by = moved_by(was, now)
        what = (What.LATER if by > timedelta() else What.EARLIER) if by else What.RETIMED
        yield Difference(what=what, step=now.id, was=in_words(was), now=in_words(now), by=by)
    for part, told in _STEP_PARTS:
        if told(was) != told(now):
            yield Difference(what=What.CHANGED, step=now.id, part=part, was=told(was), now=told(now))
    yield from _others(was, now, _TOLD_OF_STEP, now.id)
    if was.ask != now.ask and _question(was.ask) == _question(now.ask):
        yield Difference(what=What.CHANGED, step=now.id, part="question", was="as it was", now="asked otherwise")


def _others(was: Step | Sequence, now: Step | Sequence, told: frozenset[str], step: str = "") -> Iterator[Difference]:
    """Whatever has no words of its own here: a part that the language gains is never passed over in silence."""
    for part in (one.name for one in fields(now) if one.name not in told):
        before, after = (_plainly(getattr(one, part)) for one in (was, now))
        if before != after:
            yield Difference(what=What.CHANGED, step=step, part=part.replace("_", " "), was=before, now=after)


def _plainly(value: object) -> str:
    return _yes(value) if isinstance(value, bool) else str(value or "none")


def _when(step: Step) -> tuple[object, ...]:
    return step.before, step.offset, step.at, step.weekday


def _of_whole(was: Sequence, now: Sequence) -> Iterator[Difference]:
    for part, told in _PARTS:
        if told(was) != told(now):
            yield Difference(what=What.CHANGED, part=part, was=told(was), now=told(now))
    yield from _others(was, now, _TOLD_OF_WHOLE)
    order = [step.id for step in was.steps if now.step(step.id)]
    now_order = [step.id for step in now.steps if was.step(step.id)]
    if order != now_order:
        yield Difference(what=What.CHANGED, part="order of steps", was=", ".join(order), now=", ".join(now_order))


def _condition(condition: Condition | None) -> str:
    return as_written(condition) if condition else "everybody"


def _channels(step: Step) -> str:
    names = [_NAMES[channel] for channel in step.channels]
    return f"by {(' and ' if step.send is Send.BOTH else ', else by ').join(names)}"


_NAMES = {Channel.EMAIL: "email", Channel.SMS: "text"}


def _question(asked: Question | None) -> str:
    if asked is None:
        return "none"
    limits = " to ".join(f"{end:g}" for end in (asked.least, asked.most) if end is not None)
    offered = ", ".join(choice.words[0] for choice in asked.choices)
    return " ".join(part for part in (f"{asked.id}:", asked.answer.value, limits, offered) if part)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _some(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _window(window: Window | Always | None) -> str:
    if window is None:
        return "the site's"
    if isinstance(window, Always):
        return "any time"
    days = " ".join(WEEKDAYS[day] for day in sorted(window.days))
    return f"{days} {window.opens:%H:%M} to {window.closes:%H:%M}"


_STEP_PARTS: tuple[tuple[str, Callable[[Step], str]], ...] = (
    ("repeats", repeats),
    ("channel", _channels),
    ("condition", lambda step: _condition(step.when)),
    ("purpose", lambda step: step.purpose.value),
    ("expiry", lambda step: str(step.expires) if step.expires else "the usual"),
    ("sent if late", lambda step: _yes(step.send_if_late)),
    ("question", lambda step: _question(step.ask)),
)

_PARTS: tuple[tuple[str, Callable[[Sequence], str]], ...] = (
    ("title", lambda one: one.title),
    ("purpose", lambda one: one.purpose.value),
    ("kind", lambda one: one.kind.value),
    ("enabled", lambda one: _yes(one.enabled)),
    ("who is enrolled, on", lambda one: _some(kind.value for kind in one.enrol.on)),
    ("who is enrolled, when", lambda one: _condition(one.enrol.when)),
    ("enrolled again", lambda one: f"{one.enrol.again.value} {one.enrol.again_after or ''}".strip()),
    ("not while in", lambda one: _some(one.enrol.not_while_in)),
    ("counted from", lambda one: one.anchor.value),
    ("window", lambda one: _window(one.window)),
    ("ends on", lambda one: _some(kind.value for kind in one.ends.on)),
    ("ends when enrolled in", lambda one: _some(one.ends.when_enrolled_in)),
    ("paused by", lambda one: _some(one.pause_when)),
    ("author", lambda one: one.review.author),
    ("approved by", lambda one: one.review.approved_by),
    ("review due", lambda one: str(one.review.review_due or "never")),
)

_TOLD_OF_STEP = frozenset(
    {"id", "before", "offset", "at", "weekday", "every", "times", "until", "email", "sms", "send", "when", "purpose"}
    | {"expires", "send_if_late", "ask"}
)
_TOLD_OF_WHOLE = frozenset(
    {"id", "title", "purpose", "kind", "enabled", "enrol", "anchor", "window", "ends", "steps", "review", "pause_when"}
    | {"examples"}
)
