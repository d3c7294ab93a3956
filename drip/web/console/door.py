"""The console's door: who comes in, and to which page. Every route but signing in names the permission it needs.

A request that changes anything must come from a page of ours (its `Origin`) and carry its session's own key: another
site can make a browser send a form, but knows neither.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from drip.app import App
from drip.core.role import Permission
from drip.core.signing_in import LONGEST
from drip.flows.recover import RECENT
from drip.flows.sign_in import ended, who_is
from drip.flows.titles import titles
from drip.store import versions, waits
from drip.store.accounts import Session
from drip.web.console import pages
from drip.web.console.kept import Kept, sealed
from drip.web.console.sent import Sent, read_form, storable
from drip.web.console.visit import Answer, File, Framed, Onward, Page, Visit

Handler: TypeAlias = Callable[[Visit], Answer]

HOME = "/console"
SIGN_IN, PASSWORD, APP = "/console/sign-in", "/console/me/password", "/console/me/authenticator"
ELSEWHERE = "This form came from another site, or DRIP_PUBLIC_URL does not say under which address you come here."

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

FLASH = "said"
"""The cookie with the one sentence about what was just done. It is shown as text and holds nothing personal."""


class Door:
    """The console's routes, and what stands before each of them."""

    def __init__(self, app: App, now: Callable[[], datetime]) -> None:
        self.app, self.now = app, now
        self.routes = APIRouter()
        self.permissions: dict[tuple[str, str], Permission | None] = {}
        """By method and path: what somebody needs for it. None: nothing, not even to be signed in."""
        self._origin = _origin(app.public_url)

    def page(self, path: str, needs: Permission, handler: Handler) -> None:
        """A page to look at: nothing changes, however often a browser asks for it."""
        self._add("GET", path, needs, handler)

    def deed(self, path: str, needs: Permission, handler: Handler) -> None:
        """Something to do, by a form of ours."""
        self._add("POST", path, needs, handler)

    def _add(self, method: str, path: str, needs: Permission, handler: Handler) -> None:
        async def take(request: Request) -> Response:
            return await self._take(request, needs, handler)

        self.open(method, path, take)
        self.permissions[method, path] = needs

    def open(self, method: str, path: str, take: Callable[[Request], object]) -> None:
        """A route for everybody: only signing in, and the files that make pages look as they do."""
        self.routes.add_api_route(path, take, methods=[method], include_in_schema=False, response_model=None)
        self.permissions[method, path] = None

    async def _take(self, request: Request, needs: Permission, handler: Handler) -> Response:
        now = self.now()
        session = await run_in_threadpool(who_is, self.app, request.cookies.get(self.cookie, ""), now)
        if session is None:
            return _to_sign_in(request) if request.method == "GET" else await self._too_late(request)
        if (first := _first(session)) and request.url.path != first and request.url.path != "/console/sign-out":
            return RedirectResponse(first, 303)
        sent = await self._sent(request, with_files=True) if request.method == "POST" else Sent()
        if request.method == "POST" and sent.texts.get("key") != session.form_key:
            raise HTTPException(403, "this form is not of your session any more: go back, load the page again")
        if not session.person.may(needs):
            return self.shown(session, Page(name="refused", values={"needs": needs.value}, status=403), request)
        visit = self._visit(request, session, sent, now)
        return self._answered(session, await run_in_threadpool(handler, visit), request)

    async def _too_late(self, request: Request) -> Response:
        """A form of somebody who was signed out meanwhile: nothing of it is done, and they get it back."""
        sent = await self._sent(request, with_files=True)
        kept = Kept(path=request.url.path, texts={name: text for name, text in sent.texts.items() if name != "key"})
        whose = await run_in_threadpool(ended, self.app, request.cookies.get(self.cookie, ""), sent.texts.get("key"))
        values = {
            "late": True,
            "kept": sealed(self.app.store.vault, whose.person.id, kept) if whose and not sent.files else "",
            "to": _came_from(request),
        }
        return self.sign_in_page(values, 401)

    def sign_in_page(self, values: Mapping[str, object], status: int = 200) -> Response:
        """Where to sign in, with what is known of why."""
        around = {"clinic": self.app.clinic, "wrong": "", "name": "", "to": HOME, "here": SIGN_IN}
        return pages.shown("sign_in", around | dict(values), status)

    def _visit(self, request: Request, session: Session, sent: Sent, now: datetime) -> Visit:
        return Visit(
            app=self.app,
            session=session,
            now=now,
            path=storable((name, str(value)) for name, value in request.path_params.items()),
            query=storable(request.query_params.items()),
            form=sent.texts,
            files=sent.files,
        )

    async def form(self, request: Request) -> Mapping[str, str]:
        """What was typed, from a page of ours. 403 when it came from elsewhere."""
        return (await self._sent(request, with_files=False)).texts

    async def _sent(self, request: Request, *, with_files: bool) -> Sent:
        if not self._is_ours(request):
            raise HTTPException(403, ELSEWHERE)
        return await read_form(request, with_files=with_files)

    def _is_ours(self, request: Request) -> bool:
        """By `Origin`, which every browser sends with a form.

        While nobody set our address it must be this machine's own: any other could be the name of somebody else's site.
        """
        expected = self._origin or f"{request.url.scheme}://{request.headers.get('host', '')}"
        is_known = bool(self._origin) or request.url.hostname in LOOPBACK
        return is_known and request.headers.get("origin", "") == expected

    @property
    def is_secure(self) -> bool:
        """Whether people reach us by https only."""
        return self._origin.startswith("https:")

    @property
    def cookie(self) -> str:
        """What the browser calls it; with the prefix it takes it from nobody but us, and only over https."""
        return "__Host-drip" if self.is_secure else "drip"

    def keep(self, answer: Response, token: str) -> Response:
        """The browser keeps the session's token: no script reads it, and no other site's form sends it."""
        answer.set_cookie(
            self.cookie,
            token,
            max_age=int(LONGEST.total_seconds()),
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )
        return answer

    def _answered(self, session: Session, answer: Answer, request: Request) -> Response:
        match answer:
            case Page():
                return self.shown(session, answer, request)
            case Framed():
                return pages.framed(answer.html)
            case File():
                return pages.download(answer.name, answer.body)
            case Onward():
                onward = RedirectResponse(answer.to, 303)
                if answer.said:
                    onward.set_cookie(
                        FLASH, quote(answer.said), max_age=60, secure=self.is_secure, httponly=True, samesite="strict"
                    )
                return onward

    def shown(self, session: Session, page: Page, request: Request) -> Response:
        """A page, with what every page of somebody signed in has around it."""
        around = {
            "me": session.person,
            "may": {one.value for one in Permission if session.person.may(one)},
            "key": session.form_key,
            "clinic": self.app.clinic,
            "said": request.cookies.get(FLASH, ""),
            "here": request.url.path,
            "is_live": self.app.live,
            "reaches_people": self.app.reaches_people,
            "allowed": len(self.app.allow_list),
        } | self._standing(session)
        answer = pages.shown(page.name, around | dict(page.values), page.status, page.nonce)
        if request.cookies.get(FLASH):
            answer.delete_cookie(FLASH, secure=self.is_secure, httponly=True, samesite="strict")
        return answer

    def _standing(self, session: Session) -> dict[str, object]:
        """What stands on every page: what is paused, and how much waits for a person."""
        with self.app.store.read() as tx:
            waiting = waits.count(tx, session.person.sites, self.now() - RECENT)
            paused = versions.paused(tx)
            named = titles(self.app, tx) if any(scope.startswith("sequence:") for scope in paused) else {}
            return {"paused": paused, "paused_titles": named, "waits": waiting, "most_waits": waits.MOST}


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _came_from(request: Request) -> str:
    """The page of ours that a form stood on."""
    told = urlsplit(request.headers.get("referer", ""))
    is_ours = told.netloc == request.headers.get("host", "") and told.path.startswith(f"{HOME}/")
    return (f"{told.path}?{told.query}" if told.query else told.path) if is_ours else HOME


def _to_sign_in(request: Request) -> Response:
    return RedirectResponse(f"{SIGN_IN}?to={quote(request.url.path)}", 303)


def _first(session: Session) -> str | None:
    """What somebody must do before anything else."""
    if session.is_given:
        return PASSWORD
    return None if session.has_secret else APP
