"""Journeys of each role in a real browser, on the API with seeded data."""

import pytest

from tests.cloud.portal.node_runs import list_journeys, run_on_new_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
BUYERS, OWNER = list_journeys("buyers"), list_journeys("owner")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The failures of each journey: all run in one browser on one server, in order of their names.

    Buyers come last: one of them advances the clock of the server.
    """
    return run_on_new_server(tmp_path_factory.mktemp("journeys"), {"journeys": [*OWNER, *BUYERS]})


@pytest.mark.parametrize("name", [*OWNER, *BUYERS])
def test_a_journey_ends_well(results: dict[str, list[str]], name: str):
    assert results[name] == [], "\n".join(results[name])


def test_every_journey_is_of_buyers_or_of_the_owner():
    assert sorted([*BUYERS, *OWNER]) == list_journeys("*")
