"""What patients choose on their own page: it counts above what any booking says, for them and nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from drip.core.model import Channel
from drip.flows import choose
from drip.flows.story import tell
from drip.store import patients
from drip.store.links import make_token
from tests.web.build import Answer, Carrier, Site, on_loopback
from tests.world import ADVICE, World, a_visit, an_event, at

HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'


@contextmanager
def at_the_clinic(world: World) -> Iterator[Site]:
    """The clinic's web, some hours after Amina's visit."""
    world.publish(ADVICE)
    world.tell(a_visit("2026-06-11 09:00", patient={"last_name": HOSTILE}))
    world.tick("2026-06-11 09:30")
    with on_loopback(world.app, now=lambda: at("2026-06-11 13:00")) as site:
        yield site


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    """The same, while a test lasts."""
    with at_the_clinic(world) as site:
        yield site


def path_of(world: World, channel: Channel = Channel.EMAIL, **unusual: Any) -> str:
    """Where the link in Amina's messages leads."""
    with world.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
        contact = unusual.get("contact") or row.contacts[channel]
    return "/p/" + make_token(world.store.vault, row.id, contact, channel)


def save(site: Site, path: str, *wanted: str, shown: tuple[str, ...] = ("email", "sms")) -> Answer:
    """Press Save with these ticked."""
    fields = [f"channel={one}" for one in shown] + [f"wanted={one}" for one in wanted]
    return site.post_form(path, "&".join(["action=choose", *fields]))


def ticked(page: Answer) -> set[str]:
    """What is ticked on the page."""
    boxes = page.text.split('name="wanted" value="')[1:]
    return {box.split('"')[0] for box in boxes if " checked" in box.split(">")[0]}


BY_DEFAULT = {"care.email", "care.sms", "feedback.email", "feedback.sms"}


def test_the_page_shows_what_is_sent_now_on_both_channels(site: Site, world: World) -> None:
    assert ticked(site.ask("GET", path_of(world))) == BY_DEFAULT


def test_what_is_saved_is_shown_at_once_and_by_the_other_channels_link_too(site: Site, world: World) -> None:
    page = save(site, path_of(world), "care.email", "marketing.sms")
    assert "Saved." in page.text
    assert ticked(page) == ticked(site.ask("GET", path_of(world, Channel.SMS))) == {"care.email", "marketing.sms"}


def test_the_choice_wins_over_what_a_booking_says_later(site: Site, world: World) -> None:
    save(site, path_of(world), "care.email")
    yes = {"consent": {"care": {"sms": True}}}
    world.tell(an_event("patient.updated", "2026-06-11 14:00", patient=yes))
    world.tick("2026-06-12 10:00")
    assert world.states()["nudge"] == "skipped no_consent"
    assert world.states()["hello"].startswith("accepted")


def test_staff_see_what_was_chosen_and_when(site: Site, world: World) -> None:
    save(site, path_of(world), "care.email", shown=("email",))
    look(site, path_of(world), "wanted=large")
    with world.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
        told = [(line.at, line.sentence) for line in tell(world.app, tx, row).lines if "own page" in line.sentence]
    chose = "We were told that the patient chose on their own page"
    assert told == [
        (at("2026-06-11 13:00"), f"{chose} (care by email: yes; feedback by email: no; marketing by email: no)."),
        (at("2026-06-11 13:00"), f"{chose} (plain emails: no; large print: yes)."),
    ]


def test_a_choice_holds_from_its_own_commit_before_any_tick(site: Site, world: World) -> None:
    save(site, path_of(world))
    world.tick("2026-06-11 13:01")
    assert world.states()["hello"] == "skipped no_consent"


