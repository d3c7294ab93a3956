"""The next days of the real plan, counted as a rehearsal is: for the terminal, as a document, as a page."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
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


def summary(messages: Sequence[MessageView], zone: ZoneInfo) -> dict[str, Any]:
    """The numbers, as one document."""
    volume = volume_of(messages, zone)
    minute, in_minute = volume.busiest_minute()
    people = Counter(one.patient_id for one in messages)
    return {
        "per_day": {day.isoformat(): of.total() for day, of in volume.by_day().items()},
        "per_purpose": {
            purpose.value: {channel.value: number for channel, number in sorted(channels.items())}
            for purpose, channels in volume.by_purpose().items()
        },
        "busiest_minute": {"at": f"{minute:%Y-%m-%d %H:%M}" if minute else "", "messages": in_minute},
        "patients": len(people),
        "most_to_one_patient": max(people.values(), default=0),
    }


def as_page(messages: Sequence[MessageView], clinic: str, zone: ZoneInfo, start: datetime, days: int) -> Page:
    """No patient is named: it is about how much, not about whom."""
    volume, told = volume_of(messages, zone), summary(messages, zone)
    local = start.astimezone(zone)
    people = Counter(Counter(one.patient_id for one in messages).values())
    emails, texts = volume.by(Channel.EMAIL), volume.by(Channel.SMS)
    parts = [
        pieces.facts(
            [
                ("Emails", f"{emails:,}", "planned"),
                ("Texts", f"{texts:,}", "planned"),
                ("Patients", f"{told['patients']:,}", f"at most {told['most_to_one_patient']} messages to one"),
                ("Busiest minute", f"{told['busiest_minute']['messages']:,}", told["busiest_minute"]["at"]),
            ]
        )
    ]
    if messages:
        parts += [
            volumes.days_section(volume),
            f'<div class="pair">{volumes.week_section(volume)}{volumes.patients_section(people)}</div>',
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
