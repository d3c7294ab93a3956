"""The hazard log as values, read from docs/clinical-safety/hazard-log.yaml. A key that nobody expects is an error."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "clinical-safety"

SEVERITIES = ("minor", "significant", "considerable", "major", "catastrophic")
MATRIX: Mapping[str, tuple[int, ...]] = {
    "very high": (3, 4, 4, 5, 5),
    "high": (2, 3, 3, 4, 5),
    "medium": (2, 2, 3, 3, 4),
    "low": (1, 2, 2, 3, 4),
    "very low": (1, 1, 2, 2, 3),
}
"""The risk of each likelihood, by severity, as the guidance to DCB0129 has it."""

LIKELIHOODS = tuple(reversed(list(MATRIX)))
KINDS = ("design", "content", "training")
STATUSES = ("open", "transferred")


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """How likely, and how bad."""

    likelihood: str
    severity: str

    @property
    def rating(self) -> int:
        """From 1, acceptable, to 5, unacceptable."""
        return MATRIX[self.likelihood][SEVERITIES.index(self.severity)]

    def is_no_higher_than(self, other: "Risk") -> bool:
        """Neither likelier nor worse."""
        likelier = LIKELIHOODS.index(self.likelihood) > LIKELIHOODS.index(other.likelihood)
        return not likelier and SEVERITIES.index(self.severity) <= SEVERITIES.index(other.severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What makes a hazard less likely, with the tests that show it."""

    kind: str
    says: str
    tests: tuple[str, ...] = ()
    no_test: str = ""
    """Why no test shows it."""

    @property
    def is_said_to_be_shown_or_not(self) -> bool:
        """People are trained at the clinic; of everything else the log says which tests show it, or why none does."""
        return self.kind == "training" or bool(self.tests) != bool(self.no_test)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """One way in which a patient could come to harm."""

    id: str
    title: str
    owner: str
    what: str
    causes: tuple[str, ...]
    effect: str
    initial: Risk
    controls: tuple[Control, ...]
    residual: Risk
    clinic: tuple[str, ...]
    status: str
    not_built: tuple[str, ...] = ()

    @property
    def unshown(self) -> tuple[Control, ...]:
        """Controls that no test shows."""
        return tuple(control for control in self.controls if control.no_test)

    @property
    def is_unfinished(self) -> bool:
        """Something in drip is missing, or not shown."""
        return bool(self.not_built or self.unshown)


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardLog:
    """Every hazard, and who keeps the entries."""

    approval: Mapping[str, str]
    owners: Mapping[str, str]
    hazards: tuple[Hazard, ...]


def read_log(text: str | None = None) -> HazardLog:
    """The log as it stands in the file, or as this text has it."""
    told = YAML(typ="safe", pure=True).load(text or (PAGES / "hazard-log.yaml").read_text())
    hazards = tuple(_hazard(one) for one in told.pop("hazards"))
    return HazardLog(hazards=hazards, **told)


def _hazard(told: dict[str, Any]) -> Hazard:
    lists = {name: tuple(told.get(name, ())) for name in ("causes", "clinic", "not_built")}
    risks = {name: Risk(**told[name]) for name in ("initial", "residual")}
    return Hazard(**{**told, **lists, **risks, "controls": tuple(_control(one) for one in told["controls"])})


def _control(told: dict[str, Any]) -> Control:
    return Control(**{**told, "tests": tuple(told.get("tests", ()))})


def missing_tests(log: HazardLog) -> Iterator[str]:
    """Tests that the log names and that are not there."""
    for hazard in log.hazards:
        for control in hazard.controls:
            for test in control.tests:
                path, _, name = test.partition("::")
                if name not in _tests_in(path):
                    yield f"{hazard.id}: {test}"


@cache
def _tests_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    found = (node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))
