"""The tour: one patient, from the booking to the receipt. Read this first.

A clinic publishes its advice; the booking system says that Amina came to her first visit; her messages are planned,
handed over one by one at a sensible local time, and the providers' receipts come back.
"""

from drip.core.lifecycle import State
from tests.world import ADVICE, World, a_visit, at


def test_one_patient_from_booking_to_receipt(clinic: World) -> None:
    # A clinician's sequence, approved by a second person, goes live.
    (published,) = clinic.publish(ADVICE)
    assert published.is_new
    assert published.number == 1

    # Thursday: the booking system says that Amina's visit took place. It is stored, and nothing else happens yet.
    taken = clinic.tell(a_visit("2026-06-11 10:00"))
    assert (taken.accepted, taken.duplicates) == (1, 0)
    assert clinic.messages() == []

    # The next tick enrols her, and every message of the sequence is planned at once, for staff to see.
    counts = clinic.tick("2026-06-11 10:31")
    assert (counts.events, counts.enrolled, counts.planned) == (1, 1, 3)
    assert [(one.step, one.due_at, one.state) for one in clinic.messages()] == [
        ("hello", at("2026-06-11 13:00"), "planned"),
        ("nudge", at("2026-06-12 10:00"), "planned"),
        ("later", at("2026-06-18 09:30"), "planned"),
    ]

    # Three hours after her visit the first one goes, in the clinic's words, once.
    assert clinic.tick("2026-06-11 12:59").accepted == 0
    assert clinic.tick("2026-06-11 13:00").accepted == 1
    assert clinic.tick("2026-06-11 13:00").claimed == 0
    (letter,) = clinic.sink.letters
    assert letter.to == "amina@example.org"
    assert letter.words.subject == "About hello"
    assert "Hello Amina." in letter.words.text

    # The provider's receipt finds its way by the attempt's own id, even doubled and out of order.
    for says in (State.DELIVERED, State.DELIVERED, State.SENT):
        clinic.receipt(says, "2026-06-11 13:01", attempt_id=letter.attempt_id, key=f"{letter.attempt_id}:{says}")
    assert clinic.tick("2026-06-11 13:02").receipts == 2
    assert clinic.states()["hello"] == "delivered"

    # The booking system repeats itself: nothing changes.
    assert clinic.tell(a_visit("2026-06-11 10:00")).duplicates == 1
    assert clinic.tick("2026-06-11 14:00").enrolled == 0

    # On Friday she gets the text; she answers STOP, and no text ever follows. The email still may.
    clinic.tick("2026-06-12 10:00")
    assert clinic.reply("Stop please.", "2026-06-12 10:05", address="+447700900123")
    clinic.tick("2026-06-18 09:30")

    assert clinic.heard() == [
        ("amina@example.org", "About hello"),
        ("+447700900123", "Amina, Harbour Clinic here: nudge"),
        ("amina@example.org", "About later"),
    ]
    assert clinic.states() == {"hello": "delivered", "nudge": "accepted", "later": "accepted"}
