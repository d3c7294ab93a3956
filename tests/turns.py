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
    "tests/browser/test_enrol.py",
    "tests/browser/test_form.py",
    "tests/browser/test_outgoing.py",
    "tests/browser/test_patient.py",
    "tests/browser/test_patient_pages.py",
    "tests/cli/test_demo.py",
    "tests/cli/test_demo_console.py",
    "tests/content/test_amend.py",
    "tests/faults/test_campaign.py",
    "tests/faults/test_death.py",
    "tests/faults/test_patients.py",
    "tests/faults/test_provider.py",
    "tests/flows/test_simulation.py",
    "tests/web/test_console_hostile.py",
    "tests/web/test_serving.py",
)
"""What takes minutes: faults by the hundred, which `make faults` has in full; pages looked at once more beside the walk
of all of them; a demo, a simulated clinic, servers that are killed; every edit of every shipped file; every form with
every odd value."""


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
