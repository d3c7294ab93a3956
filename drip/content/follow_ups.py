"""What a question's answers lead to, read as steps: they stand behind the steps that are written, in their order."""

from collections.abc import Iterator
from hashlib import sha256

from drip.content.question_schema import AskShape, question_of
from drip.core.sequence import FollowUp, Step

LONGEST_ID = 80
"""Characters of a step's name, as it is stored."""


def called(name: str) -> str:
    """The name as it is stored: a very long one is cut, and told apart from its like."""
    return name if len(name) <= LONGEST_ID else f"{name[:60]}.{sha256(name.encode()).hexdigest()[:16]}"


def follow_ups(step: Step, shape: AskShape) -> Iterator[Step]:
    """What a step's question leads to, each as a step of its own: `days.praise`, `days.pain`, `days.pain.ease-back`."""
    for then in shape.then:
        follow = Step(
            id=called(f"{step.id}.{then.sms or then.email}"),
            before=False,
            offset=then.after,
            at=then.at,
            email=then.email,
            sms=then.sms,
            send=then.send,
            purpose=then.purpose or step.purpose,
            expires=then.expires,
            ask=question_of(then.ask) if then.ask else None,
            follows=FollowUp(step=step.id, when=then.if_),
        )
        yield follow
        yield from follow_ups(follow, then.ask) if then.ask else ()
