"""What a clinician writes: a sequence and its steps, as values."""

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from drip.core.condition import Condition, Objects, holds
from drip.core.duration import Duration
from drip.core.model import AnchorKind, Channel, EventKind, Facts, Kind, Purpose, Send
from drip.core.question import Question
from drip.core.window import Always, Window

MAX_OCCURRENCES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One planned contact. Its id is its identity: renaming it would send it again."""

    id: str
    before: bool
    offset: Duration
    at: time | None = None
    weekday: int | None = None
    every: int | None = None
    """Days between occurrences of a repeating step."""
    times: int | None = None
    until: Duration | None = None
    email: str | None = None
    sms: str | None = None
    send: Send = Send.BOTH
    when: Condition | None = None
    purpose: Purpose = Purpose.CARE
    expires: Duration | None = None
    send_if_late: bool = False
    goes_early: bool = False
    """A time outside the window moves back to the nearest open day rather than forward: it must not wait for Monday."""
    reminder: bool = False
    """It tells of a visit: left out where the booking system does so itself."""
    critical: bool = False
    ask: Question | None = None
    """What its words ask, if a reply to them is an answer."""
    follows: "FollowUp | None" = None
    """It is said to an answer: it counts from that, and nothing plans it before."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that have a template, in the order in which they are tried."""
        named = {Channel.EMAIL: self.email, Channel.SMS: self.sms}
        order = (Channel.SMS, Channel.EMAIL) if self.send is Send.SMS_THEN_EMAIL else (Channel.EMAIL, Channel.SMS)
        return tuple(channel for channel in order if named[channel])

    @property
    def slots(self) -> tuple[Channel, ...]:
        """One row is planned per slot: every channel when it goes by both, else the first to be tried."""
        return self.channels if self.send is Send.BOTH else self.channels[:1]

    @property
    def may_turn(self) -> bool:
        """A closed channel may be answered with the other one."""
        return self.send is not Send.BOTH and len(self.channels) > 1

    @property
    def answers_at_once(self) -> bool:
        """Somebody has just written to us, and waits for this."""
        return self.follows is not None and self.offset == Duration()

    @property
    def may_fall_silent(self) -> bool:
        """It asks less where nobody answers."""
        return self.ask is not None and self.ask.after_silence is not None

    def template(self, channel: Channel) -> str | None:
        """The name of the template for a channel."""
        return self.email if channel is Channel.EMAIL else self.sms


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """To which question's answers a step is said."""

    step: str
    """The step that asks."""
    when: Condition | None = None
    """Looks at `answer` and `replies`; the first of a question's follow-ups whose condition holds is said."""


class Again(StrEnum):
    """Whether a patient may be enrolled a second time."""

    NEVER = "never"
    PER_ORIGIN = "per_origin"
    ONE_AT_A_TIME = "one_at_a_time"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """Who is enrolled, and when."""

    on: frozenset[EventKind]
    when: Condition | None = None
    again: Again = Again.PER_ORIGIN
    again_after: Duration | None = None
    not_while_in: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """What ends an enrolment besides its own last step."""

    on: frozenset[EventKind] = frozenset()
    when_enrolled_in: frozenset[str] = frozenset()


AWAITING = "awaiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Who answers for the words, until when, and on what evidence."""

    author: str
    approved_by: str
    registration: str = ""
    approved_on: date | None = None
    review_due: date | None = None
    evidence: tuple[str, ...] = ()
    interests: str = ""

    @property
    def is_awaited(self) -> bool:
        """No clinician of this clinic has approved it yet: never sent live."""
        return self.approved_by == AWAITING

    def is_past(self, today: date) -> bool:
        """The day on which it should have been reviewed again is over."""
        return self.review_due is not None and today > self.review_due


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One line of a sequence's own tests: this step goes at this local time, or is skipped."""

    step: str
    channel: Channel | None = None
    at: str | None = None
    occurrence: int = 1
    state: str = "planned"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A sequence's own test: given this, expect that."""

    name: str
    given: Facts
    expect: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """The ordered steps a clinic writes, with who they are for and what ends them."""

    id: str
    title: str
    purpose: Purpose
    kind: Kind
    enabled: bool
    enrol: Enrol
    anchor: AnchorKind
    window: Window | Always | None
    """None means the site's."""
    ends: Ends
    steps: tuple[Step, ...]
    review: Review
    pause_when: frozenset[str] = frozenset()
    examples: tuple[Example, ...] = field(default=(), repr=False)

    def __hash__(self) -> int:
        """By its id, for what is kept by sequence: looking at every step would cost more than is saved."""
        return hash(self.id)

    @property
    def tells_of_moves(self) -> bool:
        """It begins anew with each move of a visit, rather than once with the visit."""
        return EventKind.RESCHEDULED in self.enrol.on and EventKind.BOOKED not in self.enrol.on

    def step(self, step_id: str) -> Step | None:
        """The step with this id."""
        return next((step for step in self.steps if step.id == step_id), None)

    def is_follow_up(self, step_id: str) -> bool:
        """Whether this step is said to an answer."""
        step = self.step(step_id)
        return step is not None and step.follows is not None

    def follow_up(self, step_id: str, objects: Objects) -> Step | None:
        """What is said to an answer to this step's question, if anything is."""
        said_to = ((step, step.follows) for step in self.steps if step.follows and step.follows.step == step_id)
        return next((step for step, follows in said_to if holds(follows.when, objects)), None)

    def position(self, step_id: str) -> int:
        """Where in the order a step stands; ties go by it."""
        return next((n for n, step in enumerate(self.steps) if step.id == step_id), len(self.steps))
