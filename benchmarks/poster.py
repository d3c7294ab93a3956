"""`python -m benchmarks.poster PORT EVENTS EACH CONNECTIONS SECRET`: posts signed bookings, says how long answers took.

A process of its own. Requests are made and signed beforehand; each connection posts one call after the other.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter, process_time

from benchmarks.clinic import bookings
from benchmarks.measure import percentile
from drip.clock import now
from tests.signing import signed

DAY = "2026-06-18"
AGAIN_AFTER = 1.0


@dataclass(slots=True)
class Posted:
    """What came of it."""

    walls: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


def requests(events: int, each: int, secret: str) -> list[bytes]:
    """So many bookings each: one alone, or a list."""
    made, told = [], json.loads(bookings(0, events, DAY, "booked"))
    for start in range(0, events, each):
        some = told[start : start + each]
        body = json.dumps(some[0] if each == 1 else some).encode()
        head = (
            "POST /booking/generic HTTP/1.1\r\nHost: drip\r\nContent-Type: application/json\r\n"
            f"Drip-Signature: {signed(body, secret, now())}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


async def post_all(port: int, made: list[bytes], connections: int) -> Posted:
    """Over so many connections at once."""
    posted, left = Posted(), iter(made)
    await asyncio.gather(*(_post(port, left, posted) for _ in range(connections)))
    return posted


async def _post(port: int, left: Iterator[bytes], posted: Posted) -> None:
    reading, writing = await asyncio.open_connection("127.0.0.1", port)
    for request in left:
        while True:
            began = perf_counter()
            writing.write(request)
            head = await reading.readuntil(b"\r\n\r\n")
            await reading.readexactly(_length(head))
            posted.walls.append(perf_counter() - began)
            status = head[9:12].decode()
            posted.answers[status] += 1
            if status != "503":
                break
            await asyncio.sleep(AGAIN_AFTER)
    writing.close()


def _length(head: bytes) -> int:
    lower = head.lower()
    start = lower.index(b"content-length:") + len(b"content-length:")
    return int(lower[start : lower.index(b"\r\n", start)])


def main() -> None:
    """As a program."""
    port, events, each, connections, secret = sys.argv[1:]
    made = requests(int(events), int(each), secret)
    began, computed = perf_counter(), process_time()
    posted = asyncio.run(post_all(int(port), made, int(connections)))
    told = {
        "seconds": perf_counter() - began,
        "computed": process_time() - computed,
        "p50": percentile(posted.walls, 50),
        "p99": percentile(posted.walls, 99),
        "answers": dict(posted.answers),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
