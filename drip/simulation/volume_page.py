"""How much goes when, as pictures: the same for a rehearsal and for a forecast."""

from collections.abc import Mapping

from drip.core.model import Channel, Purpose
from drip.pages import pieces
from drip.pages.svg import Bar
from drip.simulation.volume import Volume

SAFETY_FIRST = list(Purpose)
MOST_SHOWN = 80
"""Patients with more messages than that share a column."""


def days_section(volume: Volume) -> str:
    """Messages a day, one colour for each purpose."""
    days = volume.by_day()
    purposes = [purpose for purpose in SAFETY_FIRST if purpose in volume.by_purpose()]
    columns = [
        Bar(
            says=f"{day:%a} {day.day} {day:%B %Y}: {of.total():,}"
            + "".join(f", {purpose.value} {of[purpose]:,}" for purpose in purposes if of[purpose]),
            layers=[(purpose.value, of[purpose]) for purpose in purposes],
        )
        for day, of in days.items()
    ]
    labels = pieces.some_of([f"{day.day} {day:%b}" for day in days])
    busiest, most = volume.busiest_day()
    says = f"Messages on each of {len(days)} days; most on {busiest}: {most:,}."
    drawn = pieces.chart(columns, labels, says, {purpose.value: purpose.value for purpose in purposes})
    return pieces.section("days", "Messages a day", "By the day on which they go, and what they are for.", drawn)


def week_section(volume: Volume) -> str:
    """When in the week."""
    cells = volume.by_hour()
    minute, most = volume.busiest_minute()
    at = f" Busiest minute: {minute:%a} {minute.day} {minute:%B, %H:%M} with {most:,}." if minute else ""
    told = f"The darker, the more.{at}"
    return pieces.section("week", "When in the week", told, pieces.week_heat(cells, "Messages by weekday and hour."))


def patients_section(people: Mapping[int, int]) -> str:
    """How many patients get how many messages."""
    most = min(max((number for number, many in people.items() if many), default=0), MOST_SHOWN)
    columns, labels = [], []
    for number in range(most + 1):
        many = sum(of for got, of in people.items() if got >= number) if number == MOST_SHOWN else people.get(number, 0)
        name = f"{number}+" if number == MOST_SHOWN else str(number)
        labels.append(name)
        told = f"{many:,} patient{'' if many == 1 else 's'} with {name} message{'' if name == '1' else 's'}"
        columns.append(Bar(says=told, layers=[("plain", many)]))
    drawn = pieces.chart(columns, pieces.some_of(labels), "Patients by how many messages they get.")
    words = "Across: messages to one patient. Up: patients with so many."
    return pieces.section("patients", "Messages to one patient", words, drawn)


def purpose_section(volume: Volume) -> str:
    """What they are for, and how they go."""
    rows = [
        (purpose.value, channels[Channel.EMAIL], channels[Channel.SMS], channels.total())
        for purpose, channels in volume.by_purpose().items()
    ]
    rows.append(("together", volume.by(Channel.EMAIL), volume.by(Channel.SMS), volume.total))
    shown = pieces.table(("for", "emails", "texts", "together"), rows, frozenset({1, 2, 3}))
    return pieces.section("purposes", "What they are for", "", shown)
