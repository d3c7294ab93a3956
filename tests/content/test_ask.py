"""What `drip check` says about questions: each rule, a file that breaks it, and the place where it says so."""

from datetime import time
from pathlib import Path

import pytest

from drip.content.check import check
from drip.content.finding import Finding
from drip.content.sequence_file import load_sequence
from drip.core.condition import Compare, Literal
from drip.core.duration import parse_duration
from drip.core.model import Channel, Purpose
from drip.core.question import ANSWER, AnswerKind, Choice, Question, Silence
from tests.content.build import CLINIC, SEQUENCE, SMS, TODAY, a_folder, a_sequence, changed, checked, place

IN_SEQUENCE = "sequences/heel-advice.yaml"
IN_SMS = "templates/heel-advice/first.sms.txt"
TEXT_ONLY = changed(SEQUENCE, ("    email: first\n", ""))
"""Without the email: what is said on line 13 is about the question."""

FROM_A_NAME = f"{CLINIC}senders: {{sms: {{from: Village}}}}\n"
FROM_A_NUMBER = f'{CLINIC}senders: {{sms: {{from: "+447700900100"}}}}\n'
NO_EMAIL = {"templates/heel-advice/first.email.md": None, "templates/shared/red-flags-leg.email.md": None}


def asking(ask: str) -> str:
    """The ordinary sequence, with a question on line 13."""
    return changed(TEXT_ONLY, ("    sms: first\n", f"    sms: first\n    ask: {ask}\n"))


def found(ask: str) -> list[Finding]:
    sequence, findings = load_sequence("s.yaml", asking(ask).encode())
    assert sequence is None
    return findings


def the_question(ask: str) -> Question:
    question = a_sequence(asking(ask)).steps[0].ask
    assert question
    return question


def test_a_question_is_read_with_all_it_says() -> None:
    read = the_question("{id: pain, answer: number, min: 0, max: 10, open_for: 1d12h, task_if: answer >= 8}")
    assert read == Question(
        id="pain",
        answer=AnswerKind.NUMBER,
        least=0,
        most=10,
        open_for=parse_duration("1d12h"),
        task_if=Compare("gteq", ANSWER, Literal(8)),
    )


def test_a_question_that_does_not_say_is_open_for_three_days() -> None:
    assert the_question("{id: pain, answer: number}").open_for == parse_duration("3d")


def test_choices_are_words_or_what_numbers_mean_and_a_word_may_be_several() -> None:
    listed = the_question("{id: mood, answer: choice, choices: [better, [worse, gwaeth, gorzej]]}")
    assert listed.choices == (Choice(words=("better",)), Choice(words=("worse", "gwaeth", "gorzej")))
    numbered = the_question("{id: mood, answer: choice, choices: {1: better, 2: [worse, gwaeth]}}")
    assert numbered.choices == (Choice(words=("better",), number=1), Choice(words=("worse", "gwaeth"), number=2))


