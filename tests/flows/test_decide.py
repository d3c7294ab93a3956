"""Two people decide about one held message, or evidence comes first: what was decided first stands."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from sqlalchemy import select

from drip.core.handover import Unknown
from drip.core.lifecycle import State
from drip.flows.decide import By, Decision, decide
from drip.flows.receive import apply_receipts
from drip.store import patients, settling
from drip.store.database import Tx
from drip.store.schema import attempts
from tests.world import ADVICE, Sink, World, a_visit, at

NOW = at("2026-06-11 10:00")
ANN, BEN = By(name="Ann", who="ann"), By(name="Ben", who="ben")


def held(make: Callable[..., World]) -> World:
    """Amina's “hello” was handed over at nine, and nobody can tell whether it went."""
    clinic = make(sink=Sink(answer=lambda _: Unknown("gone")))
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 06:00"))
    for time in ("09:00", "09:15", "09:40"):
        clinic.tick(f"2026-06-11 {time}")
    assert clinic.states()["hello"] == "held unresolved"
    return clinic


def hello(clinic: World) -> str:
    return next(one.id for one in clinic.messages() if one.step == "hello")


def outcome(clinic: World) -> str:
    """What came of its one attempt."""
    with clinic.store.read() as tx:
        return str(tx.connection.execute(select(attempts.c.outcome)).scalar_one())


def just_before(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, do: Callable[[], object]) -> None:
    """Something happens once, just before this function is called."""
    real, left = getattr(module, name), [do]

    def called(tx: Tx, *given: Iterable[Any], **more: Any) -> Any:
        while left:
            left.pop()()
        return real(tx, *given, **more)

    monkeypatch.setattr(module, name, called)


@pytest.mark.parametrize("first", Decision)
def test_of_two_who_decide_at_once_the_second_changes_nothing(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch, first: Decision
) -> None:
    clinic = held(a_postgres_clinic)
    (second,) = set(Decision) - {first}
    just_before(monkeypatch, patients, "lock", lambda: decide(clinic.app, hello(clinic), first, ANN, NOW))
    assert not decide(clinic.app, hello(clinic), second, BEN, NOW)
    assert outcome(clinic) == first.value


def test_a_receipt_that_comes_while_somebody_decides_stands_with_its_attempt(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = held(a_postgres_clinic)
    attempt, before = clinic.sink.letters[-1].attempt_id, outcome(clinic)

    def arrived() -> None:
        clinic.receipt(State.DELIVERED, "2026-06-11 10:00", attempt_id=attempt)
        apply_receipts(clinic.app, NOW)

    just_before(monkeypatch, settling, "settle", arrived)
    assert not decide(clinic.app, hello(clinic), Decision.AGAIN, BEN, NOW)
    assert (clinic.states()["hello"], outcome(clinic)) == ("delivered", before)
