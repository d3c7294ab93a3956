"""Every page of the console, light and dark, on a phone and at a desk: usable by everybody, and without a complaint."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from drip.core.role import Role
from drip.flows.tally import tally
from drip.store import records
from drip.store.records import NewTask
from tests.browser.conftest import NOW, SIZES, Console
from tests.world import ADVICE, World, a_visit

pytestmark = pytest.mark.xdist_group("browser")

PAGES = (
    "/console",
    "/console/tasks",
    "/console/patients?q=p-1",
    "/console/sequences",
    "/console/outgoing?days=14",
    "/console/reports?from=2026-06-01&to=2026-06-30",
    "/console/reports?from=x",
    "/console/settings",
    "/console/test-send",
    "/console/people",
    "/console/audit",
    "/console/me",
)


def lived_in(world: World) -> str:
    """A patient with a plan and an urgent task; their id."""
    world.publish(ADVICE)
    world.tell(a_visit("2026-06-11 09:00"))
    world.tick("2026-06-11 12:00")
    tally(world.app, NOW)
    with world.store.write() as tx:
        (patient,) = {one.patient_id for one in world.messages()}
        task = NewTask(key="k", kind=records.RED_FLAG, detail="<script>alert(1)</script> calf is swollen")
        records.raise_tasks(tx, [task], NOW)
    return patient


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_for_everybody(
    console: Console, accessible: Callable[[Page], None], scheme: str, size: str
) -> None:
    console.add("sam", Role.ADMIN)
    patient = lived_in(console.world)
    width, height = SIZES[size]
    page = console.page()
    page.goto("/console/sign-in")
    accessible(page)
    page = console.signed_in("sam", color_scheme=scheme, viewport={"width": width, "height": height})
    for path in (*PAGES, f"/console/patients/{patient}", "/console/patients/nobody", "/console/me/password"):
        page.goto(path)
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
    page.goto("/console")
    page.get_by_label("Why").fill("The phones are down")
    page.get_by_role("button", name="Pause all sending").click()
    with console.world.store.write() as tx:
        late = (
            "UPDATE messages SET planned_for = '2026-06-10T08:00:00.000000Z', reason = 'paused' WHERE state = 'planned'"
        )
        tx.connection.exec_driver_sql(late)
    page.get_by_role("link", name="Resume sending").click()
    page.get_by_label("Leave 2 out").wait_for()
    accessible(page)
    missing = [one for one in console.complaints if "404" not in one and "422" not in one]
    assert missing == []
