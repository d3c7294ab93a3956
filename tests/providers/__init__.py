"""Providers, each held to the same contract."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.contract")
