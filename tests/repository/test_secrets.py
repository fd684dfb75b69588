"""No credential of an address reaches any output: log, check, status page, errors, diagnostic
bundle, process list. A table of shapes over the programs that take addresses.

`{at}` is a port of this machine at which nobody listens.
"""

import gzip
import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import msgspec
import pytest

from cloud.__main__ import main as cloud
from cloud.alerting.senders import Senders
from cloud.alerting.targets import TargetError, Webhook, parse_target
from cloud.app.redis_store import RedisStore
from cloud.fleet.__main__ import main as cloud_fleet
from cloud.ingest.sources.message_source import BatchLimits, SourceError
from cloud.ingest.sources.mqtt import MqttSource, parse_broker_url
from cloud.settings import _redis
from edge_agent.__main__ import main as edge
from edge_agent.agent import AgentStatus
from edge_agent.cameras_config import parse
from edge_agent.management.diagnostics import LogTail, build_report
from edge_agent.management.http_transfer import TransferError, download, upload
from edge_agent.recorder.segments import ClipError
from edge_agent.recorder.segments import upload_clip as send_clip
from edge_agent.settings.loading import SettingsError
from models.registry import FetchError, read_manifest
from models.registry import fetch_network as fetch_model
from simulators.servers.mosquitto import free_port
from tests.cloud.databases import new_database
from wire.health import CaptureState

SECRETS = ("s3cret", "hunter2", "t0ken", "mail.com", "c0ffee")

CAMERAS = (  # accepted
    "rtsp://admin:s3cret@{at}/stream",
    "rtsp://admin:s3cret@{at}/Streaming/Channels/101?transportmode=unicast",
    "rtsp://me@mail.com:s3cret@{at}/live",
    "rtsp://me:s3cret@hunter2@{at}/live",
    "rtsp://me:s3cret:hunter2@{at}/live",
    "rtsp://me:[s3cret]@{at}/live",
    "rtsp://me:s3cret%40%2F%23%3A@{at}/live",
    "rtsp://me:s3cret%@{at}/live",
    "rtsp://:s3cret@{at}/live",
    "rtsp://s3cret@{at}/live",
    "rtsp://{at}/user=admin&password=s3cret&channel=1&stream=0.sdp",
    "rtsp://{at}/user=admin_password=s3cret_channel=1",
    "rtsp://{at}/s3cret/hunter2/live",
    "rtsp://{at}/live?token=t0ken",
    "rtsp://{at}/live?auth_key=t0ken&usr=admin&pwd=s3cret",
    "http://admin:s3cret@{at}/mjpg/video.mjpg",
    "http://{at}/videostream.cgi?loginuse=admin&loginpas=s3cret",
    "http://{at}/snapshot?session=t0ken&sig=c0ffee",
    "https://{at}/hls/t0ken/index.m3u8",
)
MISREAD = (  # refused
    "rtsp://admin:s3/cret-hunter2@{at}/stream",
    "rtsp://admin:s3cret/hunter2@{at}/stream",
    "rtsp://admin:s3cret#hunter2@{at}/stream",
    "rtsp://admin:s3cret?hunter2@{at}/stream",
    "rtsp://me@mail.com:s3cret/hunter2@{at}/stream",
    "rtsp://admin:s3cret hunter2@{at}/stream",
    "rtsp://admin:s3cret\\hunter2@{at}/stream",
    "rtsp://admin:s3cret%40{at}/stream",
    "rtsp://admin:s3cret",
    "rtsp://[s3cret/hunter2",
    "rtsp://{at}/live#t0ken",
    "rtsp://{at}/live?token=t0ken@hunter2",
    "admin:s3cret@{at}/stream",
    "admin:s3cret%40@{at}/stream",
    "ftp://admin:s3cret@{at}/stream",
    "s3cret://{at}/stream",
)
BROKERS = ("mqtt://user:s3cret@{at}", "mqtts://me@mail.com:s3cret%23hunter2@{at}")
BROKERS_MISREAD = (
    "mqtt://user:s3cret#hunter2@{at}",
    "mqtt://user:s3cret/hunter2@{at}",
    "mqtt://user:s3cret",
    "mqtt://{at}/t0ken",
    "mqtt://{at}?password=s3cret",
    "ws://{at}/mqtt?X-Amz-Signature=c0ffee",
    "user:s3cret@{at}",
    "mqtt://user:[s3cret@{at}:hunter2",
)
DATABASES = (
    "postgresql://ads:s3cret@{at}/onlooker",
    "postgresql+psycopg://me%40mail.com:s3cret@{at}/onlooker?connect_timeout=2",
    "postgresql://{at}/onlooker?user=ads&password=s3cret&sslpassword=hunter2",
    "postgresql://ads:s3cret@{at}/onlooker?sslmode=hunter2",
    "postgresql://ads:s3cret/hunter2@{at}/onlooker",
    "postgresql://ads:s3cret#hunter2@{at}/onlooker",
    "postgresql://ads:[s3cret]@[hunter2/onlooker",
    "mysql://ads:s3cret@{at}/onlooker",
    "ads:s3cret@{at}/onlooker",
    "sqlite://ads:s3cret@/x.db",
)
REDIS = (
    "redis://:s3cret@{at}/0",
    "rediss://me%40mail.com:s3cret@{at}/0",
    "redis://{at}/0?password=s3cret",
    "unix:///none?password=s3cret",
)
REDIS_MISREAD = (
    "redis://:s3cret/hunter2@{at}/0",
    "redis://:s3cret#hunter2@{at}/0",
    "redis://{at}/s3cret",
    "redis://{at}/0?db=s3cret",
    "s3cret@{at}",
)
WEB = (
    "http://user:s3cret@{at}/T000/hunter2?sig=c0ffee",
    "https://{at}/services/s3cret/hunter2",
    "http://{at}/upload?X-Amz-Signature=c0ffee&X-Amz-Security-Token=t0ken",
    "https://user:s3cret/hunter2@{at}/x",
    "https://user:s3cret#hunter2@{at}/x",
    "https://{at}\\@hunter2/s3cret",
    "https://[s3cret/hunter2",
    "http://user:s3cret hunter2@{at}/x",
    "user:s3cret@{at}/x",
)
SHAPES = (*CAMERAS, *MISREAD, *BROKERS, *BROKERS_MISREAD, *DATABASES, *REDIS, *REDIS_MISREAD, *WEB)
PIECES = tuple(chain(SECRETS, ("s3/cret", "cret-h")))


