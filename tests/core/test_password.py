"""Which passwords are too easy."""

import pytest

from drip.core.password import what_is_wrong


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "12 characters or more"),
        ("x" * 201, "at most"),
        ("abababababababab", "more different"),
        ("Password1234", "'password'"),
        ("harbourclinic7", "'harbour'"),
        ("sam.okoro-2026", "'okoro'"),
    ],
)
def test_an_easy_one_is_refused_with_what_to_do(password: str, says: str) -> None:
    assert says in what_is_wrong(password, "sam", "okoro", "harbour")


@pytest.mark.parametrize("password", ["copper walrus evening", "Ybx4tq8nRw2z", "my password is on the piano stool"])
def test_a_long_one_is_taken(password: str) -> None:
    assert what_is_wrong(password, "sam", "okoro", "harbour") == ""
