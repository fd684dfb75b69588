"""The pages in a real browser, on the API with seeded data: journeys of each role, and every page.

Every page of the router is visited: no violation of WCAG 2.2 AA in light or dark colours, no fault,
no request to another server, no horizontal scrolling at 320 or 3840 pixels. Each is visited again
with hostile names in every answer.
"""

from pathlib import Path

import pytest

from tests.cloud.portal.node_runs import list_journeys, run_browser
from tests.cloud.portal.portal_server import open_portal_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The failures of each journey and of each page: all run in one browser on one server."""
    folder: Path = tmp_path_factory.mktemp("portal")
    with open_portal_server(folder) as server:
        work = {"journeys": list_journeys(), "walk": True, "hostile": True}
        return {one.name: one.failures for one in run_browser(server, folder, work)}


@pytest.mark.parametrize("name", list_journeys())
def test_a_journey_ends_well(results: dict[str, list[str]], name: str):
    assert results[name] == [], "\n".join(results[name])


@pytest.mark.parametrize("kind", ["/", "hostile /"])
def test_every_page_can_be_used_and_shows_hostile_names_as_text(
    results: dict[str, list[str]], kind: str
):
    pages = {name: failures for name, failures in results.items() if name.startswith(kind)}
    assert len(pages) > 5
    report = [f"{name}: {one}" for name, failures in pages.items() for one in failures]
    assert report == [], "\n".join(report)
