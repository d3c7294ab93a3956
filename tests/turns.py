"""What a run leaves to `make test-all`: what takes long; and of tests that come in kinds, all kinds but one.

Half of what runs on both databases runs on SQLite and half on PostgreSQL; which, depends on a test's name alone.
"""

import re
from collections import defaultdict
from collections.abc import Collection
from zlib import crc32

_KINDS = re.compile(r"(?<=[\[-])(?:sqlite|postgres|light|dark|a phone|a desk)(?=[\]-])")

IN_FULL = ("tests/store/",)
"""What is about the databases themselves."""

IN_THE_LONG_RUN = (
    "tests/faults/test_campaign.py",
    "tests/faults/test_patients.py",
    "tests/faults/test_provider.py",
    "tests/web/test_serving.py",
    "tests/flows/test_simulation.py",
)
"""What takes minutes: days of faults, which `make faults` has in full, servers that are killed, a simulated clinic."""


def left_out(tests: Collection[str]) -> frozenset[str]:
    """Of these tests, by name, those that are for the long run, or that another one of their kind stands for here."""
    long = frozenset(test for test in tests if test.startswith(IN_THE_LONG_RUN))
    alike: dict[str, list[str]] = defaultdict(list)
    for test in tests:
        if test not in long and not test.startswith(IN_FULL):
            alike[_KINDS.sub("*", test)].append(test)
    return long | frozenset(
        test
        for name, kinds in alike.items()
        for number, test in enumerate(sorted(kinds))
        if number != crc32(name.encode()) % len(kinds)
    )
