"""The front door as a user meets it: processes, exit codes, one line for each thing."""

import http.client
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.__main__ import main
from simulators.servers.mosquitto import free_port
from wire.ack import Ack
from wire.envelope import AudienceEvent, ack_event, decode_events, encode_event
from wire.health import Presence, PresenceStatus
from wire.topics import Channel, parse_topic


@pytest.fixture
def cloud(mosquitto):
    """Believes every report, and keeps it."""

    class Cloud:
        def __init__(self):
            self.reports = []
            self.presences = []
            ready = threading.Event()
            self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
            self.client.on_connect = lambda client, *_: client.subscribe("onlooker/#", qos=1)
            self.client.on_subscribe = lambda *_: ready.set()
            self.client.on_message = self.hear
            self.client.connect(mosquitto.host, mosquitto.port)
            self.client.loop_start()
            assert ready.wait(10)

        def hear(self, client, _userdata, message):
            address, channel = parse_topic(message.topic)
            if channel is Channel.STATUS:
                self.presences.append(
                    msgspec.json.decode(message.payload, type=PresenceStatus).presence
                )
            if channel is not Channel.AUDIENCE:
                return
            for event in decode_events(message.payload):
                assert isinstance(event, AudienceEvent)
                self.reports.append(event.data)
                last = event.data.sequence.last
                ack = Ack(
                    device=address.device, journal=event.data.journal, through=last, at=event.time
                )
                client.publish(
                    address.topic(Channel.ACK), encode_event(ack_event(ack, address)), qos=1
                )

    one = Cloud()
    yield one
    one.client.disconnect()
    one.client.loop_stop()


@pytest.fixture
def arguments(film, street, tmp_path):
    path = film(street(n / 10) for n in range(50))
    return [
        "--source", str(path), "--location", "KX-01", "--device", "kx-01-cam-1",
        "--outbox", str(tmp_path / "outbox.sqlite3"),
    ]  # fmt: skip


@pytest.fixture
def two(film, street, tmp_path):
    """Settings that name two cameras."""
    lines = ["[motion]", "heartbeat_s = 2"]
    for number, frames in ((1, 50), (2, 30)):
        clip = film((street(n / 10) for n in range(frames)), name=f"{number}.mp4")
        outbox = tmp_path / f"{number}.sqlite3"
        lines += [
            "[[camera]]", f"source = '{clip}'", "location = 'KX-01'",
            f"device = 'kx-01-cam-{number}'", f"outbox = '{outbox}'",
        ]  # fmt: skip
    path = tmp_path / "two.toml"
    path.write_text("\n".join(lines))
    return path


