"""Readings of every kind of source; a source that fails is logged once and blocks nothing."""

import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import msgspec
import pytest

from edge_agent.sensors.sources import PolledSensor, SensorError, parse_readings, read_bh1750
from edge_agent.settings.services import SensorSource


def test_numbers_by_name_are_readings_in_thousandths():
    answer = {"lux": 120.5, "temperature_c": -3, "people": True, "note": "x", "Bad Name": 1,
              "nan": float("nan"), "huge": 1e30}  # fmt: skip
    assert parse_readings(answer) == [("lux", 120_500), ("temperature_c", -3_000)]
    with pytest.raises(SensorError, match="give numbers"):
        parse_readings({"note": "x"})


def test_one_number_beyond_every_float_hides_no_other_reading():
    answer = msgspec.json.decode(b'{"lux": 5, "count": 1' + b"0" * 400 + b"}")
    assert parse_readings(answer) == [("lux", 5_000)]


def test_a_source_gives_at_most_sixteen_readings():
    assert len(parse_readings({f"s{n}": n for n in range(40)})) == 16


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


def test_a_web_address_is_polled_repeatedly():
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
    polled = PolledSensor(SensorSource(kind="http", at=address, every_s=0.02))
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
    assert found[:2] == [("temperature_c", 21_250)] * 2


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
