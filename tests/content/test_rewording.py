"""Which words of a version read otherwise now."""

import pytest

from drip.content.render import TemplateSet
from drip.content.rewording import reworded, words_behind
from drip.core.model import Channel
from tests.core.build import a_sequence, a_step

ADVICE = a_sequence("advice", a_step("keep-moving", email="move", sms="move"), a_step("ice", email="move"))
EMAIL, TEXT, WELSH = "advice/move.email.md", "advice/move.sms.txt", "advice/move.cy.email.md"
LAYOUT = "<mjml><mj-body></mj-body></mjml>"


def sentences(was: dict[str, str], now: dict[str, str]) -> list[str]:
    return [one.sentence for one in reworded((ADVICE, was), (ADVICE, now))]


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ("ice often helps", "ice is optional", ["'ice often helps' -> 'ice is optional'"]),
        ("You can rest.", "You can rest for a day.", ["'can rest.' -> 'can rest for a day.'"]),
        ("one two three", "one three", ["'one two' -> 'one'"]),
        (
            "a b c d e f g h i j",
            "a X c d e f g h Y j",
            ["'a b' -> 'a X'", "'h i' -> 'h Y'"],
        ),
    ],
)
def test_a_passage_is_shown_as_it_was_and_as_it_is(was: str, now: str, says: list[str]) -> None:
    expected = [f"Words of 'keep-moving' (email): {one}" for one in says]
    assert sentences({EMAIL: was}, {EMAIL: now}) == expected, "once, though two steps use it"


def test_words_of_another_channel_and_another_language_say_so() -> None:
    found = sentences({TEXT: "Rest.", EMAIL: "Rest."}, {TEXT: "Walk.", EMAIL: "Rest.", WELSH: "Cerddwch."})
    assert found == [
        "Words of 'keep-moving' (email, cy): 'Cerddwch.' is new",
        "Words of 'keep-moving' (text): 'Rest.' -> 'Walk.'",
    ]


def test_words_that_messages_share_are_told_once_by_their_file() -> None:
    assert sentences({"shared/reach-us.email.md": "Call us."}, {"shared/reach-us.email.md": "Ring us."}) == [
        "Words of shared/reach-us.email.md: 'Call' -> 'Ring'"
    ]


def test_other_line_breaks_are_not_other_words() -> None:
    assert sentences({EMAIL: "You can\nrest."}, {EMAIL: "You can rest."}) == [
        "Lines of email of 'keep-moving': as they were -> rearranged"
    ]


def test_a_long_passage_is_cut_in_its_middle() -> None:
    (only,) = sentences({EMAIL: "word"}, {EMAIL: " ".join(f"w{n}" for n in range(100))})
    assert "w0 w1" in only
    assert "... w88" in only


def test_words_behind_a_step_hold_what_it_includes() -> None:
    def behind(shared: str) -> object:
        sources = {"advice/move.sms.txt": '{% include "shared/end.sms.txt" %}', "shared/end.sms.txt": shared}
        return words_behind(ADVICE, TemplateSet(sources), ADVICE.steps[0])[Channel.SMS]

    assert behind("Call us.") == behind("Call us.")
    assert behind("Call us.") != behind("Ring us.")
