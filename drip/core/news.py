"""What comes back from a provider: the call itself, and what it says of messages and from patients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from drip.core.handover import Fault
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.reason import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """An HTTP request from a provider, as it came. Nothing in it is believed before its signature was checked."""

    what: str
    """Which of the provider's callbacks: the last word of the route, such as `status`."""
    url: str = field(repr=False)
    """As the provider called it, from our own public address, with its query."""
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A provider's later word about an attempt. `key` is the provider's own name for this word."""

    provider: str
    key: str
    says: State | None
    """None where it only closes an address."""
    attempt_id: str | None = None
    provider_ref: str | None = None
    fault: Fault | None = None
    """Of a message that was not delivered: what that was about, as far as the provider says."""
    code: str = ""
    """The provider's own word for it, for staff; never an address, at most 40 characters."""
    closes: Reason | None = None
    """Why this address must not be used again."""
    address: str | None = field(default=None, repr=False)
    """Which one, where the provider says so; else it is the attempt's."""
    at: datetime | None = None
    """When it happened, by the provider's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a patient wrote back."""

    provider: str
    key: str
    """The provider's own name for it: kept for ever, so that an old one cannot be played again."""
    channel: Channel
    address: str = field(repr=False)
    """Who wrote."""
    text: str = field(repr=False)
    answers: str | None = None
    """The id of the message that it answers, where that can be seen."""
    was_answered: bool = False
    """The provider has already confirmed a STOP, START or HELP by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What one callback told us."""

    receipts: tuple[Receipt, ...] = ()
    replies: tuple[Reply, ...] = ()
    answer: str = ""
    """What the provider wants to read, besides the 200."""
    answer_type: str = "text/plain"
