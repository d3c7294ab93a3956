"""Who may sign in, and as what."""

from collections.abc import Sequence

from drip.core.role import Permission, Role
from drip.flows import staff
from drip.flows.staff import Given, LastAdmin, NewAccount, NotKnown
from drip.store import accounts
from drip.store.accounts import NameTaken
from drip.web.console.door import Door, Handler
from drip.web.console.visit import Answer, Onward, Page, Visit

NO_SITES = "Say which patients they see: those of all sites, or of the sites that you tick."


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/people", Permission.RUN, _people)
    for path, deed in (("", _add), ("/{name}/reset", _reset), ("/{name}/role", _role), ("/{name}/access", _access)):
        door.deed(f"/console/people{path}", Permission.RUN, _by_whom_no_site_limits(deed))


def _by_whom_no_site_limits(deed: Handler) -> Handler:
    """Whoever sees some sites only would reach the others by an account of their own making."""
    wrong = "Only an admin who sees all sites changes who may sign in."
    return lambda visit: _people(visit, wrong=wrong) if visit.person.sites else deed(visit)


def _people(visit: Visit, given: Given | None = None, wrong: str = "") -> Page:
    with visit.app.store.read() as tx:
        everybody = accounts.everybody(tx)
    values = {"everybody": everybody, "roles": list(Role), "sites": visit.app.clinic.sites}
    return Page(name="people", values=values | {"given": given, "wrong": wrong}, status=422 if wrong else 200)


def _add(visit: Visit) -> Answer:
    sites = _sites(visit)
    if sites is None:
        return _people(visit, wrong=NO_SITES)
    try:
        new = NewAccount(
            name=visit.form.get("name", "")[:80],
            full_name=visit.form.get("full_name", "")[:120],
            role=Role(visit.form.get("role", "")),
            sites=sites,
        )
        if not new.name.strip():
            return _people(visit, wrong="Say what they sign in with.")
        return _people(visit, given=staff.add(visit.app, new, visit.now, by=visit.person.id))
    except NameTaken:
        return _people(visit, wrong="Somebody signs in with that name already. Choose another one.")
    except (NotKnown, ValueError) as problem:
        return _people(visit, wrong=str(problem))


def _sites(visit: Visit) -> Sequence[str] | None:
    """Those that were ticked; none of them for whoever sees all. None where neither was said, or both."""
    ticked = [site.id for site in visit.app.clinic.sites if visit.form.get(f"at:{site.id}")]
    return ticked if bool(visit.form.get("all")) != bool(ticked) else None


def _reset(visit: Visit) -> Answer:
    try:
        given = staff.give_password(visit.app, visit.path["name"], visit.now, by=visit.person.id)
    except NotKnown as problem:
        return _people(visit, wrong=str(problem))
    return _people(visit, given=given)


def _role(visit: Visit) -> Answer:
    sites = _sites(visit)
    if sites is None:
        return _people(visit, wrong=NO_SITES)
    try:
        role = Role(visit.form.get("role", ""))
        person = staff.set_role(visit.app, visit.path["name"], role, sites, visit.now, by=visit.person.id)
    except (NotKnown, LastAdmin, ValueError) as problem:
        return _people(visit, wrong=str(problem))
    return Onward(to="/console/people", said=f"{person.full_name} is {role.value} from the next click on.")


def _access(visit: Visit) -> Answer:
    is_disabled = visit.form.get("to") == "close"
    try:
        person = staff.set_disabled(
            visit.app, visit.path["name"], is_disabled=is_disabled, now=visit.now, by=visit.person.id
        )
    except (NotKnown, LastAdmin) as problem:
        return _people(visit, wrong=str(problem))
    return Onward(to="/console/people", said=f"{person.full_name} {'can no longer' if is_disabled else 'can'} sign in.")
