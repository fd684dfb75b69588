"""Every page of the router in a real browser, on the API with seeded data.

It has no violation of WCAG 2.2 AA in light or dark colours, no fault, no request to another server,
no horizontal scrolling at 320 or 3840 pixels. Each is visited again with hostile names in every
answer.
"""

import pytest

from tests.cloud.portal.node_runs import list_routes, run_on_new_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


Failures = dict[str, list[str]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Failures:
    """The failures of each visit, all in one browser on one server."""
    return run_on_new_server(tmp_path_factory.mktemp("pages"), {"walk": True, "hostile": True})


def test_every_page_can_be_used(results: Failures):
    pages = [route["path"] for route in list_routes()]
    assert describe_failures(results, pages) == []


def test_every_page_of_a_user_shows_hostile_names_as_text(results: Failures):
    pages = [f"hostile {route['path']}" for route in list_routes() if route["roles"] != "public"]
    assert describe_failures(results, pages) == []


def describe_failures(results: Failures, names: list[str]) -> list[str]:
    assert len(names) > 5
    return [f"{name}: {one}" for name in names for one in results[name]]
