"""JSON, lists and JSON lines: a broken event never takes the good ones with it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drip.bookings import generic
from drip.bookings.csv_file import PATHS
from drip.bookings.generic import read_events
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.core.clinic import Clinic
from tests.bookings.conftest import Read, RejectOne, an_event

ONE, TWO = json.dumps(an_event()), json.dumps(an_event(event_id="e-2"))


def seen(outcomes: list[Outcome]) -> list[str | tuple[int, str]]:
    """Ids of what was parsed, position and path of what was not."""
    return [one.event.key if isinstance(one, Parsed) else (one.index, one.path) for one in outcomes]


FILES: dict[str, tuple[str | bytes, list[str | tuple[int, str]]]] = {
    "nothing": ("", []),
    "white space": (" \n\n", []),
    "empty list": ("[]", []),
    "object": (ONE, ["e-1"]),
    "object over many lines": (json.dumps(an_event(), indent=2), ["e-1"]),
    "object without indentation": (ONE.replace("{", "\n{"), ["e-1"]),
    "byte order mark": (b"\xef\xbb\xbf" + ONE.encode(), ["e-1"]),
    "list": (f"[{ONE},\n{TWO}]", ["e-1", "e-2"]),
    "lines": (f"{ONE}\n{TWO}\n", ["e-1", "e-2"]),
    "lines with blanks": (f"\n{ONE}\r\n\n{TWO}", ["e-1", "e-2"]),
    "broken line": (f"{ONE}\n{{oops\n{TWO}", ["e-1", (1, ""), "e-2"]),
    "broken first line": (f"{{oops\n{ONE}", [(0, ""), "e-1"]),
    "words before lines": (f"oops\n{ONE}", [(0, ""), "e-1"]),
    "two on a line": (f"{ONE} {TWO}\n{TWO}", [(0, ""), "e-2"]),
    "list, wrong element": (f"[{ONE}, 7, {TWO}]", ["e-1", (1, ""), "e-2"]),
    "list, broken element": (f"[{ONE}, {{oops}}, {TWO}]", ["e-1", (1, "")]),
    "list without an end": (f"[{ONE}", ["e-1", (1, "")]),
    "something after the list": (f"[{ONE}] x", ["e-1", (1, "")]),
    "something after the object": (f"{ONE} x", [(0, "")]),
    "broken object": ('{"event_id": ', [(0, "")]),
    "same name twice": (f'{{"event_id": "x", {ONE[1:]}\n{TWO}', [(0, ""), "e-2"]),
    "same name twice within": (ONE.replace('"ref": "p-1"', '"ref": "p-1", "ref": "p-2"'), [(0, "patient")]),
    "not a number": (json.dumps(an_event(patient__attributes={"a": float("nan")})), [(0, "patient.attributes.a")]),
    "infinite": (json.dumps(an_event(patient__attributes={"a": [1e999]})), [(0, "patient.attributes.a")]),
    "five thousand digits": (ONE.replace('"e-1"', "9" * 5000), [(0, "event_id")]),
    "NUL": (ONE.replace("Morag", "\\u0000"), [(0, "patient.first_name")]),
    "half a character": (ONE.replace("Morag", "\\ud800"), [(0, "patient.first_name")]),
    "half a character in a name": (ONE.replace("first_name", "\\udfff"), [(0, "patient")]),
    "not UTF-8 in one line": (
        ONE.encode().replace(b"Morag", b"Zo\xeb") + b"\n" + TWO.encode(), [(0, "patient.first_name"), "e-2"],
    ),
    "UTF-16": (ONE.encode("utf-16"), [(0, "")]),
    "deep": ("[" * 100_000, [(0, "")]),
    "deep event": (f'{{"x": {"[" * 100_000}\n{TWO}', [(0, ""), "e-2"]),
    "rather deep": (ONE.replace('"Morag"', "[" * 19 + "]" * 19), [(0, "patient.first_name")]),
    "large event": (f"{ONE}\n{ONE.replace('Morag', 'M' * 1_100_000)}\n{TWO}", ["e-1", (1, ""), "e-2"]),
    "large event in a list": (f"[{ONE.replace('Morag', 'é' * 600_000)}, {TWO}]", [(0, ""), "e-2"]),
    "none of these": ("Dear clinic", [(0, "")]),
}  # fmt: skip


@pytest.mark.parametrize(("told", "expected"), FILES.values(), ids=FILES)
def test_a_file_gives_every_good_event_and_the_place_of_every_bad_one(
    told: str | bytes, expected: list[str | tuple[int, str]], read: Read
) -> None:
    assert seen(read(told)) == expected


def test_the_name_of_a_file_says_what_it_is(read: Read) -> None:
    assert seen(read(f"[{ONE}]", filename="x.JSON")) == ["e-1"]
    assert seen(read(f"[{ONE}]", filename="x.jsonl")) == [(0, "")]
    assert seen(read("a,b\n", filename="x.ndjson")) == [(0, "")]


def test_a_file_that_is_too_large_is_refused_whole(rejected: RejectOne, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generic, "MOST_BYTES", 100)
    assert "send it in parts" in rejected(an_event()).message


def test_reading_stops_after_as_many_events_as_a_file_may_have(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generic, "MOST_EVENTS", 2)
    assert seen(read(f"{ONE}\n{TWO}\n{ONE}\n{TWO}")) == ["e-1", "e-2", (2, "")]


def test_a_broken_line_says_where(rejected: RejectOne) -> None:
    assert rejected('{"event_id": }').message == "is not valid JSON at column 14: Expecting value."
    assert "line 2, column 1" in rejected('{"event_id":\n}').message


NAMES = ["", "x.csv", "x.json", "x.jsonl"]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
EVENTS = st.dictionaries(
    st.sampled_from(["event_id", "kind", "occurred_at", "site", "patient", "appointment", "treatment", "contact"]),
    JSON | st.dictionaries(st.sampled_from(["ref", "phone", "email", "attributes", "consent", "starts_at"]), JSON),
)
TABLES = st.builds(
    lambda header, lines: (",".join(header) + "\n" + "\n".join(lines)).encode("utf-8", "surrogatepass"),
    st.lists(st.sampled_from([*PATHS, "patient.attributes.x"]), min_size=1, max_size=8),
    st.lists(st.text(alphabet='",;\n\r\0 aé=1\ud800', max_size=40)),
)


def check(data: bytes, filename: str, clinic: Clinic) -> None:
    for outcome in read_events(data, clinic, "generic", filename=filename):
        assert isinstance(outcome, Parsed | Rejected)
        if isinstance(outcome, Parsed):
            json.dumps(outcome.body, allow_nan=False).encode()
        else:
            assert outcome.message
            f"{outcome.path}{outcome.message}".encode()


@given(data=st.binary(), filename=st.sampled_from(NAMES))
def test_any_bytes_are_read_or_refused(data: bytes, filename: str, clinic: Clinic) -> None:
    check(data, filename, clinic)


@given(told=JSON | EVENTS | st.lists(EVENTS, max_size=3))
def test_any_json_is_read_or_refused(told: object, clinic: Clinic) -> None:
    check(json.dumps(told).encode(), "", clinic)


@given(data=TABLES, filename=st.sampled_from(["", "x.csv"]))
def test_any_table_is_read_or_refused(data: bytes, filename: str, clinic: Clinic) -> None:
    check(data, filename, clinic)


@settings(max_examples=300)
@given(path=st.sampled_from([path for path in PATHS if path != "kind"]), value=JSON)
def test_an_event_with_any_value_anywhere_is_read_or_refused(path: str, value: object, clinic: Clinic) -> None:
    told = an_event(treatment={"code": "eswt"}, programme={"code": "loading"}, **{path.replace(".", "__"): value})
    check(json.dumps(told).encode(), "", clinic)
