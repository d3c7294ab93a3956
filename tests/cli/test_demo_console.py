"""`drip demo --console`: a newcomer signs in to a clinic that has patients, and things to see to."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from drip.app import read_clinic
from drip.bookings.generic import read_events
from drip.bookings.parsed import Parsed
from drip.cli.shipped import samples, shipped
from drip.demo.console import began, shifted
from tests.cli.conftest import Drip
from tests.cli.test_start import started
from tests.web.build import Site
from tests.web.test_console import send
from tests.world import at


@dataclass(frozen=True)
class Shown:
    """A demo that is running, and what it said about how to sign in."""

    process: "subprocess.Popen[str]"
    site: Site
    told: dict[str, str]

    def page(self, path: str, cookie: str) -> str:
        """A page of the console, as whoever has this cookie sees it."""
        return self.site.ask("GET", path, headers={"cookie": cookie}).text


@contextmanager
def shown(folder: Path) -> Iterator[Shown]:
    """The demo, from its first code on; killed if the test left it running."""
    with started("demo", "--console", "--port", "0", folder=folder) as process:
        try:
            assert process.stdout
            told: dict[str, str] = {}
            for line in process.stdout:
                if found := re.fullmatch(r"(Open|Name|Password|Code) +(\S+)\n", line):
                    told[found[1]] = found[2]
                if "Code" in told:
                    break
            port = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/console", told["Open"])
            assert port
            yield Shown(process, Site(int(port[1])), told)
        finally:
            process.kill()


def test_with_what_it_prints_a_newcomer_signs_in_and_sees_patients_and_a_red_flag(clinic: Path) -> None:
    with shown(clinic) as demo:
        typed = {"name": demo.told["Name"], "password": demo.told["Password"], "code": demo.told["Code"]}
        answer = send(demo.site, "/console/sign-in", typed)
        assert (answer.status, answer.headers["location"]) == (303, "/console")
        cookie = answer.headers["set-cookie"].split(";")[0]
        assert "Grace Okafor" in demo.page("/console/patients", cookie)
        assert "My calf is hot and swollen since last night" in demo.page("/console/tasks", cookie)
        demo.process.send_signal(signal.SIGTERM)
        _, err = demo.process.communicate(timeout=30)
        assert (demo.process.returncode, err) == (0, "")


def test_a_folder_with_something_else_in_it_is_left_alone(clinic: Path, drip: Drip) -> None:
    (clinic / "mine" / "console").mkdir(parents=True)
    (clinic / "mine" / "console" / "thesis.txt").write_text("mine")
    assert "thesis.txt" in drip("demo", "--console", "--port", "0", "--out", "mine", code=2).err
    assert [path.name for path in (clinic / "mine").rglob("*")] == ["console", "thesis.txt"]


def test_twelve_weeks_in_the_same_folder_leave_the_console_there(tmp_path: Path, drip: Drip) -> None:
    (tmp_path / "demo" / "console").mkdir(parents=True)
    (tmp_path / "demo" / "console" / "drip.db").write_text("of the console that is running")
    drip("demo", "--days", "1")
    assert (tmp_path / "demo" / "console" / "drip.db").read_text() == "of the console that is running"


@pytest.mark.parametrize("day", ["2026-11-29", "2027-07-14", "2028-03-01"])
def test_whatever_day_it_is_the_bookings_began_between_two_and_three_weeks_ago_on_a_monday(day: str) -> None:
    now = at(f"{day} 12:00")
    assert 14 <= (now - began(now)).days <= 21
    assert began(now).weekday() == 0


def test_a_visit_of_summer_is_at_the_same_time_of_day_in_winter() -> None:
    home = shipped("clinic.yaml").parent
    clinic, now = read_clinic(home), at("2026-11-29 12:00")
    read = read_events(shifted(samples().read_text(), clinic, now).encode(), clinic, "demo")
    booked = next(one for one in read if isinstance(one, Parsed))
    assert booked.body["appointment"]["starts_at"] == "2026-11-17T10:00:00+00:00"  # type: ignore[index, call-overload]
    assert all(isinstance(one, Parsed) for one in read)
