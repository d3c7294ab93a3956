"""What is scripted to go wrong, and the dice that decide when."""

from collections import deque
from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from drip.sandbox.faults import Fault, fault_named

PROVIDERS = ("twilio", "sendgrid")

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Share = Annotated[float, Field(ge=0, le=1)]


class NotAScript(ValueError):
    """The message says what is wrong with it."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Receipts(_Strict):
    """How the provider tells of what it did later."""

    send: Literal["on", "off", "never"] = "on"
    """`off`: messages arrive and nobody is told. `never`: they do not even arrive."""
    duplicate: int = Field(default=1, ge=1, le=100)
    """How many times each is told."""
    out_of_order: bool = False
    gap: Seconds = 0.05
    """Between one word about a message and the next."""
    late: Seconds = 0
    """Before the first."""
    lost: Share = 0
    forged: Share = 0
    """How many come with a twin that says the opposite and is wrongly signed."""
    signing: Literal["auth_token", "shared_key"] = "auth_token"
    """Twilio's two ways."""


class Listing(_Strict):
    """Twilio's list of messages."""

    state: Literal["ok", "down"] = "ok"
    lag: Seconds = 0
    """How long a message is missing from it."""
    blank_bodies: bool = False


class Behaviour(_Strict):
    """How one provider behaves."""

    faults: dict[str, Annotated[float, Field(ge=0)]] = {}
    """Shares of all calls, the rest goes well; with `ok` among them, weights."""
    latency: Seconds = 0
    delay: Seconds = 9
    retry_after: Seconds = 2
    drip: Seconds = 1
    """Between the bytes of a `slow_drip`."""
    stop_words: bool = True
    """Whether STOP in a reply closes the number at the provider, as Twilio does."""
    listing: Listing = Field(default=Listing(), alias="list")
    receipts: Receipts = Receipts()

    @field_validator("faults")
    @classmethod
    def _known(cls, faults: dict[str, float]) -> dict[str, float]:
        for name in faults:
            fault_named(name)
        if "ok" not in faults and sum(faults.values()) > 1 + 1e-9:
            raise ValueError("the shares are more than 1")
        return faults


class Script(_Strict):
    """The whole of it."""

    seed: int = 1
    twilio: Behaviour = Behaviour()
    sendgrid: Behaviour = Behaviour()

    def of(self, provider: str) -> Behaviour:
        """One provider's part."""
        return self.twilio if provider == "twilio" else self.sendgrid


_SHARED = frozenset(field.alias or name for name, field in Behaviour.model_fields.items())


def changed(script: Script, changes: Mapping[str, Any]) -> Script:
    """The script with these changes; a behaviour's words at the top count for both providers."""
    document = script.model_dump(by_alias=True)
    for provider in PROVIDERS:
        own = changes.get(provider, {})
        for part in ({word: value for word, value in changes.items() if word in _SHARED}, own):
            if not isinstance(part, Mapping):
                raise NotAScript(f"{provider}: must be an object")
            _merge(document[provider], part)
    document |= {word: value for word, value in changes.items() if word not in _SHARED and word not in PROVIDERS}
    try:
        return Script.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        raise NotAScript(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _merge(into: dict[str, Any], part: Mapping[str, Any]) -> None:
    for word, value in part.items():
        if isinstance(into.get(word), dict) and isinstance(value, Mapping) and word != "faults":
            _merge(into[word], value)
        else:
            into[word] = value


class Plan:
    """The script in force, and what it has in store for the next call. For one thread."""

    def __init__(self, changes: Mapping[str, Any] | None = None) -> None:
        self._first = changed(Script(), changes or {})
        self.reset()

    def reset(self) -> None:
        """As at the start."""
        self._next: dict[str, deque[Fault]] = {provider: deque() for provider in PROVIDERS}
        self._set(self._first, anew=True)

    def change(self, changes: Mapping[str, Any]) -> None:
        """Change what is named. `next` lists faults for the very next calls. NotAScript changes nothing."""
        rest = {word: value for word, value in changes.items() if word != "next"}
        coming = {provider: _names(changes.get("next")) for provider in PROVIDERS}
        for provider in PROVIDERS:
            if isinstance(own := rest.get(provider), Mapping) and "next" in own:
                coming[provider] = _names(own["next"])
                rest[provider] = {word: value for word, value in own.items() if word != "next"}
        self._set(changed(self.script, rest), anew="seed" in rest)
        for provider, faults in coming.items():
            self._next[provider].extend(faults)

    def _set(self, script: Script, *, anew: bool) -> None:
        self.script = script
        if anew:
            self.dice = Random(script.seed)  # noqa: S311 - a seed must bring back the same faults
            self._calls = {provider: Random(script.seed) for provider in PROVIDERS}  # noqa: S311
        self._weighed = {provider: _weigh(script.of(provider).faults) for provider in PROVIDERS}

    def draw(self, provider: str) -> Fault:
        """What is to become of the next call."""
        if self._next[provider]:
            return self._next[provider].popleft()
        faults, weights = self._weighed[provider]
        if len(faults) == 1:
            return faults[0]
        return self._calls[provider].choices(faults, cum_weights=weights)[0]


def _weigh(faults: Mapping[str, float]) -> tuple[list[Fault], list[float]]:
    whole = dict(faults) if "ok" in faults else {"ok": max(0.0, 1 - sum(faults.values())), **faults}
    kept = {name: weight for name, weight in whole.items() if weight > 0} or {"ok": 1.0}
    return [fault_named(name) for name in kept], list(accumulate(kept.values()))


def _names(names: Any) -> list[Fault]:
    if names is None:
        return []
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise NotAScript("next: must be a list of names of faults")
    try:
        return [fault_named(name) for name in names]
    except ValueError as error:
        raise NotAScript(f"next: {error}") from None
