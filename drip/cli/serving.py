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
            complain_if(ended)


def up(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Worker and web in one process, for one clinic on one machine. Stops gracefully on Ctrl-C and SIGTERM."""
    from drip.cli.running import opened_to_work
    from drip.worker import run

    with opened_to_work() as (app, stop), _web(app, (host, port), stop) as ended:
        run(app, stop)
        complain_if(ended)


@contextmanager
def _web(app: "App", address: tuple[str, int], stop: threading.Event) -> Iterator[threading.Event]:
    """The web answers while this lasts, and it is said where; the event tells that it ended by itself."""
    from drip.cli.show import note

    _refuse_what_could_be_lost(app)
    with listening_on(*address) as listening:
        host, port = listening.getsockname()[:2]
        with answering(app, listening, stop) as ended:
            note(f"Listening on {_in_an_address(host)}, port {port}.")
            note(f"The console: {console_at(app.public_url, host, port)}")
            _say_what_is_missing(app)
            yield ended


@contextmanager
def answering(app: "App", listening: "socket.socket", stop: threading.Event) -> Iterator[threading.Event]:
    """The web answers on this socket while this lasts; the event tells that it ended by itself."""
    from drip.web.app import make_app
    from drip.web.server import served

    gc.freeze()  # what is built by now stays: looking through it for garbage was a fifth of what a call cost
    with served(make_app(app), listening, stop) as ended:
        yield ended


def console_at(public_url: str, host: str, port: int) -> str:
    """Where staff sign in: forms from anywhere but the public address are refused once there is one."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what somebody chose to listen on
    return f"{public_url or f'http://{_in_an_address(here)}:{port}'}/console"


def _in_an_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _say_what_is_missing(app: "App") -> None:
    from drip.cli.show import note
    from drip.cli.staff import NOBODY_YET
    from drip.store import accounts

    if not app.public_url:
        note("DRIP_PUBLIC_URL is not set: no provider's callback can be believed, and messages hold no links.")
    with app.store.read() as tx:
        if all(one.disabled_at for one in accounts.everybody(tx)):
            note(NOBODY_YET)


def _refuse_what_could_be_lost(app: "App") -> None:
    """What comes in while the database is away must have somewhere to be kept."""
    from drip.flows.news_spool import CannotKeep, check_folder

    try:
        check_folder(app)
    except CannotKeep as problem:
        raise Complaint(str(problem), 2) from None


def listening_on(host: str, port: int) -> "socket.socket":
    """A socket there."""
    from drip.web.server import listen

    try:
        return listen(host, port)
    except (OSError, UnicodeError) as problem:
        told = getattr(problem, "strerror", None) or "there is no such address"
        raise Complaint(f"cannot listen on {host}, port {port}: {told}", 2) from None


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


def complain_if(ended: threading.Event) -> None:
    """The web must not end before it is told to."""
    if ended.is_set():
        raise Complaint("the web ended by itself; the lines above say more", 3)