def test_the_table_is_long_enough():
    assert len(set(SHAPES)) >= 45


@pytest.fixture(scope="module")
def at():
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def said(capfd, caplog):
    """Everything that was printed and logged so far, and that it holds no secret."""
    caplog.set_level(logging.DEBUG)

    def check(*more):
        out, err = capfd.readouterr()
        logged = "\n".join(str(vars(record)) for record in caplog.records)
        text = "\n".join((out, err, logged, *map(str, more)))
        for piece in PIECES:
            assert piece not in text
        return text

    return check


def quick(sources, folder, **more):
    """A settings file with one camera for each source."""
    lines = ["[capture]", "backoff_s = 0.2", "longest_backoff_s = 5.0", "open_timeout_s = 2.0"]
    lines += [f"{name} = {value}" for name, value in more.items()]
    for number, source in enumerate(sources, 1):
        device = f"kx-01-cam-{number}"
        lines += ["[[camera]]", f"source = {json.dumps(source)}", "location = 'KX-01'",
                  f"device = '{device}'", f"outbox = '{folder}/{device}.sqlite3'"]  # fmt: skip
    path = Path(folder, "agent.toml")
    path.write_text("\n".join(lines))
    return path


def test_check_tells_no_secret_of_a_camera(tmp_path, said, at):
    sources = [shape.format(at=at) for shape in (*CAMERAS, *MISREAD)]
    for some in (sources[:18], sources[18:]):
        config = quick(some, tmp_path, isolated="false")
        assert edge(["check", "--config", str(config), "--broker", f"mqtt://{at}"]) == 2
    text = said()
    assert text.count("delivers no frame") == len(CAMERAS)
    assert f"rtsp://{at} delivers no frame" in text
    assert "percent-encode" in text


