"""Which provider carries each channel now, and how much: rates, rests, broken lanes and failover."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeGuard

from drip.app import App
from drip.core.handover import Accepted, NotTaken, Outcome, Unknown
from drip.core.lane import SLOW_DOWN, Lane, Tally, after, filled, new_lane, room, taken, wait_for_token
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.providers.provider import Provider
from drip.store import lanes, outgoing, versions
from drip.store.database import Tx
from drip.store.outgoing import Claimed


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """The provider that a channel's messages go by now."""

    provider: Provider
    room: int | None
    """How many messages may be claimed for it at this moment; None is as many as one likes."""
    lane: Lane | None = None
    """None: it is open and has no limit."""
    rate: float = 0.0
    wait: timedelta = timedelta()
    """Real time until one more may go, where only the rate holds it back."""


Roads = Mapping[Channel, Road]


def first_roads(app: App) -> Roads:
    """The first provider of each channel, without asking how it is."""
    return {channel: Road(provider=road[0], room=None) for channel, road in app.providers.items()}


def choose(app: App, tx: Tx, now: datetime) -> Roads:
    """For each channel the first provider that may be called. The lanes looked at stay locked.

    A message whose fate is unknown never comes here: another provider only gets what provably was not taken.
    """
    real_now = tx.database_time() if app.limits.rates else now
    known = _known(app, tx, real_now)
    paused = versions.paused(tx) if len(app.each_provider) > 1 else {}
    roads = {}
    for channel, providers in app.providers.items():
        options = [_road(app, channel, provider, known.get(provider.name), now, real_now) for provider in providers]
        usable = [one for one in options if versions.PROVIDER + one.provider.name not in paused]
        # Where all are paused, the gate says so of each message.
        callable_now = [one for one in usable if one.lane is None or one.lane.is_open(now)]
        roads[channel] = (callable_now or usable or options)[0]
    return roads


def _known(app: App, tx: Tx, real_now: datetime) -> dict[str, Lane]:
    """The lanes there are. One with a rate is made before it is used: two workers must not both find it full."""
    names = {provider.name for provider in app.each_provider}
    known = lanes.load(tx, names)
    limited = {one.name: rate for channel, rate in app.limits.rates.items() for one in app.providers[channel]}
    if limited.keys() <= known.keys():
        return known
    lanes.make(tx, [new_lane(name, rate, real_now) for name, rate in limited.items() if name not in known])
    return lanes.load(tx, names)


def _road(app: App, channel: Channel, provider: Provider, lane: Lane | None, now: datetime, real_now: datetime) -> Road:
    rate = app.limits.rates.get(channel, 0.0)
    if lane is None and not rate:
        return Road(provider=provider, room=None)
    lane = filled(lane or new_lane(provider.name, rate, real_now), rate, real_now)
    most = room(lane, rate, now)
    is_slowed = most == 0 and lane.is_open(now)
    wait = wait_for_token(lane, rate) if is_slowed else timedelta()
    return Road(provider=provider, room=most, lane=lane, rate=rate, wait=wait)


def use(tx: Tx, roads: Roads, claimed: Iterable[Claimed], now: datetime) -> None:
    """These were claimed: one token each, until their true size is known. A broken lane is probed once."""
    changed: dict[str, Lane] = {}
    for channel, number in Counter(one.channel for one in claimed).items():
        name, lane = roads[channel].provider.name, roads[channel].lane
        if lane is not None:
            changed[name] = taken(changed.get(name, lane), number, now)
    lanes.save(tx, list(changed.values()))


def charge(tx: Tx, roads: Roads, claimed: Iterable[Channel], parts: Iterable[tuple[Channel, int]]) -> None:
    """Long texts take more than the one token they were claimed with; what does not go takes none."""
    owed = Counter({channel: -number for channel, number in Counter(claimed).items()})
    for channel, number in parts:
        owed[channel] += max(number, 1)
    for channel, number in owed.items():
        if number and roads[channel].rate:
            lanes.charge(tx, roads[channel].provider.name, number)


def give_back(tx: Tx, roads: Roads, claimed: Iterable[Channel], passed: Iterable[Channel], now: datetime) -> None:
    """A probe that the gate turned back has asked nothing: the next message may. Not where any other call began."""
    called = {roads[channel].provider.name for channel in passed}
    for name, lane in {roads[one].provider.name: roads[one].lane for one in claimed}.items():
        if lane is not None and lane.is_broken and name not in called:
            lanes.give_back(tx, lane, taken(lane, 0, now))


def note(tx: Tx, answers: Iterable[tuple[Road, Outcome]], now: datetime) -> None:
    """What these answers say about the providers. Nothing is read or written while all is well."""
    of_provider: dict[str, list[Outcome]] = defaultdict(list)
    watched: set[str] = set()
    rates: dict[str, float] = {}
    for road, outcome in answers:
        name = road.provider.name
        of_provider[name].append(outcome)
        rates[name] = road.rate
        if road.lane is not None and (road.lane.failures or road.lane.closed_until):
            watched.add(name)
    tallies = {name: _tally(outcomes) for name, outcomes in of_provider.items()}
    concerned = {name for name, one in tallies.items() if one.led_nowhere or one.slow_down is not None} | watched
    if not concerned:
        return
    known = lanes.load(tx, concerned)
    before = {name: known.get(name) or new_lane(name, rates[name], tx.database_time()) for name in concerned}
    lanes.save(tx, [after(before[name], tallies[name], now) for name in concerned])


def _tally(outcomes: list[Outcome]) -> Tally:
    waits = [one.retry_after for one in outcomes if _slows_down(one)]
    accepted = sum(isinstance(one, Accepted) for one in outcomes)
    told = [wait for wait in waits if wait is not None]
    # One receiver that is busy says nothing about the provider; one that was told a time means all of us.
    slow_down = max(told) if told else SLOW_DOWN if waits and not accepted else None
    return Tally(accepted=accepted, led_nowhere=sum(map(_led_nowhere, outcomes)), slow_down=slow_down)


def _slows_down(outcome: Outcome) -> TypeGuard[NotTaken]:
    return isinstance(outcome, NotTaken) and outcome.reason is Reason.RATE_LIMITED


def _led_nowhere(outcome: Outcome) -> bool:
    down = isinstance(outcome, NotTaken) and outcome.reason is Reason.PROVIDER_DOWN
    return down or isinstance(outcome, Unknown)


def next_wake(app: App, tx: Tx, now: datetime) -> datetime | None:
    """When there is something to do next: a message is due on a road that is open by then. None: nothing is planned."""
    roads = choose(app, tx, now)
    wakes = []
    for (channel, _), due_at in outgoing.earliest(tx).items():
        lane = roads[channel].lane
        opens_at = lane.closed_until if lane is not None and lane.closed_until else due_at
        wakes.append(max(due_at, opens_at))
    return min(wakes, default=None)
