"""The next days of the real plan, counted and drawn as a rehearsal is."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from drip.core.model import Channel, Purpose
from drip.pages import pieces
from drip.pages.page import Page
from drip.simulation import volume_page as volumes
from drip.simulation.volume import Volume
from drip.store.views import MessageView


def volume_of(messages: Sequence[MessageView], zone: ZoneInfo) -> Volume:
    """When they are due, on the clinic's clock."""
    volume = Volume(zone=zone)
    for one in messages:
        volume.add(one.due_at, Purpose(one.purpose), Channel(one.channel))
    return volume


def as_page(messages: Sequence[MessageView], clinic: str, zone: ZoneInfo, start: datetime, days: int) -> Page:
    """No patient is named: it is about how much, not about whom."""
    volume, local = volume_of(messages, zone), start.astimezone(zone)
    people = Counter(one.patient_id for one in messages)
    each = Counter(people.values())
    minute, most = volume.busiest_minute()
    parts = [
        pieces.facts(
            [
                ("Emails", f"{volume.by(Channel.EMAIL):,}", "planned"),
                ("Texts", f"{volume.by(Channel.SMS):,}", "planned"),
                ("Patients", f"{len(people):,}", f"at most {max(people.values(), default=0)} messages to one"),
                ("Busiest minute", f"{most:,}", f"{minute:%a} {minute.day} {minute:%b, %H:%M}" if minute else ""),
            ]
        )
    ]
    if messages:
        parts += [
            volumes.days_section(volume),
            f'<div class="pair">{volumes.week_section(volume)}{volumes.patients_section(each)}</div>',
            f'<div class="pair">{volumes.purpose_section(volume)}{_sequences(messages)}</div>',
        ]
    return Page(
        title=f"{clinic}: the next {days} days",
        lede=f"What is planned from {local:%A} {local.day} {local:%B %Y}, {local:%H:%M}, for the patients of now.",
        small="Before caps, and before anything is booked, moved or cancelled: what the plan says at this moment. "
        f"Times are those of {zone.key}.",
        parts=parts,
    )


def _sequences(messages: Sequence[MessageView]) -> str:
    counts = Counter(one.sequence for one in messages)
    people = {name: len({one.patient_id for one in messages if one.sequence == name}) for name in counts}
    rows = [(name, people[name], number) for name, number in counts.most_common()]
    shown = pieces.table(("sequence", "patients", "messages"), rows, frozenset({1, 2}))
    return pieces.section("sequences", "Sequences", "", shown)
