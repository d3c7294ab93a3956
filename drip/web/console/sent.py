"""What a browser sends with a form: texts, and perhaps a file. All of it stays in memory, and none of it is large."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import HTTPException
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from drip.web.limits import read_body

LARGEST_FORM = 400_000
"""Bytes: a sequence and its words."""

LARGEST_WITH_FILE = 900_000
"""Bytes. Less than what would be put aside on the disk while it is read, where nothing of a patient may lie."""

MOST_FIELDS = 2_000

_FILES = "multipart/form-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A form as it came."""

    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def storable(told: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What was told by name, without the one character that no field of ours has and PostgreSQL keeps in none."""
    return {name.replace("\0", ""): value.replace("\0", "") for name, value in told}


async def read_form(request: Request, *, with_files: bool) -> Sent:
    """What was typed and chosen. 413 when it is too large, 422 when it is no form. Files only from who is signed in."""
    if with_files and request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FILES:
        return await _with_files(request, await read_body(request, LARGEST_WITH_FILE))
    body = await read_body(request, LARGEST_FORM)
    try:
        return Sent(texts=storable(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)))
    except ValueError:
        raise HTTPException(422, "this is no form") from None


async def _with_files(request: Request, body: bytes) -> Sent:
    async def whole() -> AsyncIterator[bytes]:
        yield body

    try:
        parser = MultiPartParser(
            request.headers,
            whole(),  # type: ignore[arg-type]
            max_files=1,
            max_fields=MOST_FIELDS,
            max_part_size=LARGEST_WITH_FILE,
        )
        told = await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise HTTPException(422, "this is no form") from None
    texts = storable((name, value) for name, value in told.items() if isinstance(value, str))
    files = {name: await value.read() for name, value in told.items() if isinstance(value, UploadFile)}
    await told.close()
    return Sent(texts=texts, files=files)
