"""Where urgent help is, by place."""

import pytest

from drip.core.emergency import BY_PLACE, emergency_in


@pytest.mark.parametrize(
    ("country", "part", "number", "line"),
    [
        ("GB", "ENG", "999", "NHS 111"),
        ("GB", "WLS", "999", "NHS 111"),
        ("GB", "SCT", "999", "NHS 24 on 111"),
        ("GB", "NIR", "999", "your GP out-of-hours service"),
        ("GB", "Northern Ireland", "999", "your GP out-of-hours service"),
        ("gb", "", "999", "NHS 111"),
        ("IE", "", "112", "your GP or the GP out-of-hours service"),
        ("FR", "", "112", "your doctor or the out-of-hours service"),
        ("US", "CA", "911", "your doctor's after-hours line"),
        ("CA", "ON", "911", "811"),
        ("CA", "NU", "911", "your local health centre"),
        ("AU", "QLD", "000", "13 HEALTH on 13 43 25 84"),
        ("NZ", "", "111", "Healthline on 0800 611 116"),
    ],
)
def test_each_place_has_its_own_numbers(country: str, part: str, number: str, line: str) -> None:
    found = emergency_in(country, part)
    assert found
    assert (found.number, found.urgent_line) == (number, line)


@pytest.mark.parametrize(("country", "part"), [("BR", ""), ("GB", "Ulster"), ("", "")])
def test_numbers_are_never_guessed(country: str, part: str) -> None:
    assert emergency_in(country, part) is None


def test_every_place_says_whom_to_call_and_where_to_go() -> None:
    assert all(one.number and one.department and one.urgent_line for one in BY_PLACE.values())
