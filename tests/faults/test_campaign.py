"""Workers killed at random places and a provider that misbehaves: nothing is doubled and nothing is lost."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.faults.campaign import KILLED, NASTILY, Outcome, Scenario, run
from tests.faults.deployment import Victims

KILLS = 8
"""In the short version; `make faults` does thousands."""


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    """One process that forks workers, for all tests here."""
    made = Victims()
    yield made
    made.close()


@pytest.mark.parametrize("scenario", KILLED, ids=[one.name for one in KILLED])
def test_a_worker_may_be_killed_anywhere(scenario: Scenario, database_url: str, victims: Victims) -> None:
    outcome = Outcome(scenario=scenario, database="")
    run(scenario, database_url, victims, Random(7), kills=KILLS, into=outcome)
    assert outcome.is_clean, outcome.examples
    assert outcome.messages == 24
    assert outcome.kills >= 2


@pytest.mark.parametrize("scenario", NASTILY, ids=[one.name for one in NASTILY])
def test_a_provider_may_misbehave(scenario: Scenario, database_url: str, victims: Victims) -> None:
    outcome = Outcome(scenario=scenario, database="")
    run(scenario, database_url, victims, Random(11), kills=0, into=outcome)
    assert outcome.is_clean, outcome.examples
    assert outcome.messages == 24
    assert outcome.faults >= 3
