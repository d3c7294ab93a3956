"""One thing that `drip check` has to say about a file, and where."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong, where, and what to do next. Lines and columns count from 1."""

    path: str
    line: int
    column: int
    level: Level
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.level}: {self.rule}: {self.message}"

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Findings are listed by file, then line, then column."""
        return self.path, self.line, self.column, self.rule, self.message


def in_order(findings: list[Finding]) -> list[Finding]:
    """Each finding once, as a person reads a file: from the top."""
    return sorted(set(findings), key=lambda finding: finding.order)


def has_errors(findings: list[Finding]) -> bool:
    """Whether anything must be put right; warnings alone do not stop anybody."""
    return any(finding.level == "error" for finding in findings)
