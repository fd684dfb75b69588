"""Journeys of each role in a real browser, on the API with seeded data.

The journeys of `buyers/` run in one browser on one server, and so do those of `owner/`.
"""

import pytest

from tests.cloud.portal.node_runs import list_journeys, run_on_new_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
BUYERS, OWNER = list_journeys("buyers"), list_journeys("owner")
Failures = dict[str, list[str]]


@pytest.fixture(scope="module")
def buyers(tmp_path_factory: pytest.TempPathFactory) -> Failures:
    return run_on_new_server(tmp_path_factory.mktemp("buyers"), {"journeys": BUYERS})


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Failures:
    return run_on_new_server(tmp_path_factory.mktemp("owner"), {"journeys": OWNER})


@pytest.mark.parametrize("name", BUYERS)
def test_a_journey_of_buyers_ends_well(buyers: Failures, name: str):
    assert buyers[name] == [], "\n".join(buyers[name])


@pytest.mark.parametrize("name", OWNER)
def test_a_journey_of_the_media_owner_ends_well(owner: Failures, name: str):
    assert owner[name] == [], "\n".join(owner[name])


def test_every_journey_is_one_of_these():
    assert sorted([*BUYERS, *OWNER]) == list_journeys("*")
