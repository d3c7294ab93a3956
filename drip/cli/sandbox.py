"""For trying it out: the stand-in for the message providers."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from drip.cli.show import Complaint, note, out


def add_to(app: typer.Typer) -> None:
    """This command."""
    app.command()(sandbox)


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="on 127.0.0.1; 0 is any free one")] = 4010,
    latency: Annotated[float, typer.Option(min=0, max=600, metavar="S", help="seconds before every answer")] = 0.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=SHARE", help="a share of calls that goes wrong, such as accept_then_reset=0.1"),
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="what was accepted, as JSON lines; holds what patients were sent"),
    ] = None,
    events_url: Annotated[str, typer.Option(metavar="URL", help="where SendGrid's events go")] = "",
    inbound_url: Annotated[str, typer.Option(metavar="URL", help="where texts from patients go")] = "",
    email_inbound_url: Annotated[str, typer.Option(metavar="URL", help="where emails from patients go")] = "",
    auth_token: Annotated[
        str, typer.Option(metavar="T", help="the same token makes the same keys again; a new one by default")
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="take only the credentials that are printed")] = False,
) -> None:
    """A local stand-in for Twilio and SendGrid, with a ledger and a page to read what was sent. Reaches nobody."""
    from drip.sandbox import Account, Switchboard
    from drip.sandbox.script import NotAScript

    _check_urls({"--events-url": events_url, "--inbound-url": inbound_url, "--email-inbound-url": email_inbound_url})
    given = {"auth_token": auth_token} if auth_token else {}
    account = Account(
        **given, checks_credentials=strict, ledger_file=ledger, events_url=events_url, inbound_url=inbound_url,
        email_inbound_url=email_inbound_url,
    )  # fmt: skip
    try:
        board = Switchboard(account, {"latency": latency, **_faults(fault or [])})
    except NotAScript as problem:
        raise Complaint(f"--fault: {problem}", 2) from None
    asyncio.run(_until_stopped(board, port))


async def _until_stopped(board: Any, port: int) -> None:
    import signal

    from drip.sandbox import serve

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)

    def ready(url: str) -> None:
        for line in board.account.env_lines(url):
            out.print(line, soft_wrap=True)
        out.file.flush()
        note(f"These lines go into .env. What was sent can be read at {url}/sandbox/  (Ctrl-C stops)")

    try:
        await serve(board, port, ready, stop)
    except OSError as problem:
        why = f"port {port} of 127.0.0.1 is not free ({problem.strerror}): choose another with --port"
        raise Complaint(why, 3) from None
    finally:
        board.close()


def _faults(written: list[str]) -> dict[str, Any]:
    """`NAME=SHARE` for both providers, `twilio:NAME=SHARE` for one."""
    shares: dict[str, dict[str, float]] = {"twilio": {}, "sendgrid": {}}
    for one in written:
        name, _, share = one.rpartition("=")
        provider, colon, rest = name.partition(":")
        if not name or (colon and provider not in shares):
            raise Complaint(f"--fault {one!r}: write it as NAME=SHARE or twilio:NAME=SHARE, such as 503=0.1", 2)
        try:
            number = float(share)
        except ValueError:
            raise Complaint(f"--fault {one!r}: the share is a number from 0 to 1", 2) from None
        for to in (provider,) if colon else shares:
            shares[to][rest if colon else name] = number
    return {provider: {"faults": faults} for provider, faults in shares.items() if faults}


def _check_urls(urls: dict[str, str]) -> None:
    from drip.sandbox.callbacks import is_on_this_machine

    for option, url in urls.items():
        if url and not is_on_this_machine(url):
            raise Complaint(f"{option}: the sandbox calls this machine only, such as http://127.0.0.1:8000/...", 2)
