"""Words to one of the clinic's own people, at once and beside every plan: a code, or a test of a message."""

from dataclasses import dataclass
from datetime import datetime

from drip.app import App
from drip.core.handover import Accepted, NotTaken, Refused, Unknown
from drip.core.letter import Letter, Words
from drip.core.model import Channel
from drip.core.patient import is_test_number
from drip.providers.provider import Provider
from drip.store import lanes, versions
from drip.store.ids import new_id


@dataclass(frozen=True, slots=True)
class Handed:
    """A provider took it."""

    provider: str


@dataclass(frozen=True, slots=True)
class NotHanded:
    """It did not go, and why, for whoever asked."""

    why: str


def hand_over(app: App, channel: Channel, to: str, words: Words, now: datetime) -> Handed | NotHanded:
    """Call the provider that messages go by now, as the gate would let it be called. Nothing is written down."""
    provider = _provider(app, channel, now)
    if isinstance(provider, NotHanded):
        return provider
    if provider.ability.reaches_people and (is_test_number(to) or not (app.live or to in app.allow_list)):
        return NotHanded("drip is not live, and your address is not on the allow list")
    try:
        outcome = provider.hand_over(_letter(app, channel, to, words, now))
    except Exception as problem:  # an adapter's mistake; its words may hold the address
        return NotHanded(f"{provider.name} gave no answer ({type(problem).__name__})")
    match outcome:
        case Accepted():
            return Handed(provider.name)
        case Refused():
            return NotHanded(f"{provider.name} refused it ({outcome.fault.value})")
        case NotTaken():
            return NotHanded(f"{provider.name} did not take it: {outcome.reason.sentence}")
        case Unknown():
            return NotHanded(f"{provider.name} gave no answer that can be trusted: it may arrive all the same")


def _provider(app: App, channel: Channel, now: datetime) -> Provider | NotHanded:
    with app.store.read() as tx:
        paused = versions.paused(tx)
        shut = {one.provider for one in lanes.look(tx) if not one.is_open(now)}
    if versions.EVERYTHING in paused:
        return NotHanded("all sending is paused")
    shut |= {scope.removeprefix(versions.PROVIDER) for scope in paused}
    open_ones = [one for one in app.providers.get(channel, ()) if one.name not in shut]
    return open_ones[0] if open_ones else NotHanded("no provider for this channel can be called now")


def _letter(app: App, channel: Channel, to: str, words: Words, now: datetime) -> Letter:
    """Its ids are nobody's: a receipt for it finds no message, and none is changed by it."""
    senders = app.clinic.senders
    return Letter(
        message_id=new_id(),
        attempt_id=new_id(),
        channel=channel,
        to=to,
        words=words,
        sender_name=senders.email_name or app.clinic.name,
        sender=senders.sms_from if channel is Channel.SMS else senders.email_address or app.clinic.email,
        reply_to=senders.reply_to if channel is Channel.EMAIL else "",
        handed_at=now,
    )
