"""Signing in and out, and somebody's own account."""

import io
from collections.abc import Mapping

import segno
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from drip.core.password import what_is_wrong
from drip.core.role import Permission
from drip.flows.sign_in import Refusal, SignedIn, choose_password, set_up_app, sign_in, sign_out, who_is
from drip.store.passwords import address, new_secret
from drip.store.vault import CannotUnseal
from drip.web.console.door import APP, HOME, PASSWORD, SIGN_IN, Door
from drip.web.console.kept import unsealed
from drip.web.console.me import own_page
from drip.web.console.visit import Answer, Onward, Page, Visit

LONGEST_NAME = 200
_PLACE = "form.secret"

WORDS = {
    Refusal.WRONG: "The name, the password or the code is not right. A code counts once, and for half a minute.",
    Refusal.CLOSED: "There were too many wrong tries. Wait a few minutes, then try again.",
}


def add_to(door: Door) -> None:
    """These pages."""

    async def show(request: Request) -> Response:
        return door.sign_in_page({"to": _inside(request.query_params.get("to", ""))})

    async def take(request: Request) -> Response:
        form = await door.form(request)
        return await run_in_threadpool(_try, door, request, form)

    door.open("GET", SIGN_IN, show)
    door.open("POST", SIGN_IN, take)
    door.deed("/console/sign-out", Permission.SEE, _sign_out)
    door.page(PASSWORD, Permission.SEE, _password_page)
    door.deed(PASSWORD, Permission.SEE, _choose_password)
    door.page(APP, Permission.SEE, _app_page)
    door.deed(APP, Permission.SEE, _set_up_app)


def _try(door: Door, request: Request, form: Mapping[str, str]) -> Response:
    name, to = form.get("name", "")[:LONGEST_NAME], _inside(form.get("to", ""))
    outcome = sign_in(door.app, name, form.get("password", "")[:LONGEST_NAME], form.get("code", "")[:20], door.now())
    match outcome:
        case SignedIn():
            given_back = _given_back(door, request, outcome.token, form.get("kept", ""))
            return door.keep(given_back or RedirectResponse(to, 303), outcome.token)
        case Refusal():
            told = {"wrong": WORDS[outcome], "name": name, "to": to, "kept": form.get("kept", "")}
            return door.sign_in_page(told, 403)


def _given_back(door: Door, request: Request, token: str, told: str) -> Response | None:
    """What they had typed when they were signed out, to do it now or to leave it."""
    session = who_is(door.app, token, door.now()) if told else None
    kept = unsealed(door.app.store.vault, session.person.id, told) if session else None
    if session is None or kept is None:
        return None
    return door.shown(session, Page(name="kept", values={"kept": kept}), request)


def _inside(to: str) -> str:
    """Where to go afterwards: only to a page of the console, never to another site."""
    return to if to.startswith(f"{HOME}/") and "//" not in to and "\\" not in to else HOME


def _sign_out(visit: Visit) -> Answer:
    sign_out(visit.app, visit.session, visit.now)
    return Onward(to=SIGN_IN)


def _password_page(visit: Visit) -> Page:
    return Page(name="password", values={"must": visit.session.is_given, "wrong": ""})


def _choose_password(visit: Visit) -> Answer:
    old, new = visit.form.get("old", ""), visit.form.get("new", "")
    wrong = what_is_wrong(new, visit.person.name, *visit.person.full_name.split(), *visit.app.clinic.name.split())
    if not wrong and new != visit.form.get("again", ""):
        wrong = "The new password is not the same both times."
    if not wrong and new == old:
        wrong = "Choose one that you have not got already."
    if not wrong and choose_password(visit.app, visit.session, old, new, visit.now):
        return Onward(to=HOME, said="Your password is changed. Everywhere else you have been signed out.")
    said = wrong or "The password you have now is not right."
    return Page(name="password", values={"must": visit.session.is_given, "wrong": said}, status=422)


def _app_page(visit: Visit, secret: str = "", wrong: str = "") -> Page:
    if visit.session.has_secret:
        return own_page(visit)
    secret = secret or new_secret()
    sealed = visit.app.store.vault.seal(_PLACE, visit.person.id, secret.encode()).hex()
    values = {"secret": _in_fours(secret), "sealed": sealed, "picture": _picture(visit, secret), "wrong": wrong}
    return Page(name="authenticator", values=values, status=422 if wrong else 200)


def _set_up_app(visit: Visit) -> Answer:
    """The secret went to the page and comes back sealed: it is stored once a code shows that the app has it."""
    try:
        sealed = bytes.fromhex(visit.form.get("sealed", ""))
        secret = visit.app.store.vault.unseal(_PLACE, visit.person.id, sealed).decode()
    except (CannotUnseal, ValueError, IndexError):
        return _app_page(visit, wrong="This page was too old. Point your app at the new picture.")
    if visit.session.has_secret or not set_up_app(
        visit.app, visit.session, secret, visit.form.get("code", ""), visit.now
    ):
        return _app_page(visit, secret, "Type the six digits that your app shows now. Is the time on your phone right?")
    return Onward(to=HOME, said="Your app is set up. From now on it gives you the code to sign in with.")


def _in_fours(secret: str) -> str:
    return " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))


def _picture(visit: Visit, secret: str) -> Markup:
    drawn = io.BytesIO()
    code = segno.make(address(secret, visit.person.name, visit.app.clinic.name))
    # `omitsize`: drawn as large as the page makes it
    title = "The same as the letters below"
    code.save(drawn, kind="svg", xmldecl=False, svgns=True, border=3, omitsize=True, title=title)
    return Markup(drawn.getvalue().decode())  # noqa: S704 - drawn by segno: paths and our own title
