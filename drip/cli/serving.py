"""For running the web: serve, up."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from drip.cli.show import Complaint

if TYPE_CHECKING:
    import socket

    from drip.app import App

TAKE_UP_SECONDS = 20

Host = Annotated[str, typer.Option(help="the address to listen on; leave it to the proxy to face the outside")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="the port to listen on; 0 is any free one")]


def add_to(app: typer.Typer) -> None:
    """These commands."""
    for command in (serve, up):
        app.command()(command)


def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """The web: what providers call, and patients' pages. Stops gracefully on Ctrl-C and SIGTERM."""
    from drip.cli.logs import set_up_logs
    from drip.cli.opening import opened
    from drip.settings import read_settings
    from drip.worker import stop_on_signals

    set_up_logs(read_settings().log)
    stop = threading.Event()
    with opened(worker="web") as app:
        stop_on_signals(stop)  # before anybody can know that it is up
        with _web(app, (host, port), stop) as ended:
            _take_up_now_and_then(app, stop)
            _complain_if(ended)


def up(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Worker and web in one process, for one clinic on one machine. Stops gracefully on Ctrl-C and SIGTERM."""
    from drip.cli.running import opened_to_work
    from drip.worker import run

    with opened_to_work() as (app, stop), _web(app, (host, port), stop) as ended:
        run(app, stop)
        _complain_if(ended)


@contextmanager
def _web(app: "App", address: tuple[str, int], stop: threading.Event) -> Iterator[threading.Event]:
    """The web answers while this lasts; the event tells that it ended by itself."""
    from drip.cli.show import note
    from drip.web.app import make_app
    from drip.web.server import served

    listening = _listening(app, address)
    gc.freeze()  # what is built by now stays: looking through it for garbage was a fifth of what a call cost
    host, port = listening.getsockname()[:2]
    with served(make_app(app), listening, stop) as ended:
        note(f"Listening on {f'[{host}]' if ':' in host else host}, port {port}.")
        if not app.public_url:
            note("DRIP_PUBLIC_URL is not set: no provider's callback can be believed, and messages hold no links.")
        yield ended


def _listening(app: "App", address: tuple[str, int]) -> "socket.socket":
    """A socket, once it is certain that what comes in can be kept."""
    from drip.flows.news_spool import CannotKeep, check_folder
    from drip.web.server import listen

    try:
        check_folder(app)
        return listen(*address)
    except CannotKeep as problem:
        raise Complaint(str(problem), 2) from None
    except (OSError, UnicodeError) as problem:
        told = getattr(problem, "strerror", None) or "there is no such address"
        raise Complaint(f"cannot listen on {address[0]}, port {address[1]}: {told}", 2) from None


def _take_up_now_and_then(app: "App", stop: threading.Event) -> None:
    """What was put aside on this machine: the worker may be on another."""
    import logging

    from drip import clock
    from drip.flows.news_spool import take_up_news
    from drip.worker import wait_for

    while not wait_for(stop, TAKE_UP_SECONDS):
        try:
            take_up_news(app, clock.now())
        except Exception as problem:
            logging.getLogger("drip.web").error("cannot take up what was put aside: %s", type(problem).__name__)


def _complain_if(ended: threading.Event) -> None:
    if ended.is_set():
        raise Complaint("the web ended by itself; the lines above say more", 3)
