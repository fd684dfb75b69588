"""The run command as a process: exit status, totals, and what reaches the cloud."""

import http.client
import json
import signal
import time
from pathlib import Path

import pytest

from edge_agent.commands.run import create_signer
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.transport import ReceiptSettings
from edge_agent.transport.broker import parse_broker_url
from simulators.servers.mosquitto import free_port
from tests.edge_agent.agent_process import start_agent, wait_until_connected
from wire.health import Presence


@pytest.mark.broker
def test_a_run_to_the_end_of_a_video_delivers_every_report(mosquitto, cloud, arguments):
    process = start_agent("run", *arguments, "--broker", mosquitto.url, "--speed", "max")
    _, output = process.communicate(timeout=60)
    assert process.returncode == 0, output
    lines = [json.loads(line) for line in output.splitlines()]
    totals = next(line for line in lines if line["event"] == "agent.totals")
    assert (totals["captured"], totals["unacknowledged"]) == (50, 0)
    assert sum(report.frames.captured for report in cloud.reports) == 50
    assert cloud.presences == [Presence.ONLINE, Presence.STOPPED]


def test_a_damaged_video_is_measured_and_the_exit_status_is_1(arguments):
    clip = Path(arguments[1])
    content = bytearray(clip.read_bytes())
    start, length = len(content) // 3, len(content) // 4
    content[start : start + length] = b"\xff" * length
    clip.write_bytes(content)
    process = start_agent(
        "run", *arguments, "--broker", "mqtt://127.0.0.1:1", "--speed=max", "--drain=0"
    )
    _, output = process.communicate(timeout=60)
    lines = [json.loads(line) for line in output.splitlines()]
    totals = next(line for line in lines if line["event"] == "agent.totals")
    assert totals["damaged"] > 0
    assert process.returncode == 1, output


@pytest.mark.broker
def test_two_cameras_of_one_process_report_under_their_own_names(mosquitto, cloud, two_cameras):
    process = start_agent(
        "run", "--config", str(two_cameras), "--broker", mosquitto.url, "--speed", "max"
    )
    _, output = process.communicate(timeout=60)
    assert process.returncode == 0, output
    lines = [json.loads(line) for line in output.splitlines()]
    totals = {line["device"]: line for line in lines if line["event"] == "agent.totals"}
    assert {device: one["captured"] for device, one in totals.items()} == {
        "kx-01-cam-1": 50,
        "kx-01-cam-2": 30,
    }
    assert all(one["unacknowledged"] == 0 for one in totals.values())
    assert {report.device for report in cloud.reports} == totals.keys()
    assert {line["thread"] for line in lines if line["event"] == "agent.stopped"} == totals.keys()


def test_a_run_without_a_broker_succeeds_and_keeps_its_reports(arguments):
    process = start_agent(
        "run", *arguments, "--broker", "mqtt://127.0.0.1:1", "--speed", "max", "--drain", "0"
    )
    output = process.communicate(timeout=60)[1]
    assert process.returncode == 0
    assert json.loads(output.splitlines()[-1])["unacknowledged"] >= 1


def until(holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.broker
def test_the_status_page_the_player_and_the_recorder_work_together(
    mosquitto, cloud, arguments, tmp_path
):
    port = free_port()
    settings = tmp_path / "agent.toml"
    settings.write_text(
        f"interval_s = 1\n[link]\nheartbeat_s = 1\n[status]\nport = {port}\npreview = true\n"
        f'[plays]\nhttp = true\n[recorder]\non = true\nfolder = "{tmp_path}/video"\n'
    )
    process = start_agent(
        "run", *arguments, "--broker", mosquitto.url, "--loop", "--config", str(settings)
    )

    def request(path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request("POST" if body else "GET", path, body, headers)
        answer = connection.getresponse().read()
        connection.close()
        return answer

    wait_until_connected(process)
    assert json.loads(request("/plays", b'{"creative": "tea-15s"}')) == {"creative": "tea-15s"}
    until(lambda: any("tea-15s" in (one.creatives or {}) for one in cloud.reports))
    until(lambda: b'onlooker_broker_connected{device="kx-01-cam-1",location="KX-01"} 1' in
          request("/metrics"))  # fmt: skip
    assert b"kx-01-cam-1" in request("/")
    until(lambda: request("/preview/kx-01-cam-1.jpg").startswith(b"\xff\xd8"))
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=60)[1]
    assert process.returncode == 0, output
    totals = next(json.loads(one) for one in output.splitlines() if "agent.totals" in one)
    split = sum(sum(c.observed_ms for c in one.creatives.values()) for one in cloud.reports)
    assert split == sum(one.observed_ms for one in cloud.reports) == totals["observed_ms"]
    (index,) = (tmp_path / "video").rglob("index.m3u8")
    assert "#EXT-X-ENDLIST" in index.read_text()


def test_receipts_are_signed_with_the_certificate_of_the_device(tmp_path):
    certificate, key = tmp_path / "device.crt", tmp_path / "device.key"
    with_certificate = parse_broker_url("mqtts://broker", certificate=certificate, key=key)
    off = Settings(receipts=ReceiptSettings(on=False))
    assert create_signer(with_certificate, Settings()) is not None
    assert create_signer(with_certificate, off) is None
    assert create_signer(parse_broker_url("mqtt://broker"), Settings()) is None