def test_what_was_not_on_the_page_is_left_as_it_was(site: Site, world: World) -> None:
    save(site, path_of(world), shown=("email",))
    assert ticked(site.ask("GET", path_of(world))) == {"care.sms", "feedback.sms"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_chooses_nothing(site: Site, world: World, method: str) -> None:
    site.ask(method, path_of(world) + "?action=choose&channel=email&channel=sms")
    assert ticked(site.ask("GET", path_of(world))) == BY_DEFAULT


def test_messages_about_visits_and_safety_cannot_be_switched_off_here(site: Site, world: World) -> None:
    page = save(site, path_of(world), "service.email", "safety.email")
    assert "always come" in page.text
    assert not any(f'value="{one}.' in page.text for one in ("service", "safety"))


def test_whoever_has_the_address_now_can_stop_it_and_choose_nothing_for_its_former_owner(
    site: Site, world: World
) -> None:
    path = path_of(world)
    world.tell(an_event("patient.updated", "2026-06-11 10:00", patient={"email": "new@example.org"}))
    world.tick("2026-06-11 10:01")
    page = save(site, path)
    assert ("Nothing was changed" in page.text, "Stop these emails" in page.text) == (True, True)
    assert ticked(site.ask("GET", path_of(world))) == BY_DEFAULT


def test_a_stopped_channel_is_not_offered(site: Site, world: World) -> None:
    page = site.post_form(path_of(world), "action=stop")
    assert ticked(page) == {"care.sms", "feedback.sms"}
    assert 'value="care.email"' not in page.text


def test_saving_the_same_again_adds_nothing_and_a_script_is_slowed_down(
    site: Site, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "MOST_A_DAY", 1)
    save(site, path_of(world), "care.email")
    assert "Saved." in save(site, path_of(world), "care.email").text
    assert "very often" in save(site, path_of(world), "care.sms").text
    assert ticked(site.ask("GET", path_of(world))) == {"care.email"}


def look(site: Site, path: str, *fields: str) -> Answer:
    """Save language and format like this."""
    return site.post_form(path, "&".join(["action=choose", "shown=look", "shown=plain", *fields]))


def test_a_patient_who_chose_welsh_and_plain_emails_gets_welsh_words_without_a_layout(world: World) -> None:
    welsh = "---\nsubject: Ar ôl\npreheader: Nodyn\n---\nHelo {{ patient.first_name }}.\n"
    world.sources["advice/hello.cy.email.md"] = welsh
    carrier = world.app.providers[Channel.EMAIL][0]
    with at_the_clinic(world) as site:
        assert 'value="cy"' in site.ask("GET", path_of(world)).text
        page = look(site, path_of(world), "language=cy", "wanted=plain", "wanted=large")
        assert 'class="large"' in page.text
        assert 'value="cy" checked' in page.text
        for words in ('<html lang="cy">', "Eich negeseuon gan Harbour Clinic", "Atal yr e-byst hyn", "gadw. O hyn"):
            assert words in page.text
    world.tell(a_visit("2026-06-11 09:00", told_at="2026-06-11T15:00:00+01:00", patient={"language": "en"}))
    world.tick("2026-06-11 15:00")
    assert isinstance(carrier, Carrier)
    (letter,) = carrier.letters
    assert (letter.words.subject, letter.words.html, letter.language) == ("Ar ôl", None, "cy")


def test_stopping_is_confirmed_in_the_patients_language(site: Site, world: World) -> None:
    world.tell(an_event("patient.updated", "2026-06-11 12:30", patient={"language": "pl"}))
    world.sources["advice/hello.pl.email.md"] = "---\nsubject: Porada\npreheader: Notatka\n---\nDzień dobry.\n"
    world.publish(ADVICE)
    world.tick("2026-06-11 12:31")
    page = site.post_form(path_of(world), "action=stop")
    assert '<html lang="pl">' in page.text
    assert "Harbour Clinic nie wysyła już e-maili na ten adres." in page.text


def test_only_languages_that_we_have_words_in_are_offered_and_kept(site: Site, world: World) -> None:
    page = look(site, path_of(world), "language=xx")
    assert 'name="language"' not in page.text
    world.tick("2026-06-11 13:05")
    with world.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
    assert "language" not in row.patient.facts


def test_saving_the_language_says_nothing_about_what_is_sent(site: Site, world: World) -> None:
    assert ticked(look(site, path_of(world), "wanted=plain")) == BY_DEFAULT | {"plain"}


def test_nothing_of_the_patient_is_on_the_page(site: Site, world: World) -> None:
    page = save(site, path_of(world), HOSTILE).text
    assert not any(told in page for told in ("Amina", "alert(1)", "49", "amina@", "900123", "p-1"))
