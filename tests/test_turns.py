"""A run leaves nothing out for which nothing stands: every test runs, on one database or on the other."""

from pathlib import Path

from tests.turns import IN_THE_LONG_RUN, left_out

ON_BOTH = [f"tests/flows/test_a.py::test_{n}[{kind}]" for n in range(200) for kind in ("sqlite", "postgres")]


def test_every_test_runs_once_and_half_of_them_on_either_database() -> None:
    run = set(ON_BOTH) - left_out(ON_BOTH)
    assert {name.partition("[")[0] for name in run} == {name.partition("[")[0] for name in ON_BOTH}
    assert len(run) == 200
    assert 70 < sum("[sqlite]" in name for name in run) < 130


def test_which_kind_runs_does_not_depend_on_what_else_does() -> None:
    assert left_out(ON_BOTH[:20]) == left_out(ON_BOTH) & set(ON_BOTH[:20])


def test_one_of_a_page_in_several_looks_runs_and_other_parameters_are_other_tests() -> None:
    looks = [
        f"tests/browser/test_x.py::test_y[{size}-{scheme}]"
        for size in ("a phone", "a desk")
        for scheme in ("light", "dark")
    ]
    cases = [f"tests/core/test_x.py::test_y[{case}]" for case in ("one", "two-three")]
    run = {*looks, *cases} - left_out([*looks, *cases])
    assert len(run & set(looks)) == 1
    assert run >= set(cases)


def test_what_is_about_the_databases_runs_in_full() -> None:
    assert left_out([f"tests/store/test_a.py::test_x[{kind}]" for kind in ("sqlite", "postgres")]) == frozenset()


def test_what_is_for_the_long_run_is_there_and_is_left_out_whole() -> None:
    for name in IN_THE_LONG_RUN:
        assert (Path(__file__).parent.parent / name).exists(), name
        assert left_out([f"{name}::test_x"]) == {f"{name}::test_x"}