@pytest.mark.parametrize(
    ("ask", "column", "rule", "says"),
    [
        ("{id: pain}", 10, "missing-key", "`answer` is missing"),
        ("{answer: days}", 10, "missing-key", "`id` is missing"),
        ("{id: pain, answer: colour}", 29, "wrong-value", "write one of number, days, choice"),
        ("{id: pain-now, answer: days}", 15, "wrong-value", "cannot stand in `replies.pain-now`"),
        ("{id: Pain, answer: days}", 15, "wrong-value", "lower case letters, digits and _"),
        ("{id: pain__now, answer: days}", 15, "wrong-value", "lower case letters, digits and _"),
        ("{id: pain, answer: days, opened_for: 3d}", 35, "unknown-key", "did you mean `open_for`?"),
        ("{id: pain, answer: days, open_for: soon}", 45, "wrong-value", "10m, 3h, 2d, 6w"),
        ("{id: pain, answer: days, open_for: 0m}", 45, "answer-open", "31 days at most"),
        ("{id: pain, answer: days, open_for: 31d1m}", 45, "answer-open", "31 days at most"),
        ("{id: pain, answer: number, min: few}", 42, "wrong-value", "'few' is not a number"),
        ("{id: pain, answer: number, min: 5, max: 5}", 50, "answer-range", "`max` must be more than `min`"),
        ("{id: pain, answer: number, min: 5, max: 1}", 50, "answer-range", "`max` must be more than `min`"),
        ("{id: pain, answer: days, min: 0}", 35, "answer-range", "days always go from 0 to 7"),
        ("{id: pain, answer: days, max: 7}", 35, "answer-range", "`answer: number` only"),
        ("{id: pain, answer: choice, choices: [a, b], min: 0}", 54, "answer-range", "`answer: number` only"),
        ("{id: pain, answer: number, choices: [a, b]}", 37, "answer-choices", "`answer: choice` only"),
        ("{id: pain, answer: choice}", 29, "answer-choices", "a choice of what?"),
        ("{id: pain, answer: choice, choices: []}", 29, "answer-choices", "a choice of what?"),
        ("{id: pain, answer: choice, choices: [a]}", 46, "answer-choices", "there are 1"),
        ("{id: pain, answer: choice, choices: better}", 46, "wrong-value", "write a list of words"),
        ("{id: pain, answer: choice, choices: {one: a, two: b}}", 46, "wrong-value", "not a whole number from 0 to 99"),
        ("{id: pain, answer: choice, choices: [a, []]}", 46, "wrong-value", "a choice needs a word"),
        ("{id: pain, answer: choice, choices: [a, [{b: c}]]}", 46, "wrong-value", "one text here"),
        ("{id: pain, answer: choice, choices: [a, Á]}", 46, "answer-choices", "`a` would mean two"),
        ("{id: pain, answer: choice, choices: {1: two, 2: b}}", 46, "answer-choices", "`two` would mean two"),
        ("{id: pain, answer: choice, choices: [a, '?!']}", 46, "answer-choices", "a letter or a figure"),
        ("{id: pain, answer: choice, choices: [go on, stop]}", 46, "answer-choices", "always heard as STOP"),
        ("{id: pain, answer: choice, choices: [a, [b, help]]}", 46, "answer-choices", "always heard as HELP"),
        ("{id: pain, answer: choice, choices: [a, fever]}", 46, "answer-choices", "always raises a red flag"),
        ("{id: pain, answer: days, task_if: anwser > 1}", 44, "condition", "did you mean `answer`?"),
        ("{id: pain, answer: days, task_if: patient.age > 1}", 44, "task-if", "only the `answer` decides"),
        ("{id: pain, answer: days, task_if: answer > replies.x}", 44, "task-if", "only the `answer` decides"),
        ("{id: pain, answer: days, task_if: answer > 7}", 44, "task-if", "no answer that can be given"),
        ("{id: pain, answer: days, task_if: answer == 'bad'}", 44, "task-if", "no answer that can be given"),
        ("{id: pain, answer: number, max: 10, task_if: answer >= 80}", 55, "task-if", "no answer that can be given"),
        ("{id: p, answer: choice, choices: [a, b], task_if: answer == 'c'}", 60, "task-if", "no answer that can be"),
        ("{id: pain, answer: days, red_flag_if: answer > 7}", 48, "task-if", "no answer that can be given"),
        ("{id: pain, answer: days, after_silence: {times: 2, every: 2w}}", 35, "after-silence", "asks once only"),
        ("{id: pain, answer: days, then: [{if: answer > 3}]}", 42, "no-words", "this says nothing"),
        ("{id: pain, answer: days, then: [{sms: x}, {sms: y}]}", 52, "then", "Put that one last"),
        ("{id: pain, answer: days, then: [{if: answer > 3, sms: x}, {sms: x}]}", 68, "then", "said already"),
        (
            "{id: pain, answer: days, then: [{if: patient.age > 3, sms: x}]}",
            47,
            "then",
            "only the `answer` and",
        ),
        ("{id: pain, answer: days, then: [{if: anwser > 3, sms: x}]}", 47, "condition", "did you mean `answer`?"),
        ('{id: pain, answer: days, then: [{at: "10:00", sms: x}]}', 47, "clock-time", "add `after: 1d`"),
        ('{id: pain, answer: days, then: [{after: 2h, at: "10:00", sms: x}]}', 58, "clock-time", "whole days"),
        ("{id: pain, answer: days, then: [{after: soon, sms: x}]}", 50, "wrong-value", "10m, 3h"),
        ("{id: a, answer: days, then: [{sms: x, ask: {id: a, answer: days}}]}", 58, "duplicate-question", "`a`"),
        ("{id: a, answer: days, then: [{sms: x, ask: {id: b, answer: days, max: 7}}]}", 75, "answer-range", "days"),
        ("yes", 10, "wrong-shape", "a mapping belongs here"),
    ],
)
def test_a_wrong_question_is_said_at_its_place(ask: str, column: int, rule: str, says: str) -> None:
    (finding,) = found(ask)
    assert (finding.line, finding.column, finding.level, finding.rule) == (13, column, "error", rule)
    assert says in finding.message


