"""`drip demo --console`: an invented clinic's console on this machine, for whoever wants to see it as staff do."""

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from drip.cli.show import Complaint, out, progress

if TYPE_CHECKING:
    from drip.app import App
    from drip.demo.console import Account

HERE = "127.0.0.1"

TELLS_FOR = timedelta(minutes=10)
"""How long a code is written each half minute where no terminal takes the one before away."""


def show_console(folder: Path, port: int) -> None:
    """Make the clinic, say how to sign in, and run web and worker until told to stop."""
    from drip.cli.logs import set_up_logs
    from drip.cli.serving import answering, complain_if, listening_on
    from drip.settings import read_settings
    from drip.worker import run, stop_on_signals

    set_up_logs(read_settings().log)
    logging.getLogger().setLevel(logging.WARNING)  # the code's line stays the last one
    stop = threading.Event()
    # The port first: another demo that is running keeps its database.
    with listening_on(HERE, port) as listening, _made(folder) as (app, account):
        stop_on_signals(stop)
        with answering(app, listening, stop) as ended:
            _say_how(account, listening.getsockname()[1])
            telling = threading.Thread(target=_tell_codes, args=(account, stop), daemon=True)
            telling.start()
            run(app, stop)
            telling.join()
            complain_if(ended)


@contextmanager
def _made(folder: Path) -> Iterator[tuple["App", "Account"]]:
    """The clinic of the current folder, else the one that comes along, with the sample bookings."""
    from drip import clock
    from drip.cli.shipped import samples, shipped
    from drip.demo import NotOurFolder
    from drip.demo.console import began, demo_to_sign_in_to
    from drip.flows.publish import CannotPublish
    from drip.settings import read_settings

    own, now = read_settings().home, clock.now()
    home = own if (own / "clinic.yaml").is_file() else shipped("clinic.yaml").parent
    with ExitStack() as lasting:
        try:
            with progress("days", (now - began(now)).days) as show:
                made = lasting.enter_context(demo_to_sign_in_to(home, samples(), folder, now, show))
        except (NotOurFolder, CannotPublish) as problem:
            raise Complaint(str(problem), 2) from None
        yield made


def _say_how(account: "Account", port: int) -> None:
    """On stdout, and in no log."""
    from drip.cli.serving import console_at

    out.print("An invented clinic: nobody in it is real, and nobody is reached.")
    out.print("Each code counts once. Ctrl-C ends it, and its data cannot be read after that.\n", style="dim")
    for what, told in (
        ("Open", console_at("", HERE, port)),
        ("Name", account.name),
        ("Password", account.password),
    ):
        out.print(f"{what:<10}{told}", soft_wrap=True)


def _tell_codes(account: "Account", stop: threading.Event) -> None:
    """The code of this half minute, and each one after it: on a terminal all on the same line."""
    from drip import clock
    from drip.store.passwords import HALF_MINUTE

    until = clock.running() + TELLS_FOR.total_seconds()
    while not stop.is_set() and (out.is_terminal or clock.running() < until):
        now = clock.now()
        out.print(f"{'Code':<10}{account.code(now)}", end="\r" if out.is_terminal else "\n")
        stop.wait(HALF_MINUTE - now.timestamp() % HALF_MINUTE)
    if out.is_terminal:
        out.print()  # what is written next does not overwrite it
