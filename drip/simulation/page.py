"""A simulation's report as a page to look at."""

from collections.abc import Iterator

from drip.core.reason import Reason
from drip.pages import pieces
from drip.pages.page import Page
from drip.simulation import volume_page as volumes
from drip.simulation.promises import shown
from drip.simulation.report import Report, totals

ENDED_OTHERWISE = frozenset({"planned", "accepted", "sent", "delivered"})


def as_page(report: Report, clinic: str, sms_price: float | None = None) -> Page:
    """The promises first, then numbers, pictures and tables."""
    asked, volume = report.asked, report.tally.volume
    return Page(
        title=f"{clinic}: a rehearsal",
        lede=f"{asked.patients:,} invented patients through {asked.days} days of bookings, moves, visits missed, "
        f"replies and stops, from {asked.start.day} {asked.start:%B %Y}, with the planner, gate and store that send.",
        small=f"Nobody was reached. Seed {asked.seed}: the same seed invents the same patients. Times are those of "
        f"{asked.zone.key}.",
        parts=[
            _verdict(report),
            pieces.facts(_facts(report, sms_price)),
            volumes.days_section(volume),
            f'<div class="pair">{volumes.week_section(volume)}'
            f"{volumes.patients_section(report.tally.per_patient.messages)}</div>",
            f'<div class="pair">{volumes.purpose_section(volume)}{_texts(report, sms_price)}</div>',
            _caps(report),
            _left_out(report),
            _sequences(report),
            f'<div class="pair">{_heard(report)}{_took(report)}</div>',
        ],
    )


def _verdict(report: Report) -> str:
    told = list(shown(report.promises))
    broken = [(promise, times, examples) for promise, kept, times, examples in told if not kept]
    if not broken:
        kept = "; ".join(promise for promise, *_ in told)
        kept = f"<p>{pieces.shown(kept[:1].upper() + kept[1:])}.</p>"
        return f'<div class="verdict">All {len(told)} promises were kept{kept}</div>'
    lines = "".join(
        f"<li>{pieces.shown(promise)}: {times:,} times ({pieces.shown(', '.join(examples))})</li>"
        for promise, times, examples in broken
    )
    return f'<div class="verdict broken">{len(broken)} of {len(told)} promises were broken<ul>{lines}</ul></div>'


def _facts(report: Report, sms_price: float | None) -> Iterator[tuple[str, str, str]]:
    volume, each = report.tally.volume, report.per_patient()
    (day, on_day), (minute, in_minute) = volume.busiest_day(), volume.busiest_minute()
    went, ended, ahead = report.accounted
    yield "Messages sent", f"{went:,}", f"of {went + ended + ahead:,} planned"
    yield "To each patient", f"{each['average']}", f"on average; at most {each['most']}"
    yield "Busiest day", f"{on_day:,}", f"{day:%a} {day.day} {day:%B}" if day else ""
    yield "Busiest minute", f"{in_minute:,}", f"{minute:%a} {minute.day} {minute:%b, %H:%M}" if minute else ""
    yield "Parts of texts", f"{report.sms_parts:,}", "what texts are paid by"
    if sms_price is not None:
        yield "Cost of texts", f"{report.sms_parts * sms_price:,.2f}", f"at {sms_price:g} a part"
    yield "Not sent", f"{ended:,}", "each with a reason"


def _texts(report: Report, sms_price: float | None) -> str:
    price = f" At {sms_price:g} a part that is {report.sms_parts * sms_price:,.2f}." if sms_price is not None else ""
    words = f"A text of up to 160 plain characters is one part; texts are paid by the part.{price}"
    rows = [(f"{parts} part{'' if parts == 1 else 's'}", report.parts[parts], parts * report.parts[parts])
            for parts in sorted(report.parts)]  # fmt: skip
    rows.append(("together", report.parts.total(), report.sms_parts))
    return pieces.section(
        "texts", "What texts cost", words, pieces.table(("texts of", "texts", "parts"), rows, frozenset({1, 2}))
    )


def _caps(report: Report) -> str:
    told, rows = report.tally, []
    for length, most in (
        ("in a day", told.per_patient.most_in_a_day),
        ("in seven days", told.per_patient.most_in_a_week),
    ):
        for channel, number in sorted(most.items()):
            name = {"email": "emails", "sms": "texts"}.get(channel, channel)
            rows.append((f"{name} {length}", number, told.per_patient.at_the_cap[f"{channel} {length}"]))
    given_up = totals(report.counted.messages, "reason")[Reason.CAPPED.value,]
    hours = told.longest_wait.total_seconds() / 3600
    words = (
        f"Safety messages, and those about a visit today or tomorrow, do not count. {told.late:,} messages went later "
        f"than planned, the longest by {hours / 24:.1f} days; {given_up:,} found no day with room and did not go."
    )
    columns = ("what", "most that anybody had", "patients who reached the cap")
    return pieces.section("caps", "Caps", words, pieces.table(columns, rows, frozenset({1, 2})))


def _left_out(report: Report) -> str:
    found = totals(
        (one for one in report.counted.messages if one.reason and one.state not in ENDED_OTHERWISE), "state", "reason"
    )
    rows = [(_sentence(Reason(reason).sentence), state, number) for (state, reason), number in found.most_common()]
    words = "Nothing disappears: every planned message that did not go ended with one of these reasons."
    return pieces.section(
        "why", "Not sent, and why", words, pieces.table(("because", "state", "messages"), rows, frozenset({2}))
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _sequences(report: Report) -> str:
    people = totals(report.counted.enrolments, "sequence")
    by_state = totals(report.counted.messages, "sequence", "state")
    went: dict[str, int] = {}
    other: dict[str, int] = {}
    for (sequence, state), number in by_state.items():
        into = went if state in ENDED_OTHERWISE - {"planned"} else other
        if state != "planned":
            into[sequence] = into.get(sequence, 0) + number
    rows = [
        (sequence, number, went.get(sequence, 0), other.get(sequence, 0), by_state[sequence, "planned"])
        for (sequence,), number in people.most_common()
    ]
    columns = ("sequence", "enrolments", "sent", "not sent", "still ahead")
    return pieces.section(
        "sequences", "Sequences", "", pieces.table(columns, rows, frozenset({1, 2, 3, 4}))
    )  # fmt: skip


def _heard(report: Report) -> str:
    heard = report.heard
    rows = [*sorted(report.counted.events.items()), ("told twice", heard.duplicates), ("refused", heard.rejected)]
    rows += [(f"reply: {word}", number) for word, number in sorted(heard.replies.items())]
    rows += [
        (f"task for staff: {kind.replace('_', ' ')}", number) for kind, number in sorted(report.counted.tasks.items())
    ]
    return pieces.section("heard", "What came in", "", pieces.table(("what", "how many"), rows, frozenset({1})))


def _took(report: Report) -> str:
    rows = [(part, f"{seconds:.1f}") for part, seconds in report.took.seconds.items()]
    rows.append(("ticks of the worker", f"{report.heard.ticks:,}"))
    words = "Seconds of real time, added up over the processes that shared the patients."
    return pieces.section("took", "What it took", words, pieces.table(("part", "seconds"), rows, frozenset({1})))
