"""Accounts on the command line: `drip user`, `drip audit verify`."""

from pathlib import Path

import pytest

from tests.cli.conftest import Drip


@pytest.fixture
def sam(live: Path, drip: Drip) -> str:
    """The first admin; their password."""
    return drip("user", "add", "sam", "--role", "admin", "--full-name", "Sam Okoro").out.strip()


def test_a_new_accounts_password_is_alone_on_stdout(sam: str, drip: Drip) -> None:
    assert len(sam) == 16
    told = drip("user", "list", "--json").json["users"]
    assert told == [
        {"name": "sam", "full_name": "Sam Okoro", "role": "admin", "sites": [], "disabled": False, "app": False}
    ]


def test_a_reset_prints_another_one(sam: str, drip: Drip) -> None:
    assert drip("user", "reset", "sam").out.strip() not in ("", sam)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["add", "Sam", "--role", "viewer"], "'sam' signs in already"),
        (["add", "lee", "--role", "viewer", "--site", "moon"], "there is no site 'moon'"),
        (["add", "lee", "--role", "boss"], "'boss' is not one of"),
        (["role", "nobody", "--role", "viewer"], "there is no account 'nobody'"),
        (["disable", "sam"], "the last admin"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(sam: str, drip: Drip, words: list[str], says: str) -> None:
    assert says in drip("user", *words, code=2).err


def test_somebody_disabled_stands_in_the_list_as_such(sam: str, drip: Drip) -> None:
    drip("user", "add", "lee", "--role", "viewer")
    drip("user", "disable", "lee")
    assert [one["disabled"] for one in drip("user", "list", "--json").json["users"]] == [True, False]
    drip("user", "enable", "lee")
    assert "lee" in drip("user", "list").out


def test_the_trail_of_all_this_is_whole(sam: str, drip: Drip) -> None:
    told = drip("audit", "verify", "--json").json
    assert (told["lines"], told["broken"], len(told["hash"])) == (3, None, 64), "two sequences and an account"
    assert "3 lines, all as written" in drip("audit", "verify").out
