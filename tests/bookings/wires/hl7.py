"""A hospital's interface engine: HL7 messages in a file, its sites called by other names."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from drip.bookings.hl7_file import read_file
from drip.bookings.parsed import Outcome
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.trouble import Made, Trouble, clock_in
from tests.bookings.wires import Happening, What

SITES = {"bedford": "KINGSWAY", "london": "HARLEY ST"}
TRIGGERS = {
    What.BOOKED: ("S12", "Booked"),
    What.MOVED: ("S13", "Booked"),
    What.CANCELLED: ("S15", "Cancelled"),
    What.BOOKED_AGAIN: ("S14", "Booked"),
    What.ATTENDED: ("S14", "Complete"),
    What.NO_SHOW: ("S26", "Noshow"),
}


class Hl7Wire:
    """Writes all that happened into one file."""

    name = "hl7"
    says = frozenset(What)
    gives_new_id_on_move = False
    suffers = frozenset({Trouble.WRONG_ZONE, Trouble.NO_ZONE})
    """Nobody signs a file or has to be asked for it."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        """One message each, in this order."""
        whole = "".join(f"\x0b{_message(one)}\r\x1c\r" for one in told)
        return read_file(whole.encode(), self._clinic, self.name)

    def say_in(self, trouble: Trouble, one: Happening, now: datetime) -> Made:
        return self.say([replace(one, starts_at=clock_in(trouble, one.starts_at))], now)

    def close(self) -> None:
        """Nothing to end."""


def _message(one: Happening) -> str:
    trigger, status = TRIGGERS[one.what]
    control = f"{one.visit}{trigger}{one.at:%Y%m%d%H%M%S}"
    reached = "~".join(filter(None, (one.phone and f"{one.phone}^PRN^CP", one.email and f"^NET^Internet^{one.email}")))
    name = f"{_escaped(one.last_name)}^{_escaped(one.first_name)}"
    return "\r".join(
        [
            rf"MSH|^~\&|DIARY|TRUST|DRIP||{_time(one.at)}||SIU^{trigger}^SIU_S12|{control}|P|2.5.1",
            f"SCH||{one.visit}^DIARY||||||X^{one.type}|45|min" + "|" * 15 + status,
            f"TQ1|1||||||{_time(one.starts_at)}|{_time(one.starts_at + timedelta(minutes=45))}",
            f"PID|1||{one.patient}^^^TRUST^MR||{name}" + "|" * 8 + reached,
            "RGS|1|A",
            f"AIL|1|A|ROOM 1^^^{SITES[one.site]}",
        ]
    )


def _time(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S%z}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\E\\").replace("&", "\\T\\").replace("^", "\\S\\").replace("|", "\\F\\")


def wire(clinic: Clinic) -> Hl7Wire:
    """Connected to this clinic."""
    system = BookingSystem(sites={theirs: ours for ours, theirs in SITES.items()})
    return Hl7Wire(replace(clinic, bookings={**clinic.bookings, "hl7": system}))
