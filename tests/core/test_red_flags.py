"""Words that must never wait, as patients write them. Each is found; nothing is decided."""

import time

import pytest

from drip.core.red_flags import has_red_flag


@pytest.mark.parametrize(
    "text",
    [
        "I have chest pain",
        "pain in my chest since last night",
        "can't breathe properly",
        "cant breath",
        "I\u2019m SHORT OF BREATH!!",
        "coughing up blood",
        "My calf is really swollen and hot",
        "swolen calf",
        "leg has gone red and warm",
        "could it be a blood clot?",
        "felt a pop at the back of my ankle",
        "I felt a pop in my heel",
        "heard a snap in my calf",
        "a loud pop in the back of my leg",
        "my achilles went snap",
        "like someone kicked me in the heel",
        "think I've ruptured it",
        "I have a fever",
        "temp is 39",
        "there is pus coming out",
        "I think it's infected",
        "numb between my legs",
        "can't pee since this morning",
        "I collapsed after the injection",
        "my face is swelling up",
        "allergic reaction?",
        "I want to die",
        "feeling suicidal",
        "sucidal thoughts",
        "mae gen i boen yn fy mrest",
        "methu anadlu",
        "mae fy nghoes wedi chwyddo",
        "clec yng nghefn y ffêr",
        "twymyn uchel",
        "eisiau marw",
        "ból w klatce piersiowej",
        "nie mogę oddychać",
        "spuchnięta łydka",
        "coś strzeliło w pięcie",
        "mam gorączkę",
        "nie chcę żyć",
    ],
)
def test_what_must_not_wait_is_found(text: str) -> None:
    assert has_red_flag(text)


@pytest.mark.parametrize("text", ["no chest pain", "I don't have a fever", "my calf is not swollen"])
def test_a_no_before_such_a_word_is_not_understood_on_purpose(text: str) -> None:
    assert has_red_flag(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "STOP",
        "nie chcę",
        "Thanks, it feels better",
        "My heel is a bit sore after the exercises",
        "can I pop in about my heel?",
        "popping out, will call later",
        "hay fever is bad today",
        "what time is my visit on the chest clinic floor",
        "my leg is fine after the warm up",
        "I use the red band for my leg",
        "a hot bath helps my leg",
        "skipping rope again",
        "Europa",
    ],
)
def test_ordinary_words_are_left_to_whoever_reads_the_reply(text: str) -> None:
    assert not has_red_flag(text)


@pytest.mark.parametrize("word", ["cant ", "chest a ", "calf ", "numb ", "pain in ", "nie moge ", "a"])
def test_a_long_reply_is_looked_through_quickly(word: str) -> None:
    began = time.perf_counter()
    has_red_flag((word * 10_000)[:10_000])
    assert time.perf_counter() - began < 1
