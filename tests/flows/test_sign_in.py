"""Signing in: a name, a password and a code; every try is written down, and too many close the account for a while."""

from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest

from drip.core.role import Person, Role
from drip.core.signing_in import FREE_TRIES
from drip.flows import staff
from drip.flows.sign_in import Refusal, SignedIn, choose_password, set_up_app, sign_in, sign_out, who_is
from drip.flows.staff import LastAdmin, NewAccount, NotKnown
from drip.store import accounts, audit, passwords
from drip.store.accounts import NameTaken
from drip.store.passwords import new_secret
from tests.databases import sqlite_url
from tests.world import World, a_world, at

NOW = at("2026-06-11 10:00")
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def world() -> Iterator[World]:
    """A clinic where nobody has an account yet."""
    made = a_world(sqlite_url())
    yield made
    made.app.close()


@pytest.fixture
def password(world: World) -> str:
    """Of Sam, who looks after accounts."""
    return add(world, "Sam", Role.ADMIN)


def add(world: World, name: str, role: Role = Role.VIEWER, *sites: str) -> str:
    """An account; answers its password."""
    new = NewAccount(name=name, full_name=f"{name} Okoro", role=role, sites=sites)
    return staff.add(world.app, new, NOW).password


def signed_in(world: World, password: str, code: str = "", name: str = "sam") -> str:
    """What the browser keeps."""
    outcome = sign_in(world.app, name, password, code, NOW)
    assert isinstance(outcome, SignedIn)
    return outcome.token


def person(world: World, token: str) -> Person:
    """Whose it is."""
    session = who_is(world.app, token, NOW)
    assert session
    return session.person


def deeds(world: World) -> list[str]:
    """All that is in the audit trail."""
    with world.store.read() as tx:
        return [line.deed.deed for line in audit.lines(tx)]


def test_the_right_password_signs_in(world: World, password: str) -> None:
    assert person(world, signed_in(world, password, name=" SAM ")).full_name == "Sam Okoro"


@pytest.mark.parametrize(("name", "suffix"), [("sam", "x"), ("nobody", "")])
def test_anything_else_does_not_and_nobody_learns_which_it_was(
    world: World, password: str, name: str, suffix: str
) -> None:
    assert sign_in(world.app, name, password + suffix, "", NOW) is Refusal.WRONG
    assert deeds(world) == ["account_added", "sign_in_refused"]


def test_after_five_wrong_ones_even_the_right_one_is_not_looked_at_for_a_minute(world: World, password: str) -> None:
    outcomes = [sign_in(world.app, "sam", "wrong", "", NOW) for _ in range(5)]
    assert outcomes == [Refusal.WRONG] * 4 + [Refusal.CLOSED]
    assert sign_in(world.app, "sam", password, "", NOW) is Refusal.CLOSED
    assert isinstance(sign_in(world.app, "sam", password, "", LATER), SignedIn)


def test_once_there_is_an_app_a_code_is_needed_and_none_counts_twice(world: World, password: str) -> None:
    session, secret = who_is(world.app, signed_in(world, password), NOW), new_secret()
    assert session
    codes = pyotp.TOTP(secret)
    assert not set_up_app(world.app, session, secret, "000000", NOW)
    assert set_up_app(world.app, session, secret, codes.at(NOW), NOW)
    assert sign_in(world.app, "sam", password, codes.at(NOW), NOW) is Refusal.WRONG
    assert sign_in(world.app, "sam", password, "", LATER) is Refusal.WRONG
    assert isinstance(sign_in(world.app, "sam", password, codes.at(LATER), LATER), SignedIn)


def test_a_session_ends_when_nobody_did_anything_for_a_quarter_of_an_hour(world: World, password: str) -> None:
    token = signed_in(world, password)
    assert who_is(world.app, token, NOW + timedelta(minutes=14))
    assert who_is(world.app, token, NOW + timedelta(minutes=28))
    assert who_is(world.app, token, NOW + timedelta(minutes=43)) is None


def test_who_signed_out_is_out(world: World, password: str) -> None:
    token = signed_in(world, password)
    session = who_is(world.app, token, NOW)
    assert session
    sign_out(world.app, session, NOW)
    assert who_is(world.app, token, NOW) is None


