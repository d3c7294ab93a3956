"""Callbacks: posted from threads of their own, so that a slow receiver slows nobody; every answer is written down."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import urllib3

from drip import clock
from drip.sandbox.ledger import Ledger, Told

MOST_WAITING = 100_000
SECONDS = 15.0
"""How long Twilio waits for an answer."""
THREADS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One POST to whoever listens. `tells`: what it says of which entries of the ledger."""

    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    tells: Sequence[tuple[int, str]] = ()
    forged: bool = False


def is_on_this_machine(url: str) -> bool:
    """Whether a URL leads to this machine. Nothing that the sandbox was given leaves it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https"):
            return False
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Postman:
    """Delivers calls in the background."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sandbox-callback")
        self._pool = urllib3.PoolManager(
            maxsize=THREADS, retries=False, timeout=urllib3.Timeout(connect=3, read=SECONDS), cert_reqs="CERT_NONE"
        )
        self._rounds: set[asyncio.Task[None]] = set()

    @property
    def is_idle(self) -> bool:
        """Whether every callback was made."""
        return not self._rounds

    def start(self, make: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """Begin a round of calls; False when too many wait already."""
        if len(self._rounds) >= MOST_WAITING:
            return False
        task = asyncio.get_running_loop().create_task(make())
        self._rounds.add(task)
        task.add_done_callback(self._rounds.discard)
        return True

    async def post(self, call: Call) -> str:
        """Make one call and write down what was answered: a status, or why there was none."""
        if is_on_this_machine(call.url):
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._post, call)
        else:
            answer = "not called: only this machine is"
        at = clock.now()
        for number, says in call.tells:
            with contextlib.suppress(OSError):
                self.ledger.tell(number, Told(says=says, at=at, answer=answer, forged=call.forged))
        return answer

    def _post(self, call: Call) -> str:
        try:
            answer = self._pool.request("POST", call.url, body=call.body, headers=call.headers, redirect=False)
            return str(answer.status)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as problem:
            return type(problem).__name__

    def forget(self) -> None:
        """Give up what has not been called yet."""
        for task in self._rounds:
            task.cancel()

    def close(self) -> None:
        """Give up, and let go of the threads and connections."""
        self.forget()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.clear()
