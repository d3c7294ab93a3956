"""What a clinic says of itself."""

from drip.core.clinic import BookingSystem, Clinic, Site
from drip.core.window import ANY
from tests.core.build import LONDON

SITE = Site(id="quay", name="Quay", address=(), phone="", zone=LONDON, country="GB", window=ANY)
CLINIC = Clinic(
    name="Harbour Clinic",
    phone="",
    email="",
    website="",
    zone=LONDON,
    country="GB",
    sites=(SITE,),
    alert_emails=("lead@example.org",),
    alert_numbers=("+447700900456",),
    bookings={"diary": BookingSystem(sites={"1": "quay"})},
)


def test_a_rehearsal_alerts_nobody() -> None:
    quiet = CLINIC.without_alerts()

    assert (quiet.alert_emails, quiet.alert_numbers) == ((), ())


def test_a_booking_system_that_nothing_is_said_of_is_read_as_by_default() -> None:
    assert CLINIC.booking_system("diary").sites == {"1": "quay"}
    assert CLINIC.booking_system("another") == BookingSystem()
