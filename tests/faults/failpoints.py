"""Places where a worker can be killed, stopped or made to fail. Production code knows nothing of them.

A failpoint wraps a function of the running program by its name, in a process that is about to be hurt.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from urllib3.connection import HTTPConnection

from drip.flows import carry, enrol, gate, receive, reconcile, record, send, tick
from drip.store import settling


@dataclass(frozen=True, slots=True)
class Failpoint:
    """A function, by where it is looked up, and whether it happens before or after it ran."""

    owner: Any
    name: str
    after: bool = False


FAILPOINTS = {
    "plan.before_commit": Failpoint(enrol, "_apply", after=True),
    "claim.before_commit": Failpoint(send, "use", after=True),
    "claim.after": Failpoint(send, "prepare"),
    "gate.before": Failpoint(send, "pass_gate"),
    "gate.locked": Failpoint(gate, "_look", after=True),
    "gate.before_commit": Failpoint(gate, "_pass", after=True),
    "gate.after": Failpoint(carry.Carrier, "carry"),
    "send.before_call": Failpoint(carry, "hand_over"),
    "send.after_response": Failpoint(carry, "hand_over", after=True),
    "record.before": Failpoint(record, "write_down"),
    "record.before_commit": Failpoint(settling, "settle", after=True),
    "record.after": Failpoint(record, "write_down", after=True),
    "receipts.before": Failpoint(receive, "_apply"),
    "receipts.before_commit": Failpoint(receive, "_apply", after=True),
    "sweep.before": Failpoint(tick, "sweep"),
    "reconcile.before": Failpoint(tick, "reconcile"),
    "reconcile.asked": Failpoint(reconcile, "_write"),
    "finish.before": Failpoint(tick, "finish"),
}
"""By the names that the table in docs/faults.md uses. Besides these: `commit.before`, `commit.after` (any transaction
that writes), and `socket.sent` (the request is out, no byte of the answer was read)."""


def hurt(engine: Engine, name: str, nth: int, how: str) -> None:
    """The n-th time (from 1) that this place is reached, the process is killed, stopped, slowed, fails or breaks."""
    strike = _Strike(nth, how)
    if name.startswith("commit."):
        _wrap(engine.dialect, "do_commit", strike, after=name.endswith("after"))
    elif name == "socket.sent":
        _wrap(HTTPConnection, "getresponse", strike, after=False)
    else:
        point = FAILPOINTS[name]
        _wrap(point.owner, point.name, strike, after=point.after)


@dataclass(slots=True)
class _Strike:
    left: int
    how: str

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0 or (self.left < 0 and self.how == "break"):
            _DEEDS[self.how]()


class Hurt(Exception):
    """What a worker that is made to fail raises."""


def _fail() -> None:
    raise Hurt


_DEEDS: dict[str, Callable[[], None]] = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "terminate": lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "sleep": lambda: time.sleep(0.5),
    "fail": _fail,
    "break": _fail,  # and whenever it comes there again
}


def _wrap(owner: Any, name: str, strike: Callable[[], None], *, after: bool) -> None:
    real = getattr(owner, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        if not after:
            strike()
        result = real(*given, **named)
        if after:
            strike()
        return result

    setattr(owner, name, wrapped)
