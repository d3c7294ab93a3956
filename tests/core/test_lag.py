"""Files that were published, changed in the console, and come again."""

import pytest

from drip.core.lag import lags

WAS = {"sequence.yaml": "title: A\nafter: 1d\nreview: 2026\n", "a/tip.sms.txt": "Rest a little.\n"}
NOW = {"sequence.yaml": "title: A\nafter: 2d\nreview: 2027\n", "a/tip.sms.txt": "Rest a bit.\n"}


@pytest.mark.parametrize(
    ("what", "mine", "is_behind"),
    [
        ("as they were before", WAS, True),
        ("as they are now", NOW, False),
        ("changed from what was before", WAS | {"sequence.yaml": "title: B\nafter: 1d\nreview: 2026\n"}, True),
        ("changed from what is now", NOW | {"sequence.yaml": "title: B\nafter: 2d\nreview: 2027\n"}, False),
        (
            "changed further in every line that changed",
            {"sequence.yaml": "title: A\nafter: 3d\nreview: 2028\n", "a/tip.sms.txt": "Rest a while.\n"},
            False,
        ),
        ("one file of it left behind", NOW | {"a/tip.sms.txt": WAS["a/tip.sms.txt"]}, True),
    ],
)
def test_files_that_lack_what_was_changed_elsewhere(what: str, mine: dict[str, str], is_behind: bool) -> None:
    assert lags(WAS, NOW, mine) is is_behind, what


def test_where_nothing_was_there_before_other_words_lack_it_all() -> None:
    assert lags({}, NOW, {"sequence.yaml": "title: Z\n"})
    assert not lags({}, NOW, NOW)
