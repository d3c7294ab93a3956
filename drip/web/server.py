"""uvicorn, set up so that it believes no proxy, logs no URL and names no server."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

CONNECTIONS = 200
"""At once; further ones are answered with 503."""
FINISHING_SECONDS = 15
"""How long requests in hand may take to finish when it stops."""

log = logging.getLogger("drip.web")


def listen(host: str, port: int) -> socket.socket:
    """A socket on that address; OSError when it is taken or not ours. Port 0 is any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=CONNECTIONS)


def make_server(web: ASGIApp) -> uvicorn.Server:
    """A server for it. It runs in a thread of its own and leaves signals alone; set `should_exit` to end it."""
    return uvicorn.Server(
        uvicorn.Config(
            web,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,  # patients' links hold tokens
            proxy_headers=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=FINISHING_SECONDS,
        )
    )


@contextmanager
def served(web: ASGIApp, listening: socket.socket, stop: threading.Event) -> Iterator[threading.Event]:
    """It answers while this lasts. Should it end by itself, the event says so and `stop` is set."""
    server, ended = make_server(web), threading.Event()

    def run() -> None:
        try:
            server.run(sockets=[listening])
        except Exception as problem:
            log.error("the web ended: %s", type(problem).__name__)
        finally:
            ended.set()
            stop.set()

    thread = threading.Thread(target=run, name="web")
    thread.start()
    try:
        yield ended
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
