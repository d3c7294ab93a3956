"""Patients' pages, from templates of our own. Every value is escaped; nothing on them runs or is fetched."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from starlette.responses import HTMLResponse, Response
from starlette.templating import Jinja2Templates

from drip.content.context import national
from drip.core.choice import CHOOSABLE
from drip.core.clinic import Clinic
from drip.core.model import Channel
from drip.flows.complain import LONGEST
from drip.web.patient_words import words_in

PAGES = Path(__file__).parent / "pages"

_TEMPLATES = Jinja2Templates(PAGES)

LANGUAGES: Final = {
    "en": "English", "cy": "Cymraeg", "ga": "Gaeilge", "gd": "Gàidhlig", "pl": "Polski", "ro": "Română",
    "pt": "Português", "es": "Español", "fr": "Français", "de": "Deutsch", "it": "Italiano", "uk": "Українська",
    "ar": "العربية", "bn": "বাংলা", "gu": "ગુજરાતી", "hi": "हिन्दी", "pa": "ਪੰਜਾਬੀ", "ur": "اردو", "zh": "中文",
}  # fmt: skip
"""What each language calls itself. Of another one its code is shown."""


def shown(
    clinic: Clinic,
    name: str,
    channel: Channel,
    values: Mapping[str, object] | None = None,
    language: str | None = None,
) -> Response:
    """One page, in this language if we have it."""
    words, help_ = words_in(language), clinic.site(None).emergency
    told = {
        "clinic": clinic.name,
        "longest": words.number(LONGEST),
        "number": help_.number,
        "department": help_.department,
        "line": help_.urgent_line,
    }
    around = {
        "clinic": clinic,
        "phone": national(clinic.phone, clinic.country) if clinic.phone else "",
        "words": words,
        "say": lambda name, **more: words.say(name, channel, **told, **more),
        "purposes": CHOOSABLE,
        "tongues": LANGUAGES,
        "style": style(),
        "longest": LONGEST,
        "help": help_,
    }
    body = _TEMPLATES.get_template(f"{name}.html").render({**around, **(values or {})})
    return HTMLResponse(body, headers={"content-security-policy": _policy()})


@cache
def style() -> str:
    """What every page looks like."""
    return (PAGES / "page.css").read_text(encoding="utf-8")


@cache
def _policy() -> str:
    """Nothing runs and nothing is fetched: only our own style, which is recognised by its hash."""
    told = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{told}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
