"""Somebody of the clinic says where they get tests, and shows that it is theirs by a code that goes there."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.app import App
from drip.bookings.contact import email_of, phone_of
from drip.content.sms import measure
from drip.core.letter import Words
from drip.core.model import Channel
from drip.core.role import Person
from drip.flows.to_staff import NotHanded, hand_over
from drip.store import audit, own_addresses
from drip.store.audit import Deed
from drip.store.vault import CannotUnseal

GOOD_FOR = timedelta(minutes=15)
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that look alike."""

LENGTH = 8
"""32 to the 8th: nobody tries them all within a quarter of an hour."""

MOST = 5
"""Codes in an hour: whoever owns the address must not be pestered."""

_PLACE = "form.address"


@dataclass(frozen=True, slots=True)
class Begun:
    """A code is on its way. `sealed` comes back with it."""

    sealed: str = field(repr=False)


def begin(app: App, person: Person, channel: Channel, typed: str, now: datetime) -> Begun | NotHanded:
    """Send a code to the address that was typed."""
    to = email_of(typed.strip()) if channel is Channel.EMAIL else phone_of(typed, app.clinic.country)
    if to is None:
        return NotHanded("that cannot be read as an address or number")
    with app.store.write() as tx:  # counted before it goes and one by one, so that many at once are counted as well
        audit.lock(tx)
        if audit.count_since(tx, f"account:{person.id}", "code_asked", now - timedelta(hours=1)) >= MOST:
            return NotHanded(f"{MOST} codes were sent within an hour: wait a little")
        audit.write(tx, Deed(who=person.id, deed="code_asked", about=f"account:{person.id}"), now)
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    handed = hand_over(app, channel, to, _words(app, channel, code), now)
    if isinstance(handed, NotHanded):
        return handed
    told = {"channel": channel.value, "to": to, "code": code, "until": (now + GOOD_FOR).isoformat()}
    return Begun(app.store.vault.seal(_PLACE, person.id, json.dumps(told).encode()).hex())


def confirm(app: App, person: Person, sealed: str, code: str, now: datetime) -> bool:
    """Keep the address, if this is the code that went there."""
    try:
        told = json.loads(app.store.vault.unseal(_PLACE, person.id, bytes.fromhex(sealed)))
    except (CannotUnseal, ValueError, IndexError):
        return False
    is_right = secrets.compare_digest(code.strip().upper().encode(), told["code"].encode())
    if not is_right or now > datetime.fromisoformat(told["until"]):
        return False
    channel = Channel(told["channel"])
    with app.store.write() as tx:
        own_addresses.save(tx, person.id, channel, told["to"])
        deed = Deed(who=person.id, deed="address_confirmed", about=f"account:{person.id}", detail={"channel": channel})
        audit.write(tx, deed, now)
    return True


def forget(app: App, person: Person, channel: Channel, now: datetime) -> None:
    """Nothing more goes there."""
    with app.store.write() as tx:
        own_addresses.save(tx, person.id, channel, "")
        deed = Deed(who=person.id, deed="address_forgotten", about=f"account:{person.id}", detail={"channel": channel})
        audit.write(tx, deed, now)


def _words(app: App, channel: Channel, code: str) -> Words:
    text = f"{code} is your code for the console of {app.clinic.name}. Tell it to nobody."
    if channel is Channel.SMS:
        return Words(text=text, parts=measure(text).parts)
    return Words(text=text, subject="Your code")
