"""What a run leaves to `make test-all`: of tests that come in kinds, each run has one kind, the other test another.

Half of what runs on both databases runs on SQLite and half on PostgreSQL; which, depends on a test's name alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from zlib import crc32

_KINDS = re.compile(r"(?<=[\[-])(?:sqlite|postgres|light|dark|a phone|a desk)(?=[\]-])")

IN_FULL = ("tests/store/", "tests/browser/test_pages.py", "tests/faults/test_campaign.py")
"""What is about the databases themselves; the walks of all pages, light and dark; workers killed anywhere."""


def left_out(tests: Iterable[str]) -> frozenset[str]:
    """Of these tests, by name, those that another one of the same kind stands for in this run."""
    alike: dict[str, list[str]] = defaultdict(list)
    for test in tests:
        if not test.startswith(IN_FULL):
            alike[_KINDS.sub("*", test)].append(test)
    return frozenset(
        test
        for name, kinds in alike.items()
        for number, test in enumerate(sorted(kinds))
        if number != crc32(name.encode()) % len(kinds)
    )
