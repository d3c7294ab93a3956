"""Tokens in patients' links: they say nothing, never expire, and not one letter of them can be changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.core.model import Channel
from drip.core.reason import Reason
from drip.store import addresses, links
from drip.store.links import LENGTH, Link, make_token, read_token
from drip.store.vault import Vault
from tests.world import World, at

PATIENT, CONTACT = "0123456789abcdef" * 2, "89abcdef01" * 4
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def a_vault(master: bytes = bytes(32), index_key: bytes = bytes(range(32))) -> Vault:
    """A vault that has its index key."""
    vault = Vault([("k", master)])
    vault.use_index_key(index_key)
    return vault


VAULT = a_vault()
TOKEN = make_token(VAULT, PATIENT, CONTACT, Channel.EMAIL)


@pytest.mark.parametrize("channel", Channel)
def test_a_token_says_again_what_it_was_made_for(channel: Channel) -> None:
    token = make_token(VAULT, PATIENT, CONTACT, channel)
    assert read_token(VAULT, token) == Link(patient_id=PATIENT, contact_id=CONTACT, channel=channel)


def test_a_token_fits_into_a_link_as_it_is() -> None:
    assert len(TOKEN) == LENGTH
    assert set(TOKEN) <= set(LETTERS)


@pytest.mark.parametrize("place", range(LENGTH))
def test_every_other_letter_in_any_place_makes_it_unreadable(place: int) -> None:
    for letter in (LETTERS + "+/=~ \n\x00é").replace(TOKEN[place], ""):
        assert read_token(VAULT, TOKEN[:place] + letter + TOKEN[place + 1 :]) is None


def test_a_token_that_is_cut_or_longer_is_unreadable() -> None:
    for other in (*(TOKEN[:end] for end in range(LENGTH)), TOKEN + "A", TOKEN + "=", " " + TOKEN):
        assert read_token(VAULT, other) is None


@given(st.text(max_size=200) | st.text(alphabet=LETTERS, min_size=LENGTH, max_size=LENGTH))
def test_whatever_else_is_in_a_link_is_unreadable_and_nothing_worse(text: str) -> None:
    assert read_token(VAULT, text) is None


def test_two_tokens_for_the_same_never_look_alike() -> None:
    other = make_token(VAULT, PATIENT, CONTACT, Channel.EMAIL)
    assert sum(a == b for a, b in zip(TOKEN[2:], other[2:], strict=True)) < 20


def test_halves_of_two_tokens_make_none() -> None:
    other = make_token(VAULT, "f" * 32, "e" * 40, Channel.EMAIL)
    assert all(read_token(VAULT, TOKEN[:cut] + other[cut:]) is None for cut in range(10, LENGTH - 10))


def test_a_token_outlives_a_new_master_key() -> None:
    assert read_token(a_vault(master=b"n" * 32), TOKEN) is not None


def test_another_clinic_cannot_read_it() -> None:
    assert read_token(a_vault(index_key=b"o" * 32), TOKEN) is None


def test_no_token_is_made_without_a_key() -> None:
    with pytest.raises(ValueError, match="index key"):
        make_token(Vault([("k", bytes(32))]), PATIENT, CONTACT, Channel.EMAIL)


@pytest.mark.parametrize(("patient", "contact"), [(PATIENT[:-2], CONTACT), (PATIENT, CONTACT + "00"), ("p-1", CONTACT)])
def test_only_ids_of_ours_go_into_a_token(patient: str, contact: str) -> None:
    with pytest.raises(ValueError, match=r"ids|hex"):
        make_token(VAULT, patient, contact, Channel.EMAIL)


def test_keys_for_different_purposes_have_nothing_in_common() -> None:
    assert VAULT.derived_key(b"one") != VAULT.derived_key(b"two")
    assert VAULT.derived_key(b"one") == a_vault(master=b"n" * 32).derived_key(b"one")


LINK = Link(patient_id=PATIENT, contact_id=CONTACT, channel=Channel.EMAIL)


def test_a_closed_address_says_why(clinic: World) -> None:
    with clinic.store.write() as tx:
        assert links.why_closed(tx, LINK) is None
        links.close(tx, LINK, at("2026-06-11 10:00"))
        assert links.why_closed(tx, LINK) is Reason.SUPPRESSED_BY_PATIENT


def test_a_stop_that_is_newer_than_the_undoing_stays(clinic: World) -> None:
    with clinic.store.write() as tx:
        links.close(tx, LINK, at("2026-06-11 10:00"))
        links.reopen(tx, LINK, at("2026-06-11 09:59"))
        assert links.why_closed(tx, LINK) is Reason.SUPPRESSED_BY_PATIENT


@pytest.mark.parametrize("reason", [Reason.BOUNCED, Reason.COMPLAINED])
def test_undoing_lifts_nothing_but_the_patients_own_stop(clinic: World, reason: Reason) -> None:
    with clinic.store.write() as tx:
        addresses.ensure(tx, {CONTACT: Channel.EMAIL})
        addresses.close(tx, [CONTACT], reason, at("2026-06-11 10:00"))
        links.reopen(tx, LINK, at("2026-06-11 11:00"))
        assert links.why_closed(tx, LINK) is reason
