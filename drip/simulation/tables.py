"""A simulation's report as tables for a terminal."""

from collections.abc import Mapping
from typing import TypeAlias

from drip.core.reason import Reason
from drip.simulation.promises import shown
from drip.simulation.report import Report, totals

Rows: TypeAlias = list[list[str]]


def tables(report: Report, sms_price: float | None = None) -> list[tuple[str, Rows]]:
    """Tables with a title; the first row of each is its header."""
    return [
        ("Promises", _promise_rows(report)),
        ("Came in", _heard_rows(report)),
        ("Enrolments", _enrolment_rows(report)),
        ("Messages", _message_rows(report)),
        ("By purpose and channel", _purpose_rows(report)),
        ("How much, and when", _volume_rows(report, sms_price)),
        ("Time taken", _time_rows(report)),
    ]


def _promise_rows(report: Report) -> Rows:
    rows = [["promise", "kept", "broken", "for example"]]
    for promise, kept, times, examples in shown(report.promises):
        rows.append([promise, "yes" if kept else "NO", str(times or ""), " ".join(examples)])
    return rows


def _heard_rows(report: Report) -> Rows:
    rows = [["what", "how many"], *([kind, f"{number:,}"] for kind, number in report.counted.events.items())]
    rows += [["told twice", f"{report.heard.duplicates:,}"], ["refused", f"{report.heard.rejected:,}"]]
    rows += [[f"reply: {word}", f"{number:,}"] for word, number in sorted(report.heard.replies.items())]
    return rows + [[f"task for staff: {kind}", f"{number:,}"] for kind, number in sorted(report.counted.tasks.items())]


def _enrolment_rows(report: Report) -> Rows:
    found = totals(report.counted.enrolments, "sequence", "state", "reason")
    return [["sequence", "state", "because", "how many"], *_rows(found)]


def _message_rows(report: Report) -> Rows:
    rows = [["state", "reason", "how many", ""]]
    for (state, reason), number in sorted(totals(report.counted.messages, "state", "reason").items()):
        rows.append([state, reason, f"{number:,}", Reason(reason).sentence])
    went, ended, ahead = report.accounted
    told = f"{went:,} went, {ended:,} ended with a reason, {ahead:,} still ahead"
    return [*rows, ["together", "", f"{went + ahead + ended:,}", told]]


def _purpose_rows(report: Report) -> Rows:
    found = totals(report.counted.messages, "purpose", "channel", "state")
    return [["purpose", "channel", "state", "how many"], *_rows(found)]


def _volume_rows(report: Report, sms_price: float | None) -> Rows:
    busiest, told = report.busiest(), report.per_patient()
    rows = [["what", "how many", ""]]
    for name, one in busiest.items():
        rows.append([f"busiest {name}", f"{one['messages']:,}", one["at"]])
    for name, number in told.items():
        shown_number = number if not isinstance(number, dict) else _listed(number)
        rows.append([f"per patient: {name.replace('_', ' ')}", str(shown_number), ""])
    for name, people in sorted(report.tally.per_patient.at_the_cap.items()):
        rows.append([f"patients at the cap: {name}", f"{people:,}", ""])
    rows.append(["went later than planned", f"{report.tally.late:,}", "a cap, an interlock or a closed day"])
    parts = {f"of {parts}": texts for parts, texts in sorted(report.parts.items())}
    rows.append(["parts of text messages", f"{report.sms_parts:,}", _listed(parts)])
    if sms_price is not None:
        rows.append(["cost of them", f"{report.sms_parts * sms_price:,.2f}", f"at {sms_price:g} a part"])
    return rows


def _time_rows(report: Report) -> Rows:
    seconds = report.took.seconds
    rows = [["part", "seconds"], *([part, f"{time:.1f}"] for part, time in seconds.items())]
    return [*rows, ["together", f"{sum(seconds.values()):.1f}"], ["ticks of the worker", f"{report.heard.ticks:,}"]]


def _rows(found: Mapping[tuple[str, ...], int]) -> Rows:
    return [[*key, f"{number:,}"] for key, number in sorted(found.items())]


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts.items())
