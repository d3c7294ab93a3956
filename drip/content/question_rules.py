"""The rules between the keys of a step's `ask:`: what cannot be answered, or would never be noticed, is refused."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from pydantic import ValidationError

from drip.content.follow_up_rules import asked_in, follow_up_mistakes, follow_ups_in
from drip.content.question_schema import MOST_CHOICES, AskShape, question_of
from drip.content.shape import Mistake
from drip.content.strict_yaml import Loc
from drip.content.text_values import read_duration
from drip.core.answers import written_forms
from drip.core.condition import Condition, literals, looks_at
from drip.core.question import ANSWER, LONGEST_OPEN, WEEK, Answer, AnswerKind, Choice, Question, meets
from drip.core.red_flags import has_red_flag
from drip.core.replies import Word, read_reply

Tree: TypeAlias = Mapping[str, Any]


def question_mistakes(step: Tree, loc: Loc) -> Iterator[Mistake]:
    """Everything wrong with a step's question, and with what it leads to, that no single field shows."""
    ask, here = step.get("ask"), (*loc, "ask")
    if not isinstance(ask, dict):
        return
    if "sms" not in step and "email" not in step:
        message = "nothing asks this question: give the step the words that do, with `sms:` or `email:`"
        yield Mistake(loc=here, key=True, rule="no-words", message=message)
    yield from _misplaced(ask, here)
    yield from _silence(step, ask, here)
    question = _read(ask)
    if question is not None:
        for rule in (_range, _choices, _open_for, _tasks):
            yield from rule(question, here)
    for then, place in follow_ups_in(ask, here):
        yield from question_mistakes(then, place)
    yield from follow_up_mistakes(step, here)


def duplicate_questions(steps: list[Tree]) -> Iterator[Mistake]:
    """Questions of one sequence that have the same id: their answers could not be told apart."""
    seen: dict[str, int] = {}
    asked = [(n, loc, name) for n, step in enumerate(steps) for loc, name in asked_in(step, ("steps", n))]
    for n, loc, name in asked:
        if name in seen:
            message = f"step {seen[name] + 1} already asks `{name}`: give one of the questions another id"
            yield Mistake(loc=loc, rule="duplicate-question", message=message)
        else:
            seen[name] = n


def _read(ask: Tree) -> Question | None:
    """The question, where each field of it can be read; what is wrong with a field is said elsewhere."""
    try:
        return question_of(AskShape.model_validate(ask))
    except ValidationError:
        return None


def _misplaced(ask: Tree, loc: Loc) -> Iterator[Mistake]:
    kind = ask.get("answer")
    if kind not in set(AnswerKind):
        return
    for name in ("min", "max"):
        if name in ask and kind != AnswerKind.NUMBER:
            why = f"days always go from 0 to {WEEK}" if kind == AnswerKind.DAYS else "a choice has no numbers between"
            message = f"`{name}` goes with `answer: number` only ({why}): remove it"
            yield Mistake(loc=(*loc, name), key=True, rule="answer-range", message=message)
    if "choices" in ask and kind != AnswerKind.CHOICE:
        message = f"`choices` goes with `answer: choice` only: remove it, or ask for a choice instead of a {kind}"
        yield Mistake(loc=(*loc, "choices"), key=True, rule="answer-choices", message=message)
    if not ask.get("choices") and kind == AnswerKind.CHOICE:
        message = "a choice of what? Add `choices: [better, worse]`, or {1: better, 2: worse}"
        yield Mistake(loc=(*loc, "answer"), rule="answer-choices", message=message)


def _range(question: Question, loc: Loc) -> Iterator[Mistake]:
    least, most = question.least, question.most
    if question.answer is AnswerKind.NUMBER and least is not None and most is not None and least >= most:
        message = "`max` must be more than `min`: correct one of them"
        yield Mistake(loc=(*loc, "max"), rule="answer-range", message=message)