@pytest.mark.parametrize("shape", MISREAD)
def test_a_run_that_is_refused_tells_no_secret(shape, tmp_path, said, at):
    config = quick([shape.format(at=at)], tmp_path)
    assert edge(["run", "--config", str(config), "--broker", f"mqtt://{at}"]) == 2
    assert "edge_agent: " in said()


def descendants(pid):
    """The process and all that it started, by number."""
    children = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found


def test_a_run_tells_no_secret_in_log_status_page_bundle_and_process_list(tmp_path, at, said):
    port = free_port()
    config = quick([shape.format(at=at) for shape in CAMERAS], tmp_path)
    text = f"[status]\nport = {port}\n[home_assistant]\nbroker = 'mqtt://u:s3cret@{at}'\n"
    text += f"[plays]\ntopic = 'x'\nbroker = 'mqtt://u:s3cret@{at}'\nurl = 'http://{at}/hunter2'\n"
    text += f"[[sensors.sources]]\nkind = 'http'\nat = 'http://u:s3cret@{at}/x?token=t0ken'\n"
    config.write_text(text + config.read_text())
    (tmp_path / "broker").write_text(f"mqtt://user:s3cret@{at}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "edge_agent", "run", "--config", str(config), "--drain", "0",
         "--broker", f"@{tmp_path}/broker", "--log-level", "debug"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    try:
        pages, lists = watched(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err[-2000:]
    assert pages.count("<article>") >= len(CAMERAS)
    assert "capture.interrupted" in err
    assert sum("from edge_agent.capture.workers.worker_process" in one for one in lists) >= 2, (
        "no worker was seen"
    )
    bundle = bundle_of(err, config, tmp_path)
    said(out, err, pages, *lists, bundle)


def watched(process, port):
    """The status page, metrics and the process list once every camera has failed."""
    deadline = time.monotonic() + 90
    pages, lists = "", []
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.5)
        for pid in descendants(process.pid):
            with suppress(OSError):
                lists.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "))
        with suppress(OSError):
            pages = "".join(asked(port, path) for path in ("/", "/metrics", "/healthz"))
        if pages.count("<article>") >= len(CAMERAS) and pages.count("connection") >= 1:
            break
    time.sleep(3)
    return pages + asked(port, "/"), lists


def asked(port, path):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("GET", path)
    text = line.getresponse().read().decode()
    line.close()
    return text


def bundle_of(log, config, folder):
    """The diagnostic bundle of a device with these log lines and settings."""
    tail = LogTail()
    tail.lines.extend(line for line in log.splitlines() if line.startswith("{"))
    settings, _ = parse(config.read_text())
    pulse = AgentStatus("digest", 0, 0, CaptureState.FAILED)
    content = build_report(
        device="kx-01-cam-1", at=datetime.now(UTC), settings=settings, pulse=pulse,
        folder=folder, tail=tail,
    )  # fmt: skip
    return gzip.decompress(content).decode()


def test_mounts_and_settings_in_an_error_show_no_source(at):
    for shape in CAMERAS:
        settings, mounts = parse(
            f"[[camera]]\nsource = {json.dumps(shape.format(at=at))}\n"
            "location = 'KX-01'\ndevice = 'cam'\n"
        )
        assert not any(piece in f"{settings!r}{mounts!r}" for piece in PIECES)


@pytest.mark.parametrize("shape", [*WEB, *BROKERS_MISREAD])
def test_settings_that_are_refused_tell_no_secret(shape, at, said):
    text = shape.format(at=at)
    for section in ("[plays]\nurl", "[plays]\nbroker", "[home_assistant]\nbroker"):
        try:
            parse(f"{section} = {json.dumps(text)}\n")
        except SettingsError as error:
            said(error)


@pytest.mark.parametrize("shape", [*BROKERS, *BROKERS_MISREAD])
def test_a_broker_tells_no_secret(shape, tmp_path, at, said):
    url = shape.format(at=at)
    words = ["--source", "/none.mp4", "--broker", url, "--outbox", f"{tmp_path}/o.sqlite3"]
    assert edge(["check", *words]) == 2
    database = f"sqlite:///{tmp_path}/x.db"
    if shape in BROKERS_MISREAD:
        assert cloud(["stream", "--broker", url, "--database", database]) == 2
        assert cloud_fleet(["serve", "--broker", url, "--database", database]) == 2
        with pytest.raises(SourceError) as caught:
            parse_broker_url(url)
        said(caught.value)
        return
    source = MqttSource(parse_broker_url(url))
    source.receive(BatchLimits(idle_s=0.1))
    source.close()
    assert "broker.unreachable" in said(parse_broker_url(url))


@pytest.mark.parametrize("shape", DATABASES)
def test_a_database_tells_no_secret(shape, at, said):
    assert cloud(["database", "check", "--database", shape.format(at=at)]) == 2
    said()


@pytest.mark.parametrize("shape", [*REDIS, *REDIS_MISREAD])
def test_redis_tells_no_secret(shape, tmp_path, at, said):
    url = shape.format(at=at)
    if shape in REDIS_MISREAD:
        words = ["serve", "--database", new_database(tmp_path), "--redis", url]
        assert cloud(words) == 2
    else:
        shared = RedisStore(_redis(url), of="test")
        shared.get("key")
        shared.close()
        assert "redis.lost" in said()
    said()


@pytest.mark.parametrize("shape", WEB)
def test_what_calls_a_web_service_tells_no_secret(shape, tmp_path, at, said):
    url = shape.format(at=at)
    (tmp_path / "clip").write_bytes(b"x")
    entry = next(iter(read_manifest().values()))
    attempts = (
        lambda: download(url, hosts=["127.0.0.1"], limit_bytes=9),
        lambda: download(url, hosts=[], limit_bytes=9),
        lambda: upload(url, b"x", hosts=["127.0.0.1"]),
        lambda: send_clip(tmp_path / "clip", url),
        lambda: fetch_model(msgspec.structs.replace(entry, url=url), tmp_path),
    )
    for attempt in attempts:
        with pytest.raises((TransferError, ClipError, FetchError)) as caught:
            attempt()
        said(caught.value)
    database = f"sqlite:///{tmp_path}/x.db"
    words = ["price", "KX-01", "2026-11-23T08:00", "--url", url, "--database", database]
    assert cloud(words) == 1
    edge(["check", "--source", "/none.mp4", "--cloud", url, "--outbox", f"{tmp_path}/o.sqlite3"])
    said()


@pytest.mark.parametrize("shape", WEB)
def test_a_webhook_tells_no_secret(shape, tmp_path, at, said):
    url = shape.format(at=at)
    recipients = tmp_path / "recipients.yaml"
    recipients.write_text(f"recipients:\n  - name: ops\n    to: {json.dumps(url)}\n")
    database = new_database(tmp_path)
    cloud(["alerts", "run", "--once", "--recipients", str(recipients), "--database", database])
    database = new_database(tmp_path)
    try:
        target = parse_target(url)
    except TargetError as error:
        said(error)
        return
    assert isinstance(target, Webhook)
    said(target, repr(target), Senders())


def test_a_key_in_the_query_of_a_websocket_is_not_logged(tmp_path):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "cloud", "serve", "--port", str(port),
         "--database", new_database(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        answers = [upgraded(port, path) for path in ("/api/live", "/api/live/KX-01", "/none")]
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert any(answer.startswith(b"HTTP/1.1") for answer in answers)
    for piece in PIECES:
        assert piece not in out + err


def upgraded(port, path):
    """What the server answers to a WebSocket's request with a key in its query."""
    request = (
        f"GET {path}?key=s3cret&token=t0ken HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    deadline = time.monotonic() + 60
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
                line.sendall(request.encode())
                return line.recv(4096)
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