@pytest.mark.parametrize(
    "ask",
    [
        "{id: pain, answer: number, min: 0, max: 10, task_if: answer > 9.5}",
        "{id: pain, answer: number, task_if: answer == 120}",
        "{id: pain, answer: number, min: 1000, task_if: answer > 5000}",
        "{id: pain, answer: number, min: 0, max: 10, task_if: not (answer < 10)}",
        "{id: days, answer: days, task_if: 'answer in [0, 1]'}",
        "{id: mood, answer: choice, choices: [a, b], task_if: answer != 'a'}",
    ],
)
def test_a_rule_that_some_answer_meets_is_fine(ask: str) -> None:
    assert the_question(ask).task_if


CONVERSATION = (
    "{id: days_done, answer: days, after_silence: {times: 2, every: 2w, then: stop}, then: ["
    "{if: answer >= 5, sms: praise}, "
    "{sms: pain, ask: {id: pain, answer: number, red_flag_if: answer >= 8, then: ["
    "{if: replies.days_done < 3, after: 1d, at: 10:00, sms: tip, email: tip, purpose: feedback, expires: 2d}]}}]}"
)


def test_a_question_leads_to_others_each_a_step_of_its_own_behind_the_steps_that_are_written() -> None:
    repeated = changed(asking(CONVERSATION), ("    after: 1d\n", "    after: 1d\n    every: 1w\n    times: 9\n"))
    first, *said = a_sequence(repeated).steps
    assert first.ask
    assert first.ask.after_silence == Silence(times=2, every=14)
    assert [(one.id, one.follows and one.follows.step) for one in said] == [
        ("first.praise", "first"),
        ("first.pain", "first"),
        ("first.pain.tip", "first.pain"),
    ]
    assert [one.answers_at_once for one in said] == [True, True, False]
    tip = said[-1]
    assert (tip.sms, tip.email, tip.purpose, tip.at) == ("tip", "tip", Purpose.FEEDBACK, time(10))
    assert said[1].ask
    assert said[1].ask.is_red_flag(8)


@pytest.mark.parametrize(("every", "found"), [("1w", 1), ("2w", 1), ("12h", 1), ("3w", 0)])
def test_what_nobody_answers_is_asked_less_often_than_before(every: str, found: int) -> None:
    ask = f"{{id: a, answer: days, after_silence: {{times: 2, every: {every}}}}}"
    text = changed(asking(ask), ("    after: 1d\n", "    after: 1d\n    every: 2w\n    times: 9\n"))
    _, findings = load_sequence("s.yaml", text.encode())
    assert [one.rule for one in findings] == ["after-silence"] * found


def test_a_conversation_has_an_end() -> None:
    ask = "{id: e, answer: days}"
    for name in "dcba":
        ask = f"{{id: {name}, answer: days, then: [{{sms: x, ask: {ask}}}]}}"
    assert [one.rule for one in found(ask)] == ["then"]


def test_a_follow_up_is_called_by_a_name_that_can_be_stored() -> None:
    words = "a" * 60
    ask = f"{{id: a, answer: days, then: [{{sms: {words}, ask: {{id: b, answer: days, then: [{{sms: {words}}}]}}}}]}}"
    assert [len(one.id) for one in a_sequence(asking(ask)).steps[1:]] == [66, 77]


def test_a_step_without_words_asks_nothing() -> None:
    text = changed(asking("{id: pain, answer: days}"), ("    sms: first\n", ""))
    _, findings = load_sequence("s.yaml", text.encode())
    assert [(one.line, one.column, one.rule) for one in findings] == [(9, 5, "no-words"), (12, 5, "no-words")]


def test_the_questions_of_a_sequence_have_different_ids() -> None:
    second = "  - {id: second, after: 2d, sms: first, ask: {id: pain, answer: days}}\nreview:"
    text = changed(asking("{id: pain, answer: days}"), ("review:", second))
    sequence, (finding,) = load_sequence("s.yaml", text.encode())
    assert sequence is None
    assert (finding.line, finding.column, finding.rule) == (14, 51, "duplicate-question")
    assert "step 1 already asks `pain`" in finding.message


