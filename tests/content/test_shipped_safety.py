"""What the sequences that come with drip must have for safety's sake, whichever there are."""

from pathlib import Path

import pytest

from drip.content.folder import read_folder
from drip.core.condition import holds
from drip.core.model import EventKind, Kind
from drip.flows.publish import version_files

ROOT = Path(__file__).parents[2]
FOLDER = read_folder(ROOT)
SHIPPED = {file.sequence.id: file for file in FOLDER.sequences if file.sequence}
KINDS = {name: file.sequence.kind for name, file in SHIPPED.items() if file.sequence}
CLINICAL = (Kind.EDUCATION, Kind.LOADING, Kind.AFTERCARE, Kind.POSTOP)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind in CLINICAL])
def test_the_safety_net_begins_with_every_clinical_sequence(name: str) -> None:
    net = SHIPPED["red-flag-safety-net"].sequence
    assert net
    assert EventKind.ENROLMENT_STARTED in net.enrol.on
    assert holds(net.enrol.when, {"enrolment": {"kind": KINDS[name].value, "sequence": name}})


@pytest.mark.parametrize("kind", ["sms.txt", "email.md"])
@pytest.mark.parametrize(("language", "says"), [("", "not wait"), (".cy", "ag aros"), (".pl", "nie czeka")])
def test_the_answer_to_a_red_flag_says_not_to_wait_for_the_clinic(kind: str, language: str, says: str) -> None:
    assert says in FOLDER.sources[f"reply-red-flag/where-to-go{language}.{kind}"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_version_holds_the_words_of_every_language(name: str) -> None:
    written = {path for path in FOLDER.sources if path.startswith(f"{name}/")}
    assert written <= set(version_files(FOLDER, SHIPPED[name]))
