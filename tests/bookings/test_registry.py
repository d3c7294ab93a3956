"""Every booking source by its name."""

import pytest

from drip.bookings.parsed import Parsed
from drip.bookings.registry import READERS, UnknownSourceError, connected, reader_of
from drip.bookings.source import Connection
from drip.core.clinic import Clinic

TABLE = b"event_id,kind,occurred_at,patient.ref\n1,patient.updated,2026-03-02T08:15:00Z,p-1\n"


@pytest.mark.parametrize("source", ["generic", "csv"])
def test_a_table_is_read_by_either_source(source: str, clinic: Clinic) -> None:
    (one,) = reader_of(source)(TABLE, clinic, source)
    assert isinstance(one, Parsed)
    assert one.source == source


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("clinico", "Did you mean `cliniko`?"),
        ("generik", "Did you mean `generic`?"),
        ("x", "There are: "),
    ],
)
def test_a_source_that_is_not_there_is_said_with_those_that_are(source: str, says: str) -> None:
    with pytest.raises(UnknownSourceError) as error:
        reader_of(source)
    assert says in str(error.value)


@pytest.mark.parametrize("source", sorted(READERS))
def test_every_source_that_is_named_can_be_read(source: str, clinic: Clinic) -> None:
    outcomes = reader_of(source)(b"\xff\x00 not what anybody sends", clinic, source)
    assert not any(isinstance(one, Parsed) for one in outcomes)


def test_nothing_is_connected_unless_a_setting_says_so(clinic: Clinic) -> None:
    assert connected(Connection(clinic=clinic)) == {}
