"""What cannot work together is said before anyone is written to."""

import pytest

from drip.core.ability import Ability
from drip.core.misfit import Carried, misfits
from drip.core.model import Channel

HTTPS = "https://drip.clinic.example"


def a_road(provider: str = "twilio", channel: Channel = Channel.SMS, **ability: bool) -> Carried:
    """A provider that reaches people and confirms; say what is different."""
    told = Ability(**({"reaches_people": True, "gives_receipts": True} | ability))
    return Carried(channel=channel, provider=provider, ability=told)


def the_misfits(*roads: Carried, country: str = "GB", live: bool = True, public_url: str = HTTPS) -> list[str]:
    return misfits(roads, country=country, live=live, public_url=public_url)


def test_what_fits_is_not_spoken_of() -> None:
    assert the_misfits(a_road()) == []


def test_live_without_an_address_of_our_own_no_stop_would_reach_us() -> None:
    (line,) = the_misfits(a_road(), public_url="")
    assert line.startswith("DRIP_PUBLIC_URL: needed")


def test_a_trial_needs_no_address_of_our_own() -> None:
    assert the_misfits(a_road(), live=False, public_url="") == []


def test_a_folder_may_run_live_without_one() -> None:
    assert the_misfits(a_road("folder", reaches_people=False, gives_receipts=False), public_url="") == []


def test_health_information_of_patients_in_the_us_needs_a_provider_that_accepts_it() -> None:
    mail = a_road("sendgrid", Channel.EMAIL, may_carry_health_data=False)
    (line,) = the_misfits(mail, country="US")
    assert line.startswith("DRIP_EMAIL_PROVIDER: sendgrid does not accept health information")
    assert the_misfits(mail, country="GB") == []


def test_a_provider_that_could_never_say_what_became_of_a_message_is_refused() -> None:
    (line,) = the_misfits(a_road(gives_receipts=False))
    assert "set up its receipts" in line


@pytest.mark.parametrize("ability", ["gives_receipts", "keeps_a_list", "drops_repeats"])
def test_any_way_of_finding_out_will_do(ability: str) -> None:
    told = {"gives_receipts": False} | {ability: True}
    assert the_misfits(a_road("twilio", Channel.SMS, **told)) == []


@pytest.mark.parametrize("url", ["drip.clinic.example", "ftp://x.example", "https://", HTTPS + "?a=1", HTTPS + "#a"])
def test_an_address_that_nobody_can_call_is_refused(url: str) -> None:
    (line,) = the_misfits(a_road(), public_url=url)
    assert line == "DRIP_PUBLIC_URL: write it as https://drip.clinic.example"


def test_patients_are_not_sent_to_an_address_that_others_can_read_along() -> None:
    (line,) = the_misfits(a_road(), public_url="http://drip.clinic.example")
    assert "https://" in line


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000"])
def test_this_machine_needs_no_certificate(url: str) -> None:
    assert the_misfits(a_road(), public_url=url) == []
