"""How often one patient hears from us."""

from datetime import date, timedelta

import pytest

from drip.core.caps import Usage, is_exempt, next_room
from drip.core.clinic import Caps
from drip.core.model import Channel, Purpose
from drip.core.window import Hours
from tests.core.build import always_open, clock, hours, local

TODAY = date(2026, 6, 15)
"""A Monday."""


def used(*days: str, channel: Channel = Channel.SMS) -> Usage:
    usage = Usage()
    for day in days:
        usage.add(channel, date.fromisoformat(day))
    return usage


@pytest.mark.parametrize(
    ("channel", "days", "has_room"),
    [
        pytest.param(Channel.SMS, [], True, id="nothing yet"),
        pytest.param(Channel.SMS, ["2026-06-15"], False, id="one text today"),
        pytest.param(Channel.EMAIL, ["2026-06-15"], False, id="one email today"),
        pytest.param(Channel.SMS, ["2026-06-10", "2026-06-12"], True, id="two texts in seven days"),
        pytest.param(Channel.SMS, ["2026-06-09", "2026-06-10", "2026-06-12"], False, id="three texts in seven days"),
        pytest.param(Channel.SMS, ["2026-06-08", "2026-06-10", "2026-06-12"], True, id="the first was eight days ago"),
        pytest.param(Channel.EMAIL, ["2026-06-12"], True, id="one email in seven days"),
        pytest.param(Channel.EMAIL, ["2026-06-09", "2026-06-12"], False, id="two emails in seven days"),
        pytest.param(Channel.EMAIL, ["2026-06-08", "2026-06-12"], True, id="seven days are over on the eighth"),
    ],
)
def test_there_is_room_for_one_a_day_and_so_many_in_seven_days(
    channel: Channel, days: list[str], has_room: bool
) -> None:
    assert used(*days, channel=channel).has_room(channel, TODAY, Caps()) is has_room


def test_texts_do_not_use_up_the_room_for_emails() -> None:
    assert used("2026-06-15", channel=Channel.SMS).has_room(Channel.EMAIL, TODAY, Caps())


def test_a_site_may_tighten_its_caps() -> None:
    assert not used().has_room(Channel.SMS, TODAY, Caps(sms_per_day=0))
    assert not used("2026-06-12", channel=Channel.EMAIL).has_room(Channel.EMAIL, TODAY, Caps(email_per_week=1))


@pytest.mark.parametrize(
    ("purpose", "visit_on", "exempt"),
    [
        pytest.param(Purpose.SAFETY, None, True, id="safety"),
        pytest.param(Purpose.SERVICE, "2026-06-15", True, id="service about a visit today"),
        pytest.param(Purpose.SERVICE, "2026-06-16", True, id="service about a visit tomorrow"),
        pytest.param(Purpose.SERVICE, "2026-06-17", False, id="service about the day after"),
        pytest.param(Purpose.SERVICE, "2026-06-14", False, id="service about a visit yesterday"),
        pytest.param(Purpose.SERVICE, None, False, id="service about no visit"),
        pytest.param(Purpose.CARE, "2026-06-15", False, id="care, even on the day of the visit"),
        pytest.param(Purpose.FEEDBACK, "2026-06-15", False, id="feedback"),
        pytest.param(Purpose.MARKETING, None, False, id="marketing"),
    ],
)
def test_safety_and_service_about_a_visit_today_or_tomorrow_are_neither_limited_nor_counted(
    purpose: Purpose, visit_on: str | None, exempt: bool
) -> None:
    visit = date.fromisoformat(visit_on) if visit_on else None

    tomorrow = hours().first_opening(TODAY + timedelta(days=1))
    assert is_exempt(purpose, visit, TODAY, tomorrow) is exempt
    assert is_exempt(purpose, visit, TODAY, None) is exempt


def test_before_a_weekend_tomorrow_reaches_to_the_next_open_day() -> None:
    friday, monday = date(2026, 6, 12), date(2026, 6, 15)
    opening = hours().first_opening(friday + timedelta(days=1))
    assert is_exempt(Purpose.SERVICE, monday, friday, opening)
    assert not is_exempt(Purpose.SERVICE, monday + timedelta(days=1), friday, opening)


@pytest.mark.parametrize(
    ("days", "when", "until", "goes"),
    [
        pytest.param(["2026-06-15"], hours(), "2026-06-18T10:00", "Tue 2026-06-16 08:00", id="tomorrow's opening"),
        pytest.param(
            ["2026-06-15"],
            hours(closed=["2026-06-16"]),
            "2026-06-18T10:00",
            "Wed 2026-06-17 08:00",
            id="tomorrow is closed",
        ),
        pytest.param(
            ["2026-06-10", "2026-06-12", "2026-06-15"],
            hours(),
            "2026-06-18T10:00",
            "Wed 2026-06-17 08:00",
            id="a week's room",
        ),
        pytest.param(["2026-06-15"], hours(), "2026-06-16T08:00", "never", id="it expires as the clinic opens"),
        pytest.param(["2026-06-15"], hours(), "2026-06-16T08:01", "Tue 2026-06-16 08:00", id="a minute to spare"),
        pytest.param(["2026-06-15"], hours(), "2026-06-15T18:00", "never", id="it expires today"),
        pytest.param(
            ["2026-06-15"],
            always_open(),
            "2026-06-18T10:00",
            "Tue 2026-06-16 10:00",
            id="no window: this time tomorrow",
        ),
    ],
)
def test_a_capped_message_moves_to_the_opening_of_the_next_open_day_with_room(
    days: list[str], when: Hours, until: str, goes: str
) -> None:
    now, usage = local("2026-06-15T10:00"), used(*days)

    assert clock(next_room(when, now, local(until), lambda on: usage.has_room(Channel.SMS, on, Caps()))) == goes
