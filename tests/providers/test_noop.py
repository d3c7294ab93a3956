"""The provider that only counts."""

import pytest

from drip.core.handover import Accepted
from drip.providers.noop import NoOpProvider
from drip.providers.provider import Provider

from .contract import ProviderContract, a_letter


class TestNoOp(ProviderContract):
    tells_repeats = False
    keeps_records = False

    @pytest.fixture
    def provider(self) -> Provider:
        return NoOpProvider()


def test_it_counts_what_it_took_and_not_what_it_refused() -> None:
    provider = NoOpProvider()
    assert provider.hand_over(a_letter()) == Accepted("noop-attempt-1")
    provider.hand_over(a_letter(attempt_id="attempt-2"))
    provider.hand_over(a_letter(to="nobody"))
    assert provider.accepted == 2
