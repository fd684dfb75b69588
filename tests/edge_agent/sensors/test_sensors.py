"""Readings from every kind of source, and what a broken one costs: nothing."""

import os
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import numpy as np
import pytest

from edge_agent.capture.frame import Frame
from edge_agent.metering.meter import AudienceMeter
from edge_agent.perception.sightings import Visibility
from edge_agent.sensors.light import PictureLightSensor
from edge_agent.sensors.sources import PolledSensor, SensorError, parse_readings, read_bh1750
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import SettingsError, parse
from edge_agent.settings.services import SensorSource
from wire.audience import MAX_SENSORS, SensorSum

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_numbers_by_name_are_readings_in_thousandths():
    answer = {"lux": 120.5, "temperature_c": -3, "people": True, "note": "x", "Bad Name": 1,
              "nan": float("nan"), "huge": 1e30}  # fmt: skip
    assert parse_readings(answer) == [("lux", 120_500), ("temperature_c", -3_000)]
    with pytest.raises(SensorError, match="give numbers"):
        parse_readings({"note": "x"})


def test_a_sensor_file_that_is_updated(tmp_path, caplog):
    path = tmp_path / "lux.json"
    path.write_text('{"lux": 80}')
    polled = PolledSensor(SensorSource(kind="file", at=str(path), every_s=1))
    polled.poll()
    assert polled.take_readings() == [("lux", 80_000)]
    assert polled.take_readings() == []
    os.utime(path, (time.time() - 60, time.time() - 60))
    for _ in range(3):
        polled.poll()
    assert polled.take_readings() == []
    (record,) = caplog.records
    assert "check the program that writes it" in record.reason


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff\xd8\xff", b"9" * 20_000, b'{"a": "b"}'])
def test_a_file_without_a_reading_is_logged_once(tmp_path, caplog, content):
    path = tmp_path / "lux.json"
    path.write_bytes(content)
    polled = PolledSensor(SensorSource(kind="file", at=str(path)))
    polled.poll()
    polled.poll()
    assert polled.take_readings() == []
    assert [record.message for record in caplog.records] == ["sensor.failed"]
    path.write_text('{"lux": 1}')
    polled.poll()
    assert polled.take_readings() == [("lux", 1_000)]


def test_a_web_address_is_asked_again_and_again():
    class Station(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"temperature_c": 21.25}')

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Station)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    polled = PolledSensor(SensorSource(kind="http", at=address, every_s=1))
    polled.start()
    found = []
    deadline = time.monotonic() + 20
    while len(found) < 2 and time.monotonic() < deadline:
        found += polled.take_readings()
        time.sleep(0.02)
    polled.stop()
    server.shutdown()
    server.server_close()
    thread.join()
    assert found == [("temperature_c", 21_250)] * 2


def test_a_light_sensor_on_i2c(monkeypatch):
    asked = []

    class Bus:
        def __init__(self, number):
            asked.append(number)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def read_i2c_block_data(self, address, register, length):
            asked.append((address, register, length))
            return [0x83, 0x90]  # the datasheet's example: 28067 lx

    monkeypatch.setitem(sys.modules, "smbus2", SimpleNamespace(SMBus=Bus))
    answer = read_bh1750(SensorSource(kind="bh1750", at="1:0x5c"))
    assert round(answer["lux"]) == 28_067
    assert asked == [1, (0x5C, 0x10, 2)]


def test_a_missing_driver_is_logged(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "smbus2", None)
    polled = PolledSensor(SensorSource(kind="bh1750", at="1"))
    polled.poll()
    assert caplog.records[0].message == "sensor.failed"


@pytest.mark.parametrize(
    "source", ['kind = "http"\nat = "file:///etc/passwd"', 'kind = "bh1750"\nat = "bus one"']
)
def test_an_invalid_sensor_source_is_rejected(source):
    with pytest.raises(SettingsError, match=r"begin it with|give bus"):
        parse(f"[[sensors.sources]]\n{source}\n")


def picture(level, at_s):
    return Frame(np.full((90, 160, 3), level, np.uint8), NOON, at_s, 0)


@pytest.mark.parametrize(
    ("level", "lux"),
    [
        pytest.param(117, 300, id="mid-grey is what the meter said"),
        pytest.param(160, 598, id="brighter"),
        pytest.param(54, 54.6, id="darker"),
        pytest.param(2, None, id="noise says nothing"),
        pytest.param(250, None, id="clipped says nothing"),
    ],
)
def test_light_from_the_picture_says_how_rough_it_is(level, lux):
    light = PictureLightSensor(300)
    light.see(picture(level, 0.0), None)
    found = {name: value / 1000 for name, value in light.take_readings()}
    if lux is None:
        assert found == {}
        return
    assert found["image_lux"] == pytest.approx(lux, rel=0.02)
    assert found["image_lux_low"] == pytest.approx(found["image_lux"] / 3, rel=0.01)
    assert found["image_lux_high"] == pytest.approx(found["image_lux"] * 3, rel=0.01)


def test_the_gate_opens_every_five_seconds():
    light = PictureLightSensor(300)
    for n in range(60):
        light.see(picture(117, n / 5), None)
    assert [name for name, _ in light.take_readings()].count("image_lux") == 3


def test_readings_become_sums_of_the_interval_in_which_they_came():
    meter = AudienceMeter(Settings())
    for second in range(70):
        moment = NOON.replace(minute=second // 60, second=second % 60)
        meter.observe(moment, float(second), Visibility(observed=True))
        if second in (5, 10, 40):
            meter.read("lux", 1000 * second)
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
        meter.read(f"s{n}", 1)
        meter.read("s0", 1)
    meter.observe(NOON.replace(second=1), 1.0, Visibility(observed=True))
    (tally,) = meter.close()
    assert len(tally.sensors) == MAX_SENSORS
    assert tally.sensors["s0"].samples == 51