PAIN = "{id: pain, answer: number, min: 0, max: 10}"


class TestWhoCanAnswer:
    def test_nobody_can_reply_to_a_name(self, tmp_path: Path) -> None:
        files = {IN_SEQUENCE: asking(PAIN), "clinic.yaml": FROM_A_NAME, **NO_EMAIL}
        (finding,) = check(a_folder(tmp_path, files), TODAY)
        assert place(finding) == f"{IN_SEQUENCE}:13:5: error: one-way-sender"
        assert "Send from a number" in finding.message

    @pytest.mark.parametrize("clinic", [FROM_A_NUMBER, CLINIC], ids=["a number", "nothing is known"])
    def test_a_question_may_go_where_replies_may_come_from(self, clinic: str, tmp_path: Path) -> None:
        assert checked(tmp_path, {IN_SEQUENCE: asking(PAIN), "clinic.yaml": clinic, **NO_EMAIL}) == []

    @pytest.mark.parametrize(("clinic", "hears"), [(FROM_A_NUMBER, False), (FROM_A_NAME, True)])
    def test_what_the_provider_says_of_itself_counts_most(self, clinic: str, hears: bool, tmp_path: Path) -> None:
        folder = a_folder(tmp_path, {IN_SEQUENCE: asking(PAIN), "clinic.yaml": clinic, **NO_EMAIL})
        rules = [finding.rule for finding in check(folder, TODAY, {Channel.SMS: hears})]
        assert rules == ([] if hears else ["one-way-sender"])

    def test_each_channel_that_asks_must_bring_answers(self, tmp_path: Path) -> None:
        text = changed(SEQUENCE, ("    sms: first\n", f"    sms: first\n    ask: {PAIN}\n"))
        folder = a_folder(tmp_path, {IN_SEQUENCE: text, "clinic.yaml": FROM_A_NUMBER})
        assert check(folder, TODAY, {Channel.EMAIL: True}) == []
        (finding,) = check(folder, TODAY, {Channel.EMAIL: False})
        assert place(finding) == f"{IN_SEQUENCE}:14:5: error: one-way-sender"
        assert "emails from here bring no replies" in finding.message

    @pytest.mark.parametrize(
        "words", ["Reply 0 to 10", "Please reply", "To stop: reply STOP", "Atebwch 0 i 10", "Odpisz 0-10"]
    )
    def test_words_that_ask_for_a_reply_nobody_hears_are_a_warning(self, words: str, tmp_path: Path) -> None:
        files = {IN_SMS: changed(SMS, ("keep moving", f"ok. {words}")), "clinic.yaml": FROM_A_NAME}
        (finding,) = check(a_folder(tmp_path, files), TODAY)
        column = changed(SMS, ("keep moving", f"ok. {words}")).casefold().index(finding.message[1:4].casefold()) + 1
        assert place(finding) == f"{IN_SMS}:1:{column}: warning: one-way-sender"
        assert "give a number to call" in finding.message
        assert checked(tmp_path, {"clinic.yaml": FROM_A_NUMBER}) == []

    @pytest.mark.parametrize(
        "words", ["Do not reply", "You cannot reply", "Don't reply", "do not wait for us to reply"]
    )
    def test_words_that_ask_for_none_are_fine(self, words: str, tmp_path: Path) -> None:
        files = {IN_SMS: changed(SMS, ("keep moving", words)), "clinic.yaml": FROM_A_NAME}
        assert checked(tmp_path, files) == []


