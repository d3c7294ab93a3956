"""A file for a spreadsheet program does nothing but show what is in it."""

import csv
import io

import pytest

from drip.pages.spreadsheet import as_csv


def read(file: bytes) -> list[list[str]]:
    """As a spreadsheet program does."""
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    "hostile",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1+1", '=HYPERLINK("https://evil.example","Open")'],
)
def test_no_cell_is_taken_for_a_formula(hostile: str) -> None:
    (_, (cell, number)) = read(as_csv(["step", "number"], [[hostile, -3]]))
    assert cell == f"'{hostile}"
    assert number == "-3"


def test_words_stay_as_they_are_in_any_language() -> None:
    told = ["Łódź, “quoted” text\nwith a line", "plain", "don't"]
    assert read(as_csv(["a", "b", "c"], [told])) == [["a", "b", "c"], told]


def test_a_column_cannot_be_a_formula_either() -> None:
    assert read(as_csv(["=1"], [])) == [["'=1"]]


def test_the_file_says_that_it_is_utf_8() -> None:
    assert as_csv(["a"], []).startswith(b"\xef\xbb\xbf")
