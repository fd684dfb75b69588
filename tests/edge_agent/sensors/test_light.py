"""Illuminance is estimated from the picture every five seconds, with bounds."""

from datetime import UTC, datetime

import numpy as np
import pytest

from edge_agent.capture.frame import Frame
from edge_agent.sensors.light import PictureLightSensor

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def picture(level, at_s):
    return Frame(np.full((90, 160, 3), level, np.uint8), NOON, at_s, 0)


@pytest.mark.parametrize(
    ("level", "lux"),
    [
        pytest.param(117, 300, id="mid-grey is the calibrated value"),
        pytest.param(160, 598, id="brighter"),
        pytest.param(54, 54.6, id="darker"),
        pytest.param(2, None, id="noise: no estimate"),
        pytest.param(250, None, id="clipped: no estimate"),
    ],
)
def test_the_illuminance_of_a_picture_is_estimated_with_bounds(level, lux):
    light = PictureLightSensor(300)
    light.see(picture(level, 0.0), None)
    found = {name: value / 1000 for name, value in light.take_readings()}
    if lux is None:
        assert found == {}
        return
    assert found["image_lux"] == pytest.approx(lux, rel=0.02)
    assert found["image_lux_low"] == pytest.approx(found["image_lux"] / 3, rel=0.01)
    assert found["image_lux_high"] == pytest.approx(found["image_lux"] * 3, rel=0.01)


def test_a_picture_is_read_every_five_seconds():
    light = PictureLightSensor(300)
    for n in range(60):
        light.see(picture(117, n / 5), None)
    assert [name for name, _ in light.take_readings()].count("image_lux") == 3


def test_readings_are_taken_once():
    light = PictureLightSensor(300)
    assert light.take_readings() == []
    light.see(picture(117, 0.0), None)
    assert [name for name, _ in light.take_readings()] == [
        "image_lux", "image_lux_low", "image_lux_high",
    ]  # fmt: skip
    assert light.take_readings() == []


def test_a_picture_without_an_estimate_still_starts_the_five_seconds():
    light = PictureLightSensor(300)
    light.see(picture(2, 0.0), None)
    light.see(picture(117, 4.9), None)
    assert light.take_readings() == []
    light.see(picture(117, 5.0), None)
    assert len(light.take_readings()) == 3
