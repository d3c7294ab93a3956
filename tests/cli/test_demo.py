"""`drip demo` and `drip simulate`: invented patients only, and never in somebody else's folder."""

from pathlib import Path

import pytest

from tests.cli.conftest import Drip


def test_a_week_of_the_demo_twice_in_a_row(tmp_path: Path, drip: Drip) -> None:
    for _ in range(2):
        said = drip("demo", "--days", "7", "--out", "shown")
        assert said.out.startswith("7 days at an invented clinic\n")
        assert "Read them as the patients would: shown/index.html" in said.out
        assert (tmp_path / "shown" / "index.html").read_text().startswith("<!doctype html>")
        assert said.err == ""
    assert [path.name for path in tmp_path.iterdir()] == ["shown"]


@pytest.mark.parametrize("name", ["thesis.txt", "2026-holiday.jpg"])
def test_a_folder_with_something_else_in_it_is_left_alone(name: str, tmp_path: Path, drip: Drip) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("mine")
    assert name in drip("demo", "--days", "1", "--out", "mine", code=2).err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [name]


def test_a_demo_where_a_file_is_says_so(tmp_path: Path, drip: Drip) -> None:
    (tmp_path / "file").write_text("mine")
    assert drip("demo", "--days", "1", "--out", "file", code=2).err.startswith("error: file")


def test_a_simulation_keeps_its_promises_and_the_clinics_own_database_out_of_it(live: Path, drip: Drip) -> None:
    price = ("--report", "pages/report.html", "--sms-price", "0.5")
    document = drip("simulate", "--patients", "4", "--days", "10", "--seed", "7", "--json", *price).json
    assert document["sms_parts"]["cost"] == document["sms_parts"]["total"] / 2
    assert "4 invented patients through 10 days" in (live / "pages" / "report.html").read_text()
    assert (document["patients"], document["days"], document["seed"]) == (4, 10, 7)
    assert drip("messages").out == "No messages.\n"


@pytest.mark.parametrize(
    "words", ["--patients 0 --days 1", "--patients 1 --days 0", "--patients x --days 1", "--days 1"]
)
def test_a_simulation_of_nothing_is_wrong_usage(words: str, live: Path, drip: Drip) -> None:
    assert drip("simulate", *words.split(), code=2).out == ""
