"""Readings of sensors become sums of the interval in which they arrive."""

from datetime import UTC, datetime

from edge_agent.metering.meter import AudienceMeter
from edge_agent.perception.sightings import Visibility
from edge_agent.settings.camera_settings import Settings
from wire.audience import MAX_SENSORS, SensorSum

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_readings_become_sums_of_the_interval_in_which_they_arrive():
    meter = AudienceMeter(Settings())
    for second in range(70):
        moment = NOON.replace(minute=second // 60, second=second % 60)
        meter.observe(moment, float(second), Visibility(observed=True))
        if second in (5, 10, 40):
            meter.add_reading("lux", 1000 * second)
    tallies = meter.close()
    assert [tally.sensors for tally in tallies] == [
        {"lux": SensorSum(samples=2, total_milli=15_000, least_milli=5_000, most_milli=10_000)},
        {"lux": SensorSum(samples=1, total_milli=40_000, least_milli=40_000, most_milli=40_000)},
        {},
    ]


def test_more_sensors_than_a_report_carries_are_left_out():
    meter = AudienceMeter(Settings())
    meter.observe(NOON, 0.0, Visibility(observed=True))
    for n in range(50):
        meter.add_reading(f"s{n}", 1)
        meter.add_reading("s0", 1)
    meter.observe(NOON.replace(second=1), 1.0, Visibility(observed=True))
    (tally,) = meter.close()
    assert len(tally.sensors) == MAX_SENSORS
    assert tally.sensors["s0"].samples == 51
