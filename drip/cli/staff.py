"""For whoever looks after who may sign in, and what they did: user, audit."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from drip.cli.show import Complaint, counted, note, out, print_json, table
from drip.core.role import Role

if TYPE_CHECKING:
    from drip.app import App
    from drip.flows.staff import Given
    from drip.store.accounts import Listed

Name = Annotated[str, typer.Argument(help="what they sign in with")]
Sites = Annotated[list[str] | None, typer.Option("--site", help="only this site's patients; may be repeated")]
RoleWord = Annotated[Role, typer.Option("--role", help="what they may do: docs/console.md")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document")]

NOBODY_YET = "Nobody can sign in yet: `drip user add NAME --role admin` makes the first account."


def add_to(app: typer.Typer) -> None:
    """These commands."""
    user = typer.Typer(help="Console accounts: who may sign in, and what they may do.", no_args_is_help=True)
    for name, command in (
        ("add", add),
        ("list", show_all),
        ("role", role),
        ("reset", reset),
        ("disable", disable),
        ("enable", enable),
    ):
        user.command(name)(command)
    app.add_typer(user, name="user")
    trail = typer.Typer(help="The audit trail: what people did, and whether it is whole.", no_args_is_help=True)
    trail.command("verify")(verify)
    app.add_typer(trail, name="audit")


@contextmanager
def _opened() -> Iterator["App"]:
    """The clinic; what cannot be done is said in one line."""
    from drip.cli.opening import opened
    from drip.flows.staff import LastAdmin, NotKnown
    from drip.store.accounts import NameTaken

    with opened() as app:
        try:
            yield app
        except (LastAdmin, NotKnown) as problem:
            raise Complaint(str(problem), 2) from None
        except NameTaken as taken:
            raise Complaint(f"{str(taken)!r} signs in already: choose another name", 2) from None


def add(
    name: Name,
    role: RoleWord,
    full_name: Annotated[str, typer.Option("--full-name", help="as colleagues know them; in the audit trail")] = "",
    site: Sites = None,
) -> None:
    """A new account. Prints a password that must be changed at the first sign-in; nobody can read it again."""
    from drip.clock import now
    from drip.flows.staff import NewAccount
    from drip.flows.staff import add as add_account

    with _opened() as app:
        new = NewAccount(name=name, full_name=full_name, role=role, sites=site or ())
        _hand_over(add_account(app, new, now()))


def reset(name: Name) -> None:
    """A new password, and a new authenticator app, for somebody who lost theirs. Ends their sessions."""
    from drip.clock import now
    from drip.flows.staff import give_password

    with _opened() as app:
        _hand_over(give_password(app, name, now()))


def _hand_over(given: "Given") -> None:
    note(f"{given.person.full_name} ({given.person.role.value}) signs in as {given.person.name!r}.")
    note("Hand this password over; it must be changed at the first sign-in:")
    out.print(given.password, markup=False, highlight=False)


def role(name: Name, role: RoleWord, site: Sites = None) -> None:
    """Change what somebody may do, and for which sites."""
    from drip.clock import now
    from drip.flows.staff import set_role

    with _opened() as app:
        person = set_role(app, name, role, site or (), now())
    note(f"{person.name!r} is {role.value} {_where(person.sites)} from their next click on.")


def disable(name: Name) -> None:
    """Close an account and end its sessions at once."""
    _set_disabled(name, is_disabled=True)


def enable(name: Name) -> None:
    """Open an account again."""
    _set_disabled(name, is_disabled=False)


def _set_disabled(name: str, *, is_disabled: bool) -> None:
    from drip.clock import now
    from drip.flows.staff import set_disabled

    with _opened() as app:
        person = set_disabled(app, name, is_disabled=is_disabled, now=now())
    note(f"{person.name!r} {'can no longer' if is_disabled else 'can'} sign in.")


def show_all(as_json: AsJson = False) -> None:
    """Who may sign in."""
    from drip.store import accounts

    with _opened() as app, app.store.read() as tx:
        everybody = accounts.everybody(tx)
    if as_json:
        print_json({"users": [_account_as_json(one) for one in everybody]})
    elif everybody:
        _print_accounts(everybody)
    else:
        out.print(NOBODY_YET)


def _account_as_json(one: "Listed") -> dict[str, Any]:
    return {
        "name": one.person.name,
        "full_name": one.person.full_name,
        "role": one.person.role.value,
        "sites": sorted(one.person.sites),
        "disabled": one.disabled_at is not None,
        "app": one.has_app,
    }


def _print_accounts(everybody: Sequence["Listed"]) -> None:
    shown = table("name", "full name", "role", "sites", "authenticator", "signs in")
    for one in everybody:
        person = one.person
        sites = ", ".join(sorted(person.sites)) or "all"
        has_app = "yes" if one.has_app else "not yet"
        shown.add_row(
            person.name, person.full_name, person.role.value, sites, has_app, "no" if one.disabled_at else "yes"
        )
    out.print(shown)


def _where(sites: frozenset[str]) -> str:
    return f"for {', '.join(sorted(sites))}" if sites else "for all sites"


def verify(as_json: AsJson = False) -> None:
    """Whether every line of the audit trail is as it was written. Keep the last line's hash somewhere else."""
    from drip.store import audit

    with _opened() as app, app.store.read() as tx:
        broken, last = audit.verify(tx), audit.head(tx)
    if as_json:
        print_json({"lines": last.number, "hash": last.hash, "broken": broken})
    elif broken is None:
        out.print(f"{counted(last.number, 'line')}, all as written. The last one's hash: {last.hash}")
    if broken is not None:
        raise Complaint(f"line {broken} of the audit trail is missing or is not as it was written", 1)
