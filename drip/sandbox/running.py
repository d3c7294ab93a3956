"""Running it: for a command until it is stopped, or beside a test in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from time import sleep
from typing import Any, TypeVar

from drip import clock
from drip.sandbox.account import Account
from drip.sandbox.ledger import Ledger
from drip.sandbox.switchboard import Switchboard
from drip.sandbox.wire import converse

HOST = "127.0.0.1"
"""And no other: it holds what patients were sent, and asks nobody who they are."""

T = TypeVar("T")


async def serve(board: Switchboard, port: int, ready: Callable[[str], None], stop: asyncio.Event) -> None:
    """Answer until told to stop. OSError when the port is taken."""
    talking: set[asyncio.Task[Any]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker: this runs in a task
        talking.add(task)
        task.add_done_callback(talking.discard)
        await converse(reader, writer, board)

    server = await asyncio.start_server(connected, HOST, port, backlog=1024)
    try:
        ready(f"http://{HOST}:{server.sockets[0].getsockname()[1]}")
        await stop.wait()
    finally:
        server.close()
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        board.close()
        await asyncio.sleep(0)  # lets the transports say goodbye


class Sandbox:
    """A sandbox in a thread of its own."""

    def __init__(self, account: Account, script: Mapping[str, Any] | None = None) -> None:
        self.account = account
        self._board = Switchboard(account, script)
        self.ledger: Ledger = self._board.ledger
        self.url = ""
        """Where it listens, without a slash at the end."""

    @classmethod
    @contextmanager
    def running(
        cls, *, port: int = 0, account: Account | None = None, script: Mapping[str, Any] | None = None
    ) -> Iterator["Sandbox"]:
        """Up and listening inside the `with`. Port 0 is any free one."""
        sandbox = cls(account or Account(), script)
        ready: Future[str] = Future()
        thread = threading.Thread(target=sandbox._run, args=(port, ready), name="sandbox", daemon=True)
        thread.start()
        sandbox.url = ready.result(10)
        try:
            yield sandbox
        finally:
            sandbox._loop.call_soon_threadsafe(sandbox._stop.set)
            thread.join(10)

    def script(self, **changes: Any) -> None:
        """Change what goes wrong, from the next call on: what POST /sandbox/script takes."""
        self._there(lambda: self._board.plan_of_faults.change(changes))

    def reset(self) -> None:
        """Empty the ledger, and go by the first script again."""
        self._there(self._board.reset)

    def reply(self, sender: str, text: str, **more: str) -> str:
        """A patient writes back. A reference, or nothing when nobody listens."""
        return self._there(lambda: self._board.control.hear({"from": sender, "text": text, **more}))

    def settle(self, seconds: float = 10) -> None:
        """Wait until every callback that is on its way was answered. TimeoutError after so long."""
        until = clock.running() + seconds
        while not self._there(lambda: self._board.postman.is_idle):
            if clock.running() > until:
                raise TimeoutError("callbacks are still on their way")
            sleep(0.01)

    def _there(self, do: Callable[[], T]) -> T:
        """Do it on the sandbox's own thread."""
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(do())
            except BaseException as problem:
                done.set_exception(problem)

        self._loop.call_soon_threadsafe(run)
        return done.result(10)

    def _run(self, port: int, ready: "Future[str]") -> None:
        try:
            asyncio.run(self._serve(port, ready))
        except BaseException as problem:
            if ready.done():
                raise
            ready.set_exception(problem)

    async def _serve(self, port: int, ready: "Future[str]") -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await serve(self._board, port, ready.set_result, self._stop)
