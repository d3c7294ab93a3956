"""Questions as the clinic asks them: that they can be answered at all, and that what names them names one of them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from drip.content.expression import suggestion
from drip.content.finding import Finding
from drip.content.folder import Folder
from drip.content.shape import Mistake, finding_at
from drip.content.step_place import place_of
from drip.content.strict_yaml import Loc
from drip.content.template_grammar import Variable
from drip.content.template_use import Spot, Use, spots
from drip.core.clinic import Clinic
from drip.core.condition import Attribute, Condition, compared_with, looks_at
from drip.core.model import Channel
from drip.core.question import Answer, AnswerKind, Question
from drip.core.sequence import Sequence

Hears: TypeAlias = Mapping[Channel, bool]
"""Whether what patients write back on a channel reaches us, as its provider says of itself."""

_CALLS_FOR_A_REPLY: Final = re.compile(
    r"(?<!\bnot )(?<!\bcannot )(?<!n.t )(?<!\bus to )(?<!\bwe )\breply\b|\batebwch\b|\bodpisz\b",
    re.IGNORECASE,
)
"""`Do not reply` and `do not wait for us to reply` ask for none."""

_ASKED: Final = Attribute("reply", "question")


def is_one_way(channel: Channel, clinic: Clinic | None, hears: Hears) -> bool:
    """Whether nobody can answer on this channel: the provider says so, else a sender's name with letters does."""
    if channel in hears:
        return not hears[channel]
    sender = clinic.senders.sms_from if clinic and channel is Channel.SMS else ""
    return any(character.isalpha() for character in sender)


def unanswerable(sequence: Sequence, clinic: Clinic | None, hears: Hears) -> Iterator[Mistake]:
    """Questions that go where nobody can answer them."""
    for step in sequence.steps:
        for channel in step.channels if step.ask else ():
            if is_one_way(channel, clinic, hears):
                loc = (*place_of(sequence, step), "ask")
                yield Mistake(loc=loc, key=True, rule="one-way-sender", message=_one_way(channel))


def _one_way(channel: Channel) -> str:
    if channel is Channel.EMAIL:
        return "nobody can answer this: emails from here bring no replies. Remove `ask`, or set up a way for replies"
    return (
        "nobody can answer this: texts from here bring no replies. "
        'Send from a number (`senders: {sms: {from: "+44..."}}` in clinic.yaml) with DRIP_PUBLIC_URL, or remove `ask`'
    )


def calls_for_a_reply(use: Use, clinic: Clinic | None, hears: Hears) -> Iterator[Finding]:
    """Words that ask patients to reply to a text, where no reply can arrive."""
    if use.channel is Channel.SMS and is_one_way(Channel.SMS, clinic, hears):
        for spot in spots(_CALLS_FOR_A_REPLY, use.texts):
            message = f"`{spot.words}`, but the sender of texts cannot hear replies: give a number to call instead"
            yield spot.finding("one-way-sender", message, "warning")


def questions_of(folder: Folder) -> dict[str, Question]:
    """Every question that is asked anywhere, by its id; the first where several have one id."""
    found: dict[str, Question] = {}
    for file in folder.sequences:
        for step in file.sequence.steps if file.sequence else ():
            if step.ask:
                found.setdefault(step.ask.id, step.ask)
    return found


def across_questions(folder: Folder) -> Iterator[Finding]:
    """What only shows when all questions are seen together."""
    asked = questions_of(folder)
    # A sequence that cannot be read may ask anything.
    is_whole = all(file.sequence for file in folder.sequences)
    for file in folder.sequences:
        if file.sequence is None:
            continue
        mistakes = [*_differing(file.sequence, asked), *(_unknown(file.sequence, asked) if is_whole else ())]
        yield from (finding_at(file.path, file.root, mistake) for mistake in mistakes)


def _differing(sequence: Sequence, asked: Mapping[str, Question]) -> Iterator[Mistake]:
    for step in sequence.steps:
        if step.ask and _answers(step.ask) != _answers(asked[step.ask.id]):
            message = (
                f"`{step.ask.id}` is asked elsewhere with other answers, and `replies.{step.ask.id}` "
                "is the last answer to either: give one of them another id"
            )
            loc = (*place_of(sequence, step), "ask", "id")
            yield Mistake(loc=loc, rule="question-differs", message=message, level="warning")


def _answers(question: Question) -> object:
    return question.answer, question.least, question.most, {choice.words[0] for choice in question.choices}


def _unknown(sequence: Sequence, asked: Mapping[str, Question]) -> Iterator[Mistake]:
    """Conditions on answers that nobody is ever asked for: they would be false for ever, and nobody would notice."""
    for loc, condition in _conditions(sequence):
        named = {one.name for one in looks_at(condition) if one.object == "replies"}
        named |= {str(value) for value in compared_with(condition, _ASKED)}
        for name in sorted(named - asked.keys()):
            yield Mistake(loc=loc, rule="unknown-question", message=_not_asked(name, asked), level="warning")


def _conditions(sequence: Sequence) -> Iterator[tuple[Loc, Condition | None]]:
    yield ("enrol", "when"), sequence.enrol.when
    yield from (((*place_of(sequence, step), "when"), step.when) for step in sequence.steps)
    yield from (((*place_of(sequence, one), "if"), one.follows.when) for one in sequence.steps if one.follows)


def _not_asked(name: str, asked: Mapping[str, Question]) -> str:
    return f"no sequence here asks `{name}`{suggestion(name, sorted(asked)) or ': correct it, or ask it'}"


def unknown_in_words(variables: Iterable[Variable], asked: Mapping[str, Question]) -> Iterator[Finding]:
    """Words that name an answer nobody is ever asked for."""
    for variable in variables:
        if variable.object == "replies" and variable.name not in asked:
            at = Spot(path=variable.path, line=variable.line, column=variable.column, words=variable.name)
            yield at.finding("unknown-question", _not_asked(variable.name, asked), "warning")


def sample_answers(asked: Mapping[str, Question]) -> dict[str, Answer]:
    """An answer to each question, the longest to write: words are tried with these, and without any."""
    return {name: _sample(question) for name, question in asked.items()}


def _sample(question: Question) -> Answer:
    if question.answer is AnswerKind.CHOICE:
        return max((choice.words[0] for choice in question.choices), key=len)
    most = 10 if question.out_of is None else question.out_of
    return int(most) if most == int(most) else most
