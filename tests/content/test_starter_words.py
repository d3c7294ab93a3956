"""The words that a new step begins with lack nothing but what somebody has to write."""

from pathlib import Path

import pytest

from drip.content.check import check
from drip.content.starter_words import starter_words
from drip.core.model import Channel, Purpose
from tests.content.build import FILES, SEQUENCE, TODAY, a_folder, changed

IN_SEQUENCE = "sequences/heel-advice.yaml"
PATHS = {
    Channel.EMAIL: "templates/heel-advice/first.email.md",
    Channel.SMS: "templates/heel-advice/first.sms.txt",
}
SOURCES = {path.removeprefix("templates/"): text for path, text in FILES.items() if path.startswith("templates/")}


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("purpose", [Purpose.CARE, Purpose.SERVICE, Purpose.SAFETY, Purpose.FEEDBACK])
def test_nothing_is_wrong_with_them_but_what_is_to_be_written(
    channel: Channel, purpose: Purpose, tmp_path: Path
) -> None:
    words = starter_words(channel, purpose.value, {}, SOURCES)
    kind = {Purpose.SAFETY: "safety", Purpose.SERVICE: "service"}.get(purpose, "education")
    files = {IN_SEQUENCE: changed(SEQUENCE, ("purpose: care", f"purpose: {purpose}"), ("education", kind))}
    found = check(a_folder(tmp_path, {**files, PATHS[channel]: words}), TODAY)
    own = [one for one in found if one.path == PATHS[channel]]
    assert {(one.rule, one.level) for one in own} == {("unwritten", "error")}
    assert len(own) == words.count("[say here")


def test_red_flags_are_those_that_the_sequence_says_already() -> None:
    shared = dict.fromkeys(("shared/red-flags-back.email.md", "shared/red-flags-leg.email.md"), "x")
    own = {"a/b.email.md": '{% include "shared/red-flags-leg.email.md" %}'}
    assert "red-flags-leg" in starter_words(Channel.EMAIL, "care", own, shared)
    assert "red-flags" not in starter_words(Channel.EMAIL, "care", {}, shared), "which fits, nobody can know"
    for_all = shared | {"shared/red-flags-for-you.email.md": "x"}
    assert "red-flags-for-you" in starter_words(Channel.EMAIL, "care", {}, for_all)
    assert "red-flags" not in starter_words(Channel.EMAIL, "service", own, for_all)


def test_a_way_to_stop_and_who_writes_are_said_once() -> None:
    layout = {"layouts/email.mjml": "{{ links.stop }}", "shared/identity.email.md": "From {{ clinic.name }}."}
    assert "links.stop" not in starter_words(Channel.EMAIL, "service", {}, layout)
    assert 'include "shared/identity.email.md"' in starter_words(Channel.EMAIL, "service", {}, layout)
    assert "[Stop these emails]({{ links.stop }})" in starter_words(Channel.EMAIL, "service", {}, {})
