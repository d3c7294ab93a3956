"""What both providers' parts share: the call as it was read, and how a fault dresses the answer."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from drip.sandbox.faults import Fault, Manner
from drip.sandbox.script import Behaviour
from drip.sandbox.wire import Answer

HTML = (
    b"<!doctype html><html><head><title>Please log in</title></head><body>Welcome to the guest network.</body></html>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a provider does not take a message, in its own terms, and who it was for as far as that could be read."""

    answer: Answer = field(repr=False)
    why: str
    to: str = field(default="", repr=False)
    attempt: str | None = None


def as_json(status: int, document: Any, *headers: tuple[str, str]) -> Answer:
    """An answer in JSON."""
    kind = ("Content-Type", "application/json")
    return Answer(status=status, headers=(kind, *headers), body=json.dumps(document).encode())


def dress(fault: Fault, good: Answer, no_id: Answer, problem: Callable[[Fault], Answer], how: Behaviour) -> Answer:
    """The answer that this fault makes of the good one."""
    if fault.name == "302":
        answer = Answer(status=302, headers=(("Location", "/sandbox/elsewhere"),))
    elif fault.body == "html":
        answer = Answer(status=fault.status or good.status, headers=(("Content-Type", "text/html"),), body=HTML)
    elif fault.body == "no_id":
        answer = no_id
    elif fault.status is not None:
        answer = problem(fault)
    else:
        answer = good
    after = how.latency + (how.delay if fault.is_late else 0)
    if not after and fault.manner is Manner.WHOLE:
        return answer
    return Answer(status=answer.status, headers=answer.headers, body=answer.body, manner=fault.manner, after=after,
                  gap=how.drip)  # fmt: skip


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Name and password of an Authorization header; None if there are none."""
    kind, _, rest = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return None
    return (name, password) if colon and name and password else None
