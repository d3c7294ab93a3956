"""How much work a stolen list of passwords is. Tests themselves hash with less, so a process of its own is asked."""

import subprocess
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from drip.store import passwords

ROOT = Path(__file__).parents[2]
STRONG = "$argon2id$v=19$m=19456,t=2,p=1$"
"""19 MiB, 2 rounds, 1 lane."""


def test_a_password_is_hashed_with_at_least_the_work_that_owasp_asks_for_and_so_is_nobodys() -> None:
    words = "from drip.store import passwords as p; print(p.hashed('copper walrus'), p._NOBODY)"
    said = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [one.startswith(STRONG) for one in said.split()] == [True, True]


@pytest.mark.parametrize(("rounds", "is_outdated"), [(1, True), (2, False)])
def test_a_hash_of_less_work_than_todays_is_outdated(
    rounds: int, is_outdated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    stored = PasswordHasher(time_cost=rounds, memory_cost=64, parallelism=1).hash("copper walrus")
    assert passwords.is_outdated(stored) is is_outdated
    assert passwords.is_right(stored, "copper walrus")
