"""Every page of the router in a real browser, on the API with seeded data.

It has no violation of WCAG 2.2 AA in light or dark colours, no fault, no request to another server,
no horizontal scrolling at 320 or 3840 pixels. Each is visited again with hostile names in every
answer.
"""

from pathlib import Path

import pytest

from tests.cloud.portal.node_runs import list_routes, run_on_new_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_every_page_can_be_used(tmp_path: Path):
    found = run_on_new_server(tmp_path, {"walk": True})
    assert set(found) == {route["path"] for route in list_routes()}
    assert describe_failures(found) == []


def test_every_page_of_a_user_shows_hostile_names_as_text(tmp_path: Path):
    found = run_on_new_server(tmp_path, {"hostile": True})
    users = [route["path"] for route in list_routes() if route["roles"] != "public"]
    assert set(found) == {f"hostile {path}" for path in users}
    assert describe_failures(found) == []


def describe_failures(found: dict[str, list[str]]) -> list[str]:
    return [f"{name}: {one}" for name, failures in found.items() for one in failures]