class TestNames:
    """`replies.pain` is the last answer to `pain`, whichever sequence asked."""

    def test_a_condition_on_an_answer_nobody_is_asked_for_is_a_warning(self, tmp_path: Path) -> None:
        text = changed(
            asking(PAIN),
            ("  on: appointment.attended\n", "  on: reply.answer\n  when: reply.question == 'pian'\n"),
            ("    after: 1d\n", "    after: 1d\n    when: replies.pian > 3 and replies.pain > 3\n"),
        )
        folder = a_folder(tmp_path, {IN_SEQUENCE: text, "clinic.yaml": FROM_A_NUMBER, **NO_EMAIL})
        findings = check(folder, TODAY)
        assert [place(finding) for finding in findings] == [
            f"{IN_SEQUENCE}:7:9: warning: unknown-question",
            f"{IN_SEQUENCE}:12:11: warning: unknown-question",
        ]
        assert {finding.message for finding in findings} == {"no sequence here asks `pian`, did you mean `pain`?"}

    def test_so_is_a_word_that_names_one(self, tmp_path: Path) -> None:
        words = changed(SMS, ("keep moving", "{{ replies.pian | default('hm') }}"))
        files = {IN_SEQUENCE: asking(PAIN), IN_SMS: words, "clinic.yaml": FROM_A_NUMBER, **NO_EMAIL}
        assert checked(tmp_path, files) == [f"{IN_SMS}:1:68: warning: unknown-question"]

    def test_while_a_sequence_cannot_be_read_it_may_ask_anything(self, tmp_path: Path) -> None:
        words = changed(SMS, ("keep moving", "{{ replies.pian | default('hm') }}"))
        text = changed(asking(PAIN), ("    after: 1d\n", "    after: 1d\n    when: replies.pian > 3\n"))
        broken = changed(SEQUENCE, ("heel-advice", "other"), ("title:", "titel:"))
        files = {IN_SEQUENCE: text, IN_SMS: words, "sequences/other.yaml": broken, "clinic.yaml": FROM_A_NUMBER}
        assert checked(tmp_path, {**files, **NO_EMAIL}) == ["sequences/other.yaml:2:1: error: unknown-key"]

    def test_one_id_is_one_question_everywhere(self, tmp_path: Path) -> None:
        at_another_time = (("heel-advice", "zz"), ("after: 1d", "after: 2d"))
        other = changed(asking("{id: pain, answer: days}"), *at_another_time)
        files = {
            IN_SEQUENCE: asking(PAIN),
            "sequences/zz.yaml": other,
            "templates/zz/first.sms.txt": SMS,
            "clinic.yaml": FROM_A_NUMBER,
            **NO_EMAIL,
        }
        assert checked(tmp_path, files) == ["sequences/zz.yaml:13:15: warning: question-differs"]
        same = changed(asking(PAIN), *at_another_time)
        assert checked(tmp_path, {**files, "sequences/zz.yaml": same}) == []

    def test_words_that_name_an_answer_have_others_for_whoever_gave_none(self, tmp_path: Path) -> None:
        files = {IN_SEQUENCE: asking(PAIN), "clinic.yaml": FROM_A_NUMBER, **NO_EMAIL}
        words = changed(SMS, ("keep moving", "you said {{ replies.pain }}"))
        assert f"{IN_SMS}:1:1: error: template-render" in checked(tmp_path, {**files, IN_SMS: words})
        words = changed(SMS, ("keep moving", "{% if replies.pain | default(0) > 3 %}go easy{% else %}ok{% endif %}"))
        assert checked(tmp_path, {**files, IN_SMS: words}) == []

    def test_words_are_tried_with_an_answer_as_well(self, tmp_path: Path) -> None:
        mood = f"{{id: mood, answer: choice, choices: [better, {'w' * 160}]}}"
        words = changed(SMS, ("keep moving", "{{ replies.mood | default('ok') }}"))
        files = {IN_SEQUENCE: asking(mood), IN_SMS: words, "clinic.yaml": FROM_A_NUMBER, **NO_EMAIL}
        assert f"{IN_SMS}:1:1: error: sms-parts" in checked(tmp_path, files)

    @pytest.mark.parametrize("name", ["reply.question", "reply.value"])
    def test_what_answers_an_answer_may_name_it(self, name: str, tmp_path: Path) -> None:
        text = changed(TEXT_ONLY, ("appointment.attended", "reply.answer"))
        words = changed(SMS, ("keep moving", f"{{{{ {name} }}}}"))
        assert checked(tmp_path, {IN_SEQUENCE: text, IN_SMS: words, **NO_EMAIL}) == []


def test_what_is_wrong_with_a_follow_up_is_said_where_it_is_written(tmp_path: Path) -> None:
    text = asking("{id: days_done, answer: days, then: [{if: replies.pian > 3, sms: first}, {sms: missing}]}")
    findings = checked(tmp_path, {"sequences/heel-advice.yaml": text, "clinic.yaml": FROM_A_NUMBER, **NO_EMAIL})
    assert f"{IN_SEQUENCE}:13:52: warning: unknown-question" in findings
    assert f"{IN_SEQUENCE}:13:89: error: template-missing" in findings