def agent(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "edge_agent", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.broker
def test_a_film_run_to_its_end_leaves_the_cloud_with_every_report(mosquitto, cloud, arguments):
    process = agent("run", *arguments, "--broker", mosquitto.url, "--speed", "max")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    lines = [json.loads(line) for line in said.splitlines()]
    totals = next(line for line in lines if line["event"] == "agent.totals")
    assert (totals["captured"], totals["unacknowledged"]) == (50, 0)
    assert sum(report.frames.captured for report in cloud.reports) == 50
    assert cloud.presences == [Presence.ONLINE, Presence.STOPPED]


def test_a_film_that_is_damaged_is_measured_and_the_status_tells(arguments):
    clip = Path(arguments[1])
    content = bytearray(clip.read_bytes())
    begins, length = len(content) // 3, len(content) // 4
    content[begins : begins + length] = b"\xff" * length
    clip.write_bytes(content)
    process = agent("run", *arguments, "--broker", "mqtt://127.0.0.1:1", "--speed=max", "--drain=0")
    _, said = process.communicate(timeout=60)
    lines = [json.loads(line) for line in said.splitlines()]
    totals = next(line for line in lines if line["event"] == "agent.totals")
    assert totals["damaged"] > 0
    assert process.returncode == 1, said


@pytest.mark.broker
def test_two_cameras_of_one_process_report_under_their_own_names(mosquitto, cloud, two):
    process = agent("run", "--config", str(two), "--broker", mosquitto.url, "--speed", "max")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    lines = [json.loads(line) for line in said.splitlines()]
    totals = {line["device"]: line for line in lines if line["event"] == "agent.totals"}
    assert {device: one["captured"] for device, one in totals.items()} == {
        "kx-01-cam-1": 50,
        "kx-01-cam-2": 30,
    }
    assert all(one["unacknowledged"] == 0 for one in totals.values())
    assert {report.device for report in cloud.reports} == totals.keys()
    assert {line["thread"] for line in lines if line["event"] == "agent.stopped"} == totals.keys()


@pytest.mark.broker
@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_endless_run_in_order(mosquitto, cloud, arguments, kind):
    process = agent("run", *arguments, "--broker", mosquitto.url, "--loop")
    for line in process.stderr:
        if json.loads(line)["event"] == "link.connected":
            break
    process.send_signal(kind)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 0, said
    assert cloud.presences[-1] is Presence.STOPPED


def test_a_second_signal_ends_the_wait_for_acknowledgements(arguments, tmp_path):
    outbox = tmp_path / "outbox.sqlite3"
    nowhere = "mqtt://127.0.0.1:1"
    process = agent("run", *arguments, "--broker", nowhere, "--speed=max", "--drain=120")
    while not waiting_in(outbox):  # the film has ended
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 0, said
    assert json.loads(said.splitlines()[-1])["unacknowledged"] == waiting_in(outbox) >= 1


def waiting_in(path):
    """Reports in an outbox that another process uses."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as database:
        try:
            return database.execute("SELECT count(*) FROM report").fetchone()[0]
        except sqlite3.OperationalError:  # no table yet
            return 0


def test_nobody_on_the_other_side_is_no_reason_to_fail(arguments):
    process = agent(
        "run", *arguments, "--broker", "mqtt://127.0.0.1:1", "--speed", "max", "--drain", "0"
    )
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 0
    assert json.loads(said.splitlines()[-1])["unacknowledged"] >= 1


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (["--source", "/no/such.mp4"], "no file /no/such.mp4"),
        (["--source", "ftp://u:s3cret@h/x"], "begin it with rtsp://"),
        (["--location", "a/b"], "is not a name"),
        (["--device", "#"], "is not a name"),
        (["--broker", "http://h"], "begin it with mqtt:// or mqtts://"),
        (["--config", "/no/such.toml"], "cannot be read"),
        (["--outbox", "/proc/outbox"], "give --outbox a path"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(arguments, changed, complaint, capsys):
    assert main(["run", *arguments, "--broker", "mqtt://127.0.0.1:1", *changed]) == 2
    said = capsys.readouterr().err.splitlines()
    assert complaint in said[-1]
    assert said[-1].startswith("edge_agent: ")
    assert "s3cret" not in " ".join(said)


def test_cameras_of_the_file_and_of_the_command_line_do_not_mix(two, arguments, capsys):
    assert main(["run", *arguments, "--config", str(two), "--broker", "mqtt://h"]) == 2
    assert "omit --source and --location and --device" in capsys.readouterr().err
    assert main(["run", "--broker", "mqtt://h"]) == 2
    assert "--config a file with [[camera]] tables" in capsys.readouterr().err


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan"])
def test_a_speed_that_is_none_is_refused(arguments, speed):
    with pytest.raises(SystemExit) as end:
        main(["run", *arguments, "--broker", "mqtt://h", "--speed", speed])
    assert end.value.code == 2


@pytest.fixture
def ntp(monkeypatch):
    """The machine that runs the tests may have no NTP."""
    monkeypatch.setattr("edge_agent.commands.check.is_synchronized", lambda: True)


@pytest.mark.broker
@pytest.mark.usefixtures("ntp")
def test_check_says_of_each_thing_that_it_is_in_order(mosquitto, arguments, capsys):
    assert main(["check", *arguments, "--broker", mosquitto.url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        [name, "ok"]
        for name in (
            "settings", "camera", "models", "outbox", "disk", "broker", "certificate", "authority",
            "clock",
        )
    ]  # fmt: skip


def test_check_goes_through_every_camera(two, capsys):
    assert main(["check", "--config", str(two), "--broker", "mqtt://127.0.0.1:1"]) == 2
    said = capsys.readouterr().out
    assert "camera kx-01-cam-2      ok    320 x 180" in said
    assert "broker kx-01-cam-1      FAIL" in said


def test_check_tells_all_that_is_wrong_not_only_the_first(arguments, capsys):
    broken = ["--source", "/no/such.mp4", "--broker", "mqtt://u:s3cret@127.0.0.1:1"]
    assert main(["check", *arguments, *broken]) == 2
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines() if "FAIL" in line] == ["camera", "broker"]
    assert "s3cret" not in said


@pytest.mark.broker
@pytest.mark.usefixtures("ntp")
def test_check_answers_in_json_and_its_status_is_the_worst_level(mosquitto, arguments, capsys):
    wanted = ["--broker", mosquitto.url, "--json", "--cloud", "http://u:s3cret@127.0.0.1:9"]
    assert main(["check", *arguments, *wanted]) == 1
    said = capsys.readouterr().out
    answer = json.loads(said)
    assert answer["level"] == "warn"
    (cloud,) = (one for one in answer["checks"] if one["check"] == "cloud")
    assert (cloud["device"], cloud["level"]) == (None, "warn")
    assert cloud["found"].startswith("http://127.0.0.1:9 cannot be reached")
    assert "s3cret" not in said


@pytest.mark.broker
@pytest.mark.usefixtures("ntp")
def test_check_does_not_take_over_the_session_of_a_running_agent(
    mosquitto, cloud, arguments, capsys
):
    process = agent("run", *arguments, "--broker", mosquitto.url, "--loop")
    for line in process.stderr:
        if json.loads(line)["event"] == "link.connected":
            break
    assert main(["check", *arguments, "--broker", mosquitto.url]) == 0
    said = capsys.readouterr().out
    assert "not tried: the agent of kx-01-cam-1 is running" in said
    process.send_signal(signal.SIGTERM)
    events = [json.loads(line)["event"] for line in process.communicate(timeout=60)[1].splitlines()]
    assert "link.lost" not in events


def test_check_writes_nothing(arguments, tmp_path, capsys):
    before = sorted(path.name for path in tmp_path.rglob("*"))
    assert main(["check", *arguments, "--broker", "mqtt://127.0.0.1:1"]) == 2
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_source_and_broker_come_from_files_and_from_the_environment(
    arguments, tmp_path, capsys, monkeypatch
):
    (tmp_path / "source").write_text(arguments[1] + "\n")
    (tmp_path / "broker").write_text("mqtt://u:s3cret@127.0.0.1:1\n")
    rest = arguments[2:]
    given = ["--source", f"@{tmp_path}/source", "--broker", f"@{tmp_path}/broker"]
    main(["check", *given, *rest])
    typed = capsys.readouterr()
    monkeypatch.setenv("ONLOOKER_SOURCE", arguments[1])
    monkeypatch.setenv("ONLOOKER_BROKER_URL", f"@{tmp_path}/broker")
    main(["check", *rest])
    environment = capsys.readouterr()
    for said in (typed, environment):
        assert "camera      ok    320 x 180" in said.out
        assert "mqtt://127.0.0.1:1: the host rejects" in said.out
        assert "credentials.visible" not in said.err
        assert "s3cret" not in said.out + said.err


def test_credentials_on_the_command_line_are_warned_of(arguments, capsys):
    main(["check", *arguments, "--broker", "mqtt://u:s3cret@127.0.0.1:1"])
    said = capsys.readouterr().err
    assert "credentials.visible" in said
    assert "s3cret" not in said


@pytest.mark.broker
def test_what_the_page_the_player_and_the_recorder_do_together(
    mosquitto, cloud, arguments, tmp_path
):
    port = free_port()
    settings = tmp_path / "agent.toml"
    settings.write_text(
        f"interval_s = 1\n[link]\nheartbeat_s = 1\n[status]\nport = {port}\npreview = true\n"
        f'[plays]\nhttp = true\n[recorder]\non = true\nfolder = "{tmp_path}/video"\n'
    )
    process = agent(
        "run", *arguments, "--broker", mosquitto.url, "--loop", "--config", str(settings)
    )

    def ask(path, body=None):
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"Content-Type": "application/json"} if body else {}
        line.request("POST" if body else "GET", path, body, headers)
        answer = line.getresponse().read()
        line.close()
        return answer

    for line in process.stderr:
        if json.loads(line)["event"] == "link.connected":
            break
    assert json.loads(ask("/plays", b'{"creative": "tea-15s"}')) == {"creative": "tea-15s"}
    until(lambda: any("tea-15s" in (one.creatives or {}) for one in cloud.reports))
    until(lambda: b'onlooker_broker_connected{device="kx-01-cam-1",location="KX-01"} 1' in
          ask("/metrics"))  # fmt: skip
    assert b"kx-01-cam-1" in ask("/")
    until(lambda: ask("/preview/kx-01-cam-1.jpg").startswith(b"\xff\xd8"))
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 0, said
    totals = next(json.loads(one) for one in said.splitlines() if "agent.totals" in one)
    split = sum(sum(c.observed_ms for c in one.creatives.values()) for one in cloud.reports)
    assert split == sum(one.observed_ms for one in cloud.reports) == totals["observed_ms"]
    (index,) = (tmp_path / "video").rglob("index.m3u8")
    assert "#EXT-X-ENDLIST" in index.read_text()


def until(holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_run_with_a_missing_certificate_ends_at_once_and_names_the_file(tmp_path, capsys):
    missing = tmp_path / "ca.pem"
    source = tmp_path / "clip.mp4"
    source.write_bytes(b"")
    words = ["run", "--source", str(source), "--location", "KX-01", "--device", "kx-01-cam-1"]
    broker = ["--broker", "mqtts://localhost:1", "--ca", str(missing)]

    assert main([*words, *broker, "--outbox", str(tmp_path / "cam.db")]) == 2

    said = capsys.readouterr().err
    assert f"--ca: there is no file {missing}" in said
    assert "Traceback" not in said
