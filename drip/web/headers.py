"""What every answer says to browsers; and what becomes of a mistake of ours."""

import logging
from collections.abc import Mapping

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}
"""For an answer that does not say otherwise."""

_AS_SENT = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

log = logging.getLogger("drip.web")


class Guard:
    """Around everything: the headers, and no word of an exception to anyone, in the answer or in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in _AS_SENT if one[0] not in said)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            return
        except Exception as problem:
            # By its kind only: its words, and the URL, may be a patient's.
            log.error("a request could not be answered: %s", type(problem).__name__)
            if not has_begun:
                await PlainTextResponse("something went wrong here\n", 500)(scope, receive, send_with_headers)
