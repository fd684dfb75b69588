"""One device misbehaves; fifty others lose no report, and no process restarts."""

from dataclasses import replace

import pytest

from tests.hostile_device.run import run
from tests.hostile_device.scale import Scale, unlimited

pytestmark = [pytest.mark.broker, pytest.mark.slow]
CI = Scale(honest=50, seconds=10, unparsable=4_000)


def assert_honest_devices_unaffected(outcome):
    assert outcome.honest_sent >= 50 * 4
    assert outcome.honest_acknowledged == outcome.honest_sent
    assert outcome.honest_counted == outcome.honest_sent  # none lost, none doubled
    assert outcome.honest_disconnections == 0
    assert (outcome.broker_restarts, outcome.stream_restarts) == (0, 0)
    assert outcome.hostile_counted == 0


def test_a_hostile_device_affects_no_other_and_is_stopped_at_the_broker(tmp_path):
    outcome = run(tmp_path, CI)
    assert_honest_devices_unaffected(outcome)
    assert outcome.freshness(0.99) < 5
    assert outcome.audit["publish.flood"] >= 1
    assert outcome.audit["connect.flood"] >= 1


def test_without_limits_at_the_broker_the_stream_quarantines_the_device(tmp_path):
    outcome = run(tmp_path, unlimited(replace(CI, unparsable=5_000)))
    assert_honest_devices_unaffected(outcome)
    assert outcome.quarantined == ["sim-00051-cam-1"]
