"""Template sources taken apart: where each piece is, and that no text takes long, however it was broken."""

import time

import pytest

from drip.content.slots import MOST_LEFT_OVER, Kind, expand
from drip.content.template_problem import Place

SOON = 3.0
"""Seconds of this process for 120,000 characters. It takes a half; reading on to the end of each took up to ten."""


@pytest.mark.parametrize("broken", ["{{", "{%", "{#", "{{ x ", "{{ 'a"])
def test_a_long_text_of_what_is_never_closed_is_read_soon_and_its_first_ones_are_named(broken: str) -> None:
    began = time.process_time()
    read = expand(Place(path="long.sms.txt"), broken * (120_000 // len(broken)), {})
    assert time.process_time() - began < SOON
    assert len(read.problems) == MOST_LEFT_OVER


def test_each_of_them_is_named_where_it_stands() -> None:
    read = expand(Place(path="a.sms.txt"), "One {% two\nthree {# four {{ patient.first_name }} {{ five", {})
    assert [(one.line, one.column) for one in read.problems] == [(1, 5), (2, 7), (2, 40)]


def test_what_is_whole_is_found_among_what_is_not() -> None:
    read = expand(Place(path="a.sms.txt"), "{# {% if x %}{{ patient.first_name }}{% endif %}", {})
    whole = [one.source for one in read.pieces if one.kind is not Kind.WORDS]
    assert whole == ["{% if x %}", "{{ patient.first_name }}", "{% endif %}"]
