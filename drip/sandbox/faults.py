"""Everything that can go wrong with a call, by name."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Manner(StrEnum):
    """How an answer goes out."""

    WHOLE = "whole"
    DRIP = "drip"
    """Byte by byte, so that no single read ever waits long."""
    CUT = "cut"
    """The first half, then the connection closes."""
    RESET = "reset"
    """No answer: the connection is reset."""
    CLOSE = "close"
    """No answer: the connection closes."""
    HANG = "hang"
    """No answer: the connection stays open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What becomes of one call. `taken` is the truth: whether the message was accepted, whatever the answer says."""

    name: str
    taken: bool = False
    status: int | None = None
    """None: as the provider answers when all is well."""
    code: int | None = None
    """Twilio's own number for the error."""
    manner: Manner = Manner.WHOLE
    body: str = ""
    """`html` or `no_id` instead of the provider's own."""
    is_late: bool = False
    is_unread: bool = False
    tells_when: bool = False
    """A 429 that says how long to wait."""


class NoSuchFault(ValueError):
    """No fault has this name."""


OK = Fault(name="ok", taken=True)

FAULTS = {
    fault.name: fault
    for fault in (
        OK,
        Fault(name="delay", taken=True, is_late=True),
        Fault(name="429", status=429, tells_when=True),
        Fault(name="429_no_retry_after", status=429),
        Fault(name="accept_then_reset", taken=True, manner=Manner.RESET),
        Fault(name="accept_then_close", taken=True, manner=Manner.CLOSE),
        Fault(name="accept_then_cut", taken=True, manner=Manner.CUT),
        Fault(name="accept_then_hang", taken=True, manner=Manner.HANG),
        Fault(name="slow_drip", taken=True, manner=Manner.DRIP),
        Fault(name="bad_json", taken=True, body="html"),
        Fault(name="two_xx_no_id", taken=True, body="no_id"),
        Fault(name="close_before_read", is_unread=True),
        Fault(name="reset", manner=Manner.RESET),
        Fault(name="close", manner=Manner.CLOSE),
        Fault(name="hang", manner=Manner.HANG),
        Fault(name="captive_portal", status=200, body="html"),
        Fault(name="302", status=302),
    )
}
"""Beside these, any status from 400 to 599, `accept_then_` with one, and Twilio's five-digit codes."""

_STATUS = re.compile(r"(accept_then_)?([45]\d\d)")
_CODE = re.compile(r"[1-9]\d{4}")


def fault_named(name: str) -> Fault:
    """The fault of this name. NoSuchFault if there is none."""
    if name in FAULTS:
        return FAULTS[name]
    if found := _STATUS.fullmatch(name):
        return Fault(name=name, taken=bool(found[1]), status=int(found[2]))
    if _CODE.fullmatch(name):
        return Fault(name=name, status=400, code=int(name))
    raise NoSuchFault(f"no fault is called {name[:40]!r}; there are {', '.join(FAULTS)}, any status such as 503, "
                      "accept_then_500, and Twilio's codes such as 21610")  # fmt: skip


NUMBERS = {
    f"+4477009001{last}": name
    for last, name in {
        "31": "delay",
        "32": "429",
        "33": "429_no_retry_after",
        "34": "500",
        "35": "503",
        "36": "accept_then_500",
        "37": "accept_then_reset",
        "38": "accept_then_hang",
        "39": "close",
        "40": "reset",
        "41": "bad_json",
        "42": "two_xx_no_id",
        "43": "slow_drip",
        "44": "401",
        "45": "400",
        "46": "accept_then_cut",
        "47": "hang",
        "48": "302",
        "49": "captive_portal",
    }.items()
}
"""Numbers, reserved for drama, whose texts meet a fault. In docs/sandbox.md for people."""


def fault_for(address: str) -> Fault | None:
    """The fault that an address asks for: one of NUMBERS, or `fault+NAME@` anywhere."""
    if address.startswith("+"):
        name = NUMBERS.get(address)
    elif address.startswith("fault+"):
        name = address.removeprefix("fault+").rpartition("@")[0]
    else:
        return None
    try:
        return fault_named(name) if name else None
    except NoSuchFault:
        return None
