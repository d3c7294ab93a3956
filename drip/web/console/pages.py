"""Pages from templates of our own. Every value is escaped; none is ever read as a template."""

import gzip
import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from starlette.responses import HTMLResponse, Response
from starlette.templating import Jinja2Templates

from drip.core.spoken import readable

HERE = Path(__file__).parent
STATIC = HERE / "static"

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
}

FOR_EVER = "public, max-age=31536000, immutable"
"""Its address holds its hash: another file has another address."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{nonce}; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

FRAMED = {
    "content-security-policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'"
    ),
    "x-frame-options": "SAMEORIGIN",
}
"""An email brings its own styles, and nothing else: no script, no form, nothing from elsewhere."""


def headers(nonce: str = "") -> dict[str, str]:
    """What a page may do. With no referrer at all, browsers would not say either that a form comes from us."""
    policy = _POLICY.format(nonce=f" 'nonce-{nonce}'" if nonce else "")
    return {"content-security-policy": policy, "referrer-policy": "same-origin"}


_TEMPLATES = Jinja2Templates(HERE / "html")


def shown(name: str, values: Mapping[str, object], status: int = 200, nonce: str = "") -> Response:
    """One page. `nonce`: who knows it may bring styles."""
    body = _TEMPLATES.get_template(f"{name}.html").render({"static": address, "nonce": nonce, **values})
    return HTMLResponse(body, status, headers=headers(nonce))


def framed(html: str) -> Response:
    """An email, for a frame."""
    return HTMLResponse(html, headers=FRAMED)


@cache
def address(name: str) -> str:
    """Where a file of ours is: with its hash, so that browsers may keep it."""
    return f"/console/static/{_digest(name)}/{name}"


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:16]


def static(digest: str, name: str, encodings: str = "") -> Response | None:
    """A file of ours, packed for whoever unpacks it; None if there is none of that name and hash."""
    if name not in {path.name for path in STATIC.iterdir()} or digest != _digest(name):
        return None
    told = {"content-type": TYPES[Path(name).suffix], "cache-control": FOR_EVER, "vary": "accept-encoding"}
    if "gzip" in encodings:
        return Response(_packed(name), headers=told | {"content-encoding": "gzip"})
    return Response((STATIC / name).read_bytes(), headers=told)


@cache
def _packed(name: str) -> bytes:
    return gzip.compress((STATIC / name).read_bytes(), mtime=0)


def download(name: str, body: bytes) -> Response:
    """A file that the browser keeps instead of showing it. Names are ours."""
    kept = {"content-type": TYPES[Path(name).suffix], "content-disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=kept)


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`Tuesday 3 February, 10:00`, on the clinic's clock."""
    local = at.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B}, {local:%H:%M}"


def moment_short(at: datetime, zone: ZoneInfo) -> str:
    """`Tue 3 Feb 10:00`, on the clinic's clock."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b} {local:%H:%M}"


_TEMPLATES.env.filters.update(unquoted=unquote, moment=moment_short, readable=readable)
