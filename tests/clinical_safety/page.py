"""The hazard log as pages that a Clinical Safety Officer reads: the log itself, and the summary in the safety case."""

import re
from collections.abc import Iterable, Iterator

from tests.clinical_safety.hazards import MATRIX, PAGES, SEVERITIES, Control, Hazard, HazardLog, Risk, read_log

LOG, CASE = PAGES / "hazard-log.md", PAGES / "safety-case.md"
BEGIN, END = "<!-- hazards: begin -->", "<!-- hazards: end -->"
TO_BE_JUSTIFIED = 3
"""From this rating on, a residual risk is acceptable only where more reduction is impractical."""

_HEAD = """\
# Hazard log

Made from `hazard-log.yaml` by `make hazards`: change that file, never this page. What each part of an entry means is
said at the top of the file. All hazards in one table are in [safety-case.md](safety-case.md#6-hazards).

Clinical Safety Officer: {clinical_safety_officer}. Approved on: {approved_on}. **The risks are the project's
proposal; no Clinical Safety Officer has rated them.** `python -m pytest <name>` runs a test that is named here.

## The matrix

Likelihood and severity make a rating from 1 to 5, as the guidance to DCB0129 has it; the clinic checks it against the
edition in force. 1 and 2 are acceptable, 2 where more would cost more than it brings. 3 is undesirable: acceptable only
where more reduction is impractical. 4 must be reduced. 5 is unacceptable.
"""


def log_page(log: HazardLog) -> str:
    """Matrix, owners, what is not shown, and each hazard in full."""
    parts = [_HEAD.format(**log.approval), _matrix(), "## Owners\n", _owners(log)]
    parts += ["## Not shown by any test, or not built\n", _bullets(_unfinished(log))]
    parts += [_hazard(hazard) for hazard in log.hazards]
    return "\n".join(parts)


def summary(log: HazardLog) -> str:
    """One row for each hazard, and the residual risks that somebody has to justify."""
    rows = [(_linked(one), _short(one.initial), _short(one.residual), one.status) for one in log.hazards]
    high = [one for one in log.hazards if one.residual.rating >= TO_BE_JUSTIFIED]
    count = sum(one.status == "open" for one in log.hazards)
    told = f"{len(log.hazards)} hazards; {count} are open, because something in drip is missing or not shown."
    justify = f"Residual risk of {TO_BE_JUSTIFIED} or more, to be justified or reduced: {_names(high)}."
    return f"{told} {justify}\n\n{_table(('hazard', 'initial', 'residual', 'status'), rows)}"


def case_with(text: str, log: HazardLog) -> str:
    """The safety case with the summary of this log in its place."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{summary(log)}{END}{rest.split(END)[1]}"


def write() -> None:
    """Both pages, as the log has it now."""
    log = read_log()
    LOG.write_text(log_page(log))
    CASE.write_text(case_with(CASE.read_text(), log))


def anchor_of(heading: str) -> str:
    """Where a link to a heading leads, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _linked(hazard: Hazard) -> str:
    return f"[{hazard.id}]({LOG.name}#{anchor_of(f'{hazard.id} {hazard.title}')}) {hazard.title}"


def _matrix() -> str:
    rows = [(likelihood, *(str(rating) for rating in ratings)) for likelihood, ratings in MATRIX.items()]
    return _table(("likelihood", *SEVERITIES), rows)


def _owners(log: HazardLog) -> str:
    return _bullets(f"**{name}**: {who}" for name, who in log.owners.items())


def _unfinished(log: HazardLog) -> Iterator[str]:
    for hazard in log.hazards:
        yield from (f"{hazard.id}, no test: {one.says} ({one.no_test})" for one in hazard.unshown)
        yield from (f"{hazard.id}, not built: {one}" for one in hazard.not_built)


def _hazard(hazard: Hazard) -> str:
    parts = [f"## {hazard.id} {hazard.title}\n", f"{hazard.what} {hazard.effect}\n", _facts(hazard)]
    parts += ["Controls:\n", _bullets(_control(one) for one in hazard.controls)]
    if hazard.not_built:
        parts += ["Not built:\n", _bullets(hazard.not_built)]
    return "\n".join([*parts, "Remains with the clinic:\n", _bullets(hazard.clinic)])


def _facts(hazard: Hazard) -> str:
    facts = (hazard.owner, "; ".join(hazard.causes), _long(hazard.initial), _long(hazard.residual), hazard.status)
    return _table(("owner", "causes", "initial risk", "residual risk", "status"), [facts])


def _control(control: Control) -> str:
    shown = "".join(f"\n  - `{test}`" for test in control.tests)
    shown += f"\n  - **no test**: {control.no_test}" if control.no_test else ""
    return f"{control.kind}: {control.says}{shown}"


def _short(risk: Risk) -> str:
    return f"{risk.rating} ({risk.likelihood}, {risk.severity})"


def _long(risk: Risk) -> str:
    return f"**{risk.rating}**: {risk.likelihood} likelihood, {risk.severity} severity"


def _names(hazards: Iterable[Hazard]) -> str:
    return ", ".join(hazard.id for hazard in hazards) or "none"


def _bullets(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
