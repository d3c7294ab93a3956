"""Four eyes are two people, however their names are typed."""

import pytest

from drip.core.signatory import is_same_person


@pytest.mark.parametrize(
    "typed",
    [
        "A. Writer",
        "A Writer, physiotherapist",
        "  a.  WRITER ",
        "Dr A Writer",
        "Dr. A. Writer (HCPC PH000000)",
        "Prof. Dr A. Writer MSc PhD",
        "Á. Wríter",
    ],
)
def test_one_person_is_known_however_the_name_is_typed(typed: str) -> None:
    assert is_same_person("A. Writer", typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [("A. Writer", "B. Writer"), ("A. Writer", "A. Reader"), ("Ann O'Neil", "Ann Neil"), ("", ""), (" ", "A. Writer")],
)
def test_two_people_stay_two(one: str, other: str) -> None:
    assert not is_same_person(one, other)


def test_who_is_called_like_a_title_keeps_the_name() -> None:
    assert is_same_person("Dame", "dame")
    assert not is_same_person("Dr Dame", "Dr Nurse")