def test_a_new_password_ends_every_other_session_and_the_old_password(world: World, password: str) -> None:
    other, token = signed_in(world, password), signed_in(world, password)
    session = who_is(world.app, token, NOW)
    assert session
    assert session.is_given
    assert not choose_password(world.app, session, "wrong", "copper walrus evening", NOW)
    assert choose_password(world.app, session, password, "copper walrus evening", NOW)
    assert who_is(world.app, other, NOW) is None
    assert not person_is_given(world, token)
    assert sign_in(world.app, "sam", password, "", NOW) is Refusal.WRONG


def person_is_given(world: World, token: str) -> bool:
    """Whether they still have the password that somebody else chose."""
    session = who_is(world.app, token, NOW)
    assert session
    return session.is_given


def test_who_was_disabled_is_out_at_once(world: World, password: str) -> None:
    token = signed_in(world, add(world, "Lee"), name="lee")
    staff.set_disabled(world.app, "lee", is_disabled=True, now=NOW)
    assert who_is(world.app, token, NOW) is None
    assert deeds(world)[-1] == "account_disabled"


def test_a_reset_gives_a_new_password_and_takes_the_app_away(world: World, password: str) -> None:
    session, secret = who_is(world.app, signed_in(world, password), NOW), new_secret()
    assert session
    set_up_app(world.app, session, secret, pyotp.TOTP(secret).at(NOW), NOW)
    given = staff.give_password(world.app, "sam", NOW)
    assert who_is(world.app, signed_in(world, given.password), NOW)


def test_the_last_admin_stays(world: World, password: str) -> None:
    with pytest.raises(LastAdmin):
        staff.set_disabled(world.app, "sam", is_disabled=True, now=NOW)
    with pytest.raises(LastAdmin):
        staff.set_role(world.app, "sam", Role.VIEWER, (), NOW)
    assert person(world, signed_in(world, password)).role is Role.ADMIN


def test_a_role_counts_from_the_next_click_on(world: World, password: str) -> None:
    token = signed_in(world, add(world, "Lee"), name="lee")
    staff.set_role(world.app, "lee", Role.AUTHOR, ["quay"], NOW)
    assert (person(world, token).role, person(world, token).sites) == (Role.AUTHOR, frozenset({"quay"}))


def test_a_name_is_one_persons_however_it_is_written(world: World, password: str) -> None:
    with pytest.raises(NameTaken):
        add(world, " SAM")


def test_a_site_that_the_clinic_does_not_have_is_named(world: World) -> None:
    with pytest.raises(NotKnown, match="write one of quay"):
        add(world, "Lee", Role.VIEWER, "moon")


def test_nothing_readable_is_stored_of_passwords_secrets_or_tokens(world: World, password: str) -> None:
    token, secret = signed_in(world, password), new_secret()
    with world.store.write() as tx:
        account = accounts.named(tx, "sam")
        assert account
        accounts.set_secret(tx, account.person.id, secret)
        tables = ("accounts", "sessions")
        rows = [tx.connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables]  # noqa: S608
        found = accounts.named(tx, "sam")
    assert found
    assert found.secret == secret
    for private in (password, token, secret):
        assert private not in str(rows)
        assert private not in repr(found)


def test_a_code_counts_half_a_minute_early_and_late_and_no_longer() -> None:
    secret = new_secret()
    code = pyotp.TOTP(secret).at(NOW)
    counts = {
        seconds: passwords.half_minute_of(secret, code, NOW + timedelta(seconds=seconds), 0) is not None
        for seconds in (-31, -30, 0, 59, 60)
    }
    assert counts == {-31: False, -30: True, 0: True, 59: True, 60: False}


def test_who_guesses_at_an_unlocked_desk_is_counted_as_at_the_door_and_signed_out(world: World, password: str) -> None:
    session = who_is(world.app, signed_in(world, password), NOW)
    assert session
    for _ in range(FREE_TRIES - 1):
        assert not choose_password(world.app, session, "wrong", "copper walrus evening", NOW)
    assert session.id in sessions(world)
    assert not choose_password(world.app, session, "wrong", "copper walrus evening", NOW)
    assert not sessions(world), "they come in again by the door"
    assert not choose_password(world.app, session, password, "copper walrus evening", NOW)
    assert sign_in(world.app, "sam", password, "", NOW) is Refusal.CLOSED
    with world.store.read() as tx:
        assert [line.deed.deed for line in audit.lines(tx)].count("sign_in_refused") == FREE_TRIES


def sessions(world: World) -> set[str]:
    """Those that anybody has."""
    with world.store.read() as tx:
        return set(tx.connection.exec_driver_sql("SELECT id FROM sessions").scalars())
