"""What helps a message that did not arrive."""

import pytest

from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.core.remedy import Remedy, remedy


@pytest.mark.parametrize(
    ("state", "reason", "helps"),
    [
        (State.FAILED, Reason.ADDRESS_REFUSED, Remedy.ADDRESS),
        (State.SUPPRESSED, Reason.BOUNCED, Remedy.ADDRESS),
        (State.UNDELIVERED, Reason.NOT_DELIVERED, Remedy.ADDRESS),
        (State.UNDELIVERED, Reason.NO_RECEIPT, Remedy.OTHER_WAY),
        (State.SUPPRESSED, Reason.SUPPRESSED_BY_PATIENT, Remedy.OTHER_WAY),
        (State.UNDELIVERED, Reason.ACCOUNT_REFUSED, Remedy.SUPPORT),
        (State.INVALID, Reason.CONTENT_REFUSED, Remedy.WORDS),
        (State.INVALID, Reason.TEMPLATE_ERROR, Remedy.WORDS),
    ],
)
def test_what_helps(state: State, reason: Reason, helps: Remedy) -> None:
    assert remedy(state, reason) is helps


@pytest.mark.parametrize("one", Remedy)
def test_every_remedy_has_its_words(one: Remedy) -> None:
    assert one.heading
    assert one.sentence
