"""What can be wrong with a template: for its author at compile time, or for one patient at render time."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is written. Lines and columns count from 1."""

    path: str
    line: int = 1
    column: int = 1

    def after(self, text: str) -> "Place":
        """The place just behind `text`, if `text` begins here."""
        newlines = text.count("\n")
        column = len(text) - text.rfind("\n") if newlines else self.column + len(text)
        return Place(path=self.path, line=self.line + newlines, column=column)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateProblem:
    """One thing for the author to put right, and where it is written."""

    path: str
    line: int
    column: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.rule}: {self.message}"


def problem(place: Place, rule: str, message: str) -> TemplateProblem:
    """A problem at this place."""
    return TemplateProblem(path=place.path, line=place.line, column=place.column, rule=rule, message=message)


class TemplateError(Exception):
    """A template that cannot be compiled: nobody can be sent it."""

    def __init__(self, problems: Iterable[TemplateProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class RenderError(Exception):
    """A template that cannot be filled for one patient. `reason` names gaps, never what is in them."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
