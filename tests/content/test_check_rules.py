"""Each rule of `drip check` has a file that breaks it, with line and column; and the page explains them all."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from drip.content.check import check
from drip.core.sequence import Sequence
from tests.content.broken_files import BY_HAND, RULES, Files, S
from tests.content.build import FILES, SEQUENCE, TODAY, a_folder, a_home, a_sequence, changed, place

ROOT = Path(__file__).parent.parent.parent
CASES = [(rule, files, at) for rule, cases in RULES.items() for files, at in cases]


def findings_of(home: Path, files: Files, live: Mapping[str, Sequence] | None = None) -> list[str]:
    text = {name: one for name, one in files.items() if not isinstance(one, bytes)}
    folder = a_home(home, text)
    for name, one in files.items():
        if isinstance(one, bytes):
            (folder / name).write_bytes(one)
    return [place(finding) for finding in check(a_folder(folder, {name: None for name in FILES}), TODAY, live=live)]


@pytest.mark.parametrize(
    ("rule", "files", "at"), CASES, ids=[f"{rule}-{at.rsplit(' ', 1)[1]}" for rule, _, at in CASES]
)
def test_a_file_that_breaks_a_rule_is_told_where(rule: str, files: Files, at: str, tmp_path: Path) -> None:
    assert f"{at}: {rule}" in findings_of(tmp_path, files)


LIVE = changed(SEQUENCE, ("review:", "  - {id: second, after: 2d, sms: second}\nreview:"))


@pytest.mark.parametrize(
    ("live", "found"),
    [
        ({"heel-advice": SEQUENCE}, []),
        ({"heel-advice": LIVE}, [f"{S}:8:1: warning: step-removed"]),
        ({"heel-advice": changed(SEQUENCE, ("id: first", "id: one"))}, [f"{S}:9:9: error: step-renamed"]),
        ({"old": changed(SEQUENCE, ("heel-advice", "old"))}, ["sequences/old.yaml:1:1: warning: sequence-gone"]),
    ],
    ids=["as it is live", "removed", "renamed", "gone"],
)
def test_a_step_that_is_live_keeps_its_id(live: Mapping[str, str], found: list[str], tmp_path: Path) -> None:
    assert findings_of(tmp_path, {}, {name: a_sequence(text) for name, text in live.items()}) == found


def rows_of_the_page() -> dict[str, set[str]]:
    """Each rule of docs/checks.md with its levels."""
    page = (ROOT / "docs" / "checks.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| ([a-z, ]+) \| [^|]+ \| [^|]+ \|$", page, re.MULTILINE)
    assert len({name for name, _ in rows}) == len(rows)
    return {name: set(levels.split(", ")) for name, levels in rows}


def rules_in(code: str) -> Iterator[str]:
    """Every rule's name in a module: where a finding is made, or given on to where it is."""
    makers = {"finding": 0, "problem": 1, "_problem": 1, "_finding": 2, "report": 1}
    for node in ast.walk(ast.parse(code)):
        told: list[ast.expr] = []
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                told = [one.value for one in node.keywords if one.arg == "rule"]
                told += node.args[makers[name] : makers[name] + 1] if name in makers else []
            case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id="rule"), *_])], value=ast.Tuple(elts=[first, *_])):
                told = [first]
            case ast.AnnAssign(target=ast.Name(id="_RULE"), value=ast.Constant() as value):
                told = [value]
            case ast.Return(
                value=ast.Tuple(
                    elts=[ast.Constant(value=str(name)) as first, ast.Constant() | ast.JoinedStr() | ast.BinOp()]
                )
            ):
                told = [first] if re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", name) else []
        yield from (one.value for one in told if isinstance(one, ast.Constant) and isinstance(one.value, str))


def test_the_page_explains_every_rule_that_there_is_and_no_other() -> None:
    code = [file.read_text() for file in (ROOT / "drip" / "content").glob("*.py")]
    assert rows_of_the_page().keys() == {rule for text in code for rule in rules_in(text)}


def test_every_rule_has_a_file_that_breaks_it() -> None:
    assert RULES.keys() | BY_HAND.keys() == rows_of_the_page().keys()


def test_the_page_tells_the_levels_that_are_seen() -> None:
    page = rows_of_the_page()
    seen: dict[str, set[str]] = {}
    for rule, _, at in CASES:
        seen.setdefault(rule, set()).add(at.rsplit(" ", 1)[1])
    assert {rule: page[rule] for rule in seen} == seen
