"""The question of a step as the fields of a form, and back: only what differs is written."""

from collections.abc import Mapping
from typing import Any, Final

from drip.content.amend import ELSEWHERE, Value, drop, put
from drip.content.choice_lines import as_lines, from_lines
from drip.content.question_schema import AskShape, FollowUpShape, SilenceShape
from drip.content.sequence_schema import StepShape
from drip.content.shape import keys_of
from drip.content.step_form import Fields, tidy, with_texts
from drip.content.step_tree import Placed
from drip.content.strict_yaml import Loc
from drip.content.written import CannotAmend

ORDER: Final = keys_of(AskShape)

PLAIN: Final = ("id", "answer", "min", "max", "open_for", "task_if", "red_flag_if")
"""Keys that are fields of the same name."""

SILENCE: Final[Mapping[str, str]] = {"silence_times": "times", "silence_every": "every"}
"""Fields for keys of `after_silence`."""

_SILENCE_ORDER: Final = keys_of(SilenceShape)


def ask_fields(ask: Mapping[str, Any]) -> Fields:
    """A question's fields, from its text tree. What a field cannot hold is left out."""
    told: dict[str, object] = {name: ask.get(name, "") for name in PLAIN}
    told["choices"] = as_lines(ask.get("choices", []))
    silence = ask.get("after_silence", {})
    if isinstance(silence, dict):
        told |= {name: silence.get(key, "") for name, key in SILENCE.items()}
    return {name: value for name, value in told.items() if isinstance(value, str)}


def beyond_ask(ask: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys that the form has no field for: they stay as they are."""
    fields = ask_fields(ask)
    silence = ("after_silence",) if SILENCE.keys() <= fields.keys() else ()
    named = {"then", *silence, *(name for name in (*PLAIN, "choices") if name in fields)}
    return tuple(key for key in ask if key not in named)


def with_ask(text: str, placed: Placed, fields: Fields) -> str:
    """The text in which a step asks what the fields say. A field that is not named stays as it is."""
    loc, asks = (*placed.loc, "ask"), placed.asks
    if asks is None and placed.tree.get("ask"):
        raise CannotAmend(ELSEWHERE)
    known = ask_fields(asks or {})
    new = {name: one for name in known if name in fields and (one := _tidy(name, fields)) != _tidy(name, known)}
    if not asks:
        return put(text, loc, _written(new), keys_of(StepShape if placed.is_step else FollowUpShape))
    text = with_texts(text, loc, {name: new[name] for name in PLAIN if name in new}, {}, ORDER)
    if "choices" in new:
        text = put(text, (*loc, "choices"), from_lines(new["choices"]), ORDER)
    return _with_silence(text, loc, asks, {**known, **new}) if new.keys() & SILENCE.keys() else text


def without_ask(text: str, placed: Placed) -> str:
    """The text in which a step asks nothing: whatever its answers led to is gone too."""
    return drop(text, (*placed.loc, "ask"))


def ask_field_of(loc: Loc) -> str | None:
    """The field that a key of a question is shown in; an empty one for the whole, None where it has none."""
    if not loc:
        return ""
    if loc[0] == "after_silence":
        named = {key: name for name, key in SILENCE.items()}
        return named.get(str(loc[-1]), "silence_times")
    return str(loc[0]) if loc[0] in (*PLAIN, "choices") else None


def _tidy(name: str, fields: Fields) -> str:
    if name != "choices":
        return tidy(fields[name])
    return "\n".join(filter(None, (line.strip() for line in fields[name].splitlines())))


def _written(new: Fields) -> Mapping[str, Value]:
    """A whole question, where there was none."""
    told: dict[str, Value] = {name: new[name] for name in PLAIN if new.get(name)}
    if new.get("choices"):
        told["choices"] = from_lines(new["choices"])
    if silence := _silence(new):
        told["after_silence"] = silence
    return {key: told[key] for key in ORDER if key in told}


def _silence(fields: Fields) -> Mapping[str, Value]:
    told = {key: fields[name] for name, key in SILENCE.items() if fields.get(name)}
    return {**told, "then": "stop"} if told else {}


def _with_silence(text: str, loc: Loc, asks: Mapping[str, Any], fields: Fields) -> str:
    place = (*loc, "after_silence")
    told = {key: fields[name] for name, key in SILENCE.items()}
    if not asks.get("after_silence") or not any(told.values()):
        return put(text, place, _silence(fields), ORDER)
    said = {key: value for key, value in told.items() if value}
    text = with_texts(text, place, said, {}, _SILENCE_ORDER)
    return with_texts(text, place, {key: "" for key in told if key not in said}, {}, _SILENCE_ORDER)
