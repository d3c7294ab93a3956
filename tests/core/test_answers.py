"""What a reply says to a question: a number, a count of days, a choice, or nothing that is certain."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.core.answers import read_answer
from drip.core.condition import Compare, Literal
from drip.core.duration import parse_duration
from drip.core.question import ANSWER, Answer, AnswerKind, Choice, Question
from tests.core.build import local

PAIN = Question(id="pain", answer=AnswerKind.NUMBER, least=0, most=10)
DAYS = Question(id="exercise_days", answer=AnswerKind.DAYS)
BARRIER = Question(
    id="barrier",
    answer=AnswerKind.CHOICE,
    choices=(
        Choice(words=("time", "amser", "brak czasu"), number=1),
        Choice(words=("pain", "poen", "ból"), number=2),
        Choice(words=("unsure how",), number=3),
    ),
)
BETTER = Question(
    id="better",
    answer=AnswerKind.CHOICE,
    choices=(Choice(words=("yes",)), Choice(words=("no",)), Choice(words=("same",))),
)


def heard(question: Question, text: str) -> Answer | None:
    """The answer alone."""
    understood = read_answer(question, text)
    return understood.value if understood else None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        (" 3 \n", 3),
        ("3.", 3),
        ("3!", 3),
        ("'3'", 3),
        ("“3”", 3),
        ("0", 0),
        ("10", 10),
        ("7.5", 7.5),
        ("3.0", 3),
        ("3/10", 3),
        ("3 / 10", 3),
        ("10/10", 10),
        ("3 out of 10", 3),
        ("three out of ten", 3),
        ("3 of 10", 3),
        ("3 allan o 10", 3),
        ("3 o 10", 3),
        ("3 na 10", 3),
        ("about 4", 4),
        ("Around four", 4),
        ("~4", 4),
        ("tua 4", 4),
        ("około 4", 4),
        ("It's 4", 4),
        ("a 4", 4),
        ("I\u2019d say 4", 4),
        ("pain 4", 4),
        ("Pain: 4", 4),
        ("my pain is about 4", 4),
        ("Hi, 4 please", 4),
        ("4 thanks x", 4),
        ("Thank you. 4", 4),
        ("4 😢", 4),
        ("4 :)", 4),
        ("4 :-(", 4),
        ("4️⃣", 4),
        ("🔟", 10),
        ("\N{FULLWIDTH DIGIT FOUR}", 4),
    ],
)
def test_a_number_is_read_as_it_is_written(text: str, value: float) -> None:
    understood = read_answer(PAIN, text)
    assert understood
    assert (understood.value, understood.says_more) == (value, False)
    assert type(understood.value) is type(value)


ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
WELSH = ["dim", "un", "dau", "tri", "pedwar", "pump", "chwech", "saith", "wyth", "naw", "deg"]
POLISH = ["zero", "jeden", "dwa", "trzy", "cztery", "pięć", "sześć", "siedem", "osiem", "dziewięć", "dziesięć"]


@pytest.mark.parametrize("words", [ENGLISH, WELSH, POLISH], ids=["English", "Welsh", "Polish"])
def test_numbers_up_to_ten_may_be_words(words: list[str]) -> None:
    assert [heard(PAIN, word) for word in words] == list(range(11))
    assert [heard(PAIN, word.upper()) for word in words] == list(range(11))


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "?", "👍", "1🔟", "💯", "no", "bad", "ouch", "no pain", "a lot", "more", "x",
        "11", "-1", "\N{MINUS SIGN}1", "\N{EN DASH} 1", "100", "1000000000000", "3/5", "3/100", "3 out of 5", "12/10",
        "3?", "3+", "<3", ">3", "+3", "3%", ".5", "...5", "007", "1e1", "0x3", "3,5", "7.55", "9.30", "9:30", "3pm",
        "7½", "½", "3²", "①", "Ⅲ", "٣", "3rd",
        "3-4", "3 - 4", "3\N{EN DASH}4", "3 or 4", "3 to 4", "between 3 and 4", "3 3", "3 4", "3, 4", "3. 4", "3\n4",
        "3 (4 at night)", "3, then two", "3 but worse at night", "3. one of the better weeks",
        "not 3", "under 3", "less than 3", "over 3", "nearly 4", "almost 4", "3 days", "3 weeks", "on 3 June",
        "3/10/2026", "call me on 3", "three point five", "twelve", "half", "3 STOP", "Liked “Reply 3”",
        "3 " * 2000, "3 out of " * 500, "(" * 5000, "about " * 2000, " " * 10_000 + "x", "!" * 10_000, "-" * 10_000,
        "x" + " -" * 5000, "hi " * 3000 + "x", "\n" * 9000 + "x", " \t\n" * 3000 + "x", "3" * 10_000, "3.x" * 3000,
    ],
)  # fmt: skip
def test_what_is_no_certain_number_in_range_is_none(text: str) -> None:
    assert read_answer(PAIN, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "8, worse in the evening",
        "8. Is that ok?",
        "8 (sore)",
        "8 - sore",
        "8\nAmina\n07700 900123",
        "8; sore",
        "8! Sore.",
    ],
)
def test_words_beside_a_number_are_a_remark_that_a_person_reads(text: str) -> None:
    understood = read_answer(PAIN, text)
    assert understood
    assert (understood.value, understood.says_more) == (8, True)


def test_without_limits_any_number_will_do_but_none_is_written_out_of_another() -> None:
    steps = Question(id="steps", answer=AnswerKind.NUMBER)
    assert heard(steps, "8000") == 8000
    assert heard(steps, "-3") == -3
    assert heard(steps, "3/10") is None
    assert heard(steps, "07700900123") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("7 days", 7),
        ("1 day", 1),
        ("3d", 3),
        ("three days", 3),
        ("3/7", 3),
        ("3 days out of 7", 3),
        ("3 out of 7 days", 3),
        ("I did 5 days", 5),
        ("about 5 days", 5),
        ("exercise days: 5", 5),
        ("every day", 7),
        ("Every day!", 7),
        ("none", 0),
        ("never", 0),
        ("0 days", 0),
        ("saith diwrnod", 7),
        ("bob dydd", 7),
        ("dim un", 0),
        ("3 dni", 3),
        ("codziennie", 7),
        ("ani razu", 0),
    ],
)
def test_days_are_counted_within_a_week(text: str, value: int) -> None:
    assert heard(DAYS, text) == value


@pytest.mark.parametrize(
    "text",
    ["8", "3.5", "3/10", "10 days", "-1", "3 times", "once", "most days", "3 weeks", "not every day", "3 days, 4"],
)
def test_what_is_no_certain_count_of_days_is_none(text: str) -> None:
    assert read_answer(DAYS, text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", "pain"),
        ("two", "pain"),
        ("dau", "pain"),
        ("dwa", "pain"),
        ("Pain", "pain"),
        ("pain.", "pain"),
        ("2 pain", "pain"),
        ("2. pain", "pain"),
        ("2) pain", "pain"),
        ("poen", "pain"),
        ("BÓL", "pain"),
        ("brak czasu", "time"),
        ("unsure  how, thanks", "unsure how"),
        ("hi, 3 please", "unsure how"),
    ],
)
def test_a_choice_is_its_number_or_one_of_its_words(text: str, value: str) -> None:
    understood = read_answer(BARRIER, text)
    assert understood
    assert (understood.value, understood.says_more) == (value, False)


@pytest.mark.parametrize(
    "text", ["4", "1 pain", "1, 2", "time and pain", "pain, time", "unsure", "painful", "", "the pain"]
)
def test_what_is_no_certain_choice_is_none(text: str) -> None:
    assert read_answer(BARRIER, text) is None


def test_words_beside_a_choice_are_a_remark() -> None:
    understood = read_answer(BARRIER, "pain, since I fell")
    assert understood
    assert (understood.value, understood.says_more) == ("pain", True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("Yes please", "yes"), ("y", "yes"), ("ydw", "yes"), ("tak", "yes"), ("Nope", "no"), ("nage", "no")],
        *[("nie", "no"), ("yes, no change", None), ("yes and no", None), ("ok", None)],
    ],
)
def test_yes_and_no_are_understood_as_people_say_them(text: str, value: str | None) -> None:
    assert heard(BETTER, text) == value


def test_what_the_clinic_wrote_comes_before_what_everybody_says() -> None:
    odd = Question(id="odd", answer=AnswerKind.CHOICE, choices=(Choice(words=("yes",)), Choice(words=("y",))))
    assert (heard(odd, "y"), heard(odd, "yep")) == ("y", "yes")


def test_what_a_patient_answered_shows_in_no_repr() -> None:
    assert "8" not in repr(read_answer(PAIN, "8"))


@given(st.text(max_size=200))
def test_no_reply_raises_and_no_number_out_of_range_is_ever_heard(text: str) -> None:
    for question in (PAIN, DAYS, BARRIER):
        value = heard(question, text)
        assert value is None or isinstance(value, str) or question.takes(value)


@given(st.integers(0, 10), st.sampled_from(["{}", " {}.", "{}/10", "about {}", "{} 🙂", "thanks, {}"]))
def test_every_number_in_range_is_heard_as_it_is(number: int, form: str) -> None:
    assert heard(PAIN, form.format(number)) == number


class TestQuestion:
    def test_it_is_open_from_its_hand_over_for_as_long_as_it_says(self) -> None:
        question = Question(id="pain", answer=AnswerKind.NUMBER, open_for=parse_duration("1d12h"))
        asked, end = local("2026-06-12 10:00"), local("2026-06-13 22:00")
        moment = timedelta(microseconds=1)
        assert [question.is_open(asked, at) for at in (asked - moment, asked, end, end + moment)] == [
            False, True, True, False,
        ]  # fmt: skip

    def test_only_the_clinics_own_rule_asks_for_a_person(self) -> None:
        rule = Compare("gteq", ANSWER, Literal(8))
        question = Question(id="pain", answer=AnswerKind.NUMBER, task_if=rule)
        assert [question.needs_a_person(answer) for answer in (7, 8, "8")] == [False, True, False]
        assert not PAIN.needs_a_person(10)
