"""One device does what it should not; the fifty others lose nothing, and no process restarts."""

from dataclasses import replace

import pytest

from tests.hostile import Scale, run, unlimited

pytestmark = [pytest.mark.broker, pytest.mark.slow]
CI = Scale(honest=50, seconds=10, unparsable=4_000)


def untouched(outcome):
    assert outcome.honest_sent >= 50 * 4
    assert outcome.honest_acknowledged == outcome.honest_sent
    assert outcome.honest_counted == outcome.honest_sent  # none lost, none doubled
    assert outcome.honest_disconnections == 0
    assert (outcome.broker_restarts, outcome.stream_restarts) == (0, 0)
    assert outcome.hostile_counted == 0


def test_a_hostile_device_harms_nobody_and_is_stopped_at_the_broker(tmp_path):
    outcome = run(tmp_path, CI)
    untouched(outcome)
    assert outcome.freshness(0.99) < 5
    assert outcome.audit["publish.flood"] >= 1
    assert outcome.audit["connect.flood"] >= 1


def test_what_the_broker_lets_through_is_quarantined_by_the_stream(tmp_path):
    outcome = run(tmp_path, unlimited(replace(CI, unparsable=5_000)))
    untouched(outcome)
    assert outcome.quarantined == ["sim-00051-cam-1"]