def _choices(question: Question, loc: Loc) -> Iterator[Mistake]:
    choices = question.choices
    if question.answer is not AnswerKind.CHOICE or not choices:
        return
    here = (*loc, "choices")
    if not 2 <= len(choices) <= MOST_CHOICES:
        message = f"a choice is between 2 and {MOST_CHOICES} things: there are {len(choices)}"
        yield Mistake(loc=here, rule="answer-choices", message=message)
    for message in (*_unclear(choices), *_taken_otherwise(choices)):
        yield Mistake(loc=here, rule="answer-choices", message=message)


def _unclear(choices: tuple[Choice, ...]) -> Iterator[str]:
    """Words that could mean two choices, or none at all."""
    meant: dict[str, Choice] = {}
    for choice in choices:
        for form in dict.fromkeys(written_forms(choice)):
            if not form:
                yield "a choice must hold a letter or a figure: write one that can be typed"
            elif meant.setdefault(form, choice) is not choice:
                yield f"`{form}` would mean two of the choices: change one of them"
                break


def _taken_otherwise(choices: tuple[Choice, ...]) -> Iterator[str]:
    """Words that are heard as something else before any question is thought of."""
    for word in (word for choice in choices for word in choice.words):
        if read_reply(word) is not Word.OTHER:
            yield f"`{word}` is always heard as {read_reply(word).value.upper()}: choose another word"
        elif has_red_flag(word):
            yield f"`{word}` always raises a red flag: choose another word"


def _open_for(question: Question, loc: Loc) -> Iterator[Mistake]:
    length = timedelta(days=question.open_for.days) + question.open_for.elapsed
    if not timedelta() < length <= LONGEST_OPEN:
        message = f"a question is open for some time, and for {LONGEST_OPEN.days} days at most: write 3d, for example"
        yield Mistake(loc=(*loc, "open_for"), rule="answer-open", message=message)


def _tasks(question: Question, loc: Loc) -> Iterator[Mistake]:
    for name, condition in (("task_if", question.task_if), ("red_flag_if", question.red_flag_if)):
        if condition is None:
            continue
        if looks_at(condition) - {ANSWER}:
            message = "only the `answer` decides here: leave everything else out"
            yield Mistake(loc=(*loc, name), rule="task-if", message=message)
        elif not any(meets(answer, condition) for answer in _possible(question, condition)):
            message = "no answer that can be given makes this true, so no task would ever come: correct it"
            yield Mistake(loc=(*loc, name), rule="task-if", message=message)


def _silence(step: Tree, ask: Tree, loc: Loc) -> Iterator[Mistake]:
    """Only what is asked again and again can be asked less."""
    if "after_silence" not in ask:
        return
    told = ask["after_silence"]
    rhythm, slower = _days(step.get("every")), _days(told.get("every") if isinstance(told, dict) else None)
    if "every" not in step:
        message = "this step asks once only: give it `every: 1w`, or remove `after_silence`"
        yield Mistake(loc=(*loc, "after_silence"), key=True, rule="after-silence", message=message)
    elif rhythm and slower is not None and slower <= rhythm:
        message = "nobody would be asked less: write more days than the step's own `every`, in whole days or weeks"
        yield Mistake(loc=(*loc, "after_silence", "every"), rule="after-silence", message=message)


def _days(told: object) -> int | None:
    """The whole days of a length; a wrong one is said elsewhere."""
    try:
        length = read_duration(told)
    except ValueError:
        return None
    return length.days if length.is_whole_days else 0


def _possible(question: Question, condition: Condition) -> Iterator[Answer]:
    """Answers on each side of every number that the condition names, and on it; or all there are."""
    if question.answer is AnswerKind.CHOICE:
        yield from (choice.words[0] for choice in question.choices)
        return
    named = [one for one in literals(condition) if isinstance(one, int | float)]
    ends = [end for end in (question.least, question.most) if end is not None]
    near = [one + step for one in (*named, *ends, 0) for step in (-1, -0.5, 0, 0.5, 1)]
    yield from (one for one in (*near, *range(WEEK + 1)) if question.takes(one))
