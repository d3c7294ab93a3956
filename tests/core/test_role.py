"""Who may do what."""

import pytest

from drip.core.role import Permission, Person, Role


def a_person(role: Role = Role.VIEWER, *sites: str) -> Person:
    """Somebody at the clinic."""
    return Person(id="a1", name="sam", full_name="Sam Okoro", role=role, sites=frozenset(sites))


MAY = {
    Role.VIEWER: "see",
    Role.SENDER: "see act",
    Role.AUTHOR: "see act write",
    Role.APPROVER: "see act write approve",
    Role.ADMIN: "see act write approve run",
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_each_role_may_do_what_it_is_for(role: Role, permission: Permission) -> None:
    assert a_person(role).may(permission) == (permission.value in MAY[role].split())


def test_who_has_no_site_of_their_own_sees_all() -> None:
    assert a_person().sees("quay")
    assert a_person().sees(None)


def test_who_has_sites_sees_only_these() -> None:
    person = a_person(Role.SENDER, "quay")
    assert [person.sees(site) for site in ("quay", "dock", None)] == [True, False, False]
