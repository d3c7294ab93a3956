"""Who at the clinic may do what."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """One thing that a person may be allowed to do. Every page and every button names the one it needs."""

    SEE = "see"
    """Read: patients, messages, sequences, reports."""
    ACT = "act"
    """Do something about a patient: skip, move, stop, enrol, answer a task."""
    WRITE = "write"
    """Change a draft of a sequence."""
    APPROVE = "approve"
    """Approve what somebody else has written, and publish it."""
    RUN = "run"
    """Pause and resume, accounts, settings, the audit trail."""


class Role(StrEnum):
    """What a person is at the clinic."""

    VIEWER = "viewer"
    SENDER = "sender"
    AUTHOR = "author"
    APPROVER = "approver"
    ADMIN = "admin"


_ALLOWED: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.SEE}),
    Role.SENDER: frozenset({Permission.SEE, Permission.ACT}),
    Role.AUTHOR: frozenset({Permission.SEE, Permission.ACT, Permission.WRITE}),
    Role.APPROVER: frozenset({Permission.SEE, Permission.ACT, Permission.WRITE, Permission.APPROVE}),
    Role.ADMIN: frozenset(Permission),
}
"""An admin may approve too, but like everybody never what they wrote themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is signed in."""

    id: str
    name: str
    """What they sign in with."""
    full_name: str
    role: Role
    sites: frozenset[str] = frozenset()
    """The only sites whose patients they may see; empty is all of them."""

    def may(self, permission: Permission) -> bool:
        """Whether their role allows it."""
        return permission in _ALLOWED[self.role]

    def sees(self, site: str | None) -> bool:
        """Whether they may see what belongs to a site. What belongs to none is everybody's who sees all sites."""
        return not self.sites or site in self.sites
