"""A running edge agent shows no secret: log, status page, diagnostic bundle, process list."""

import gzip
import http.client
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from edge_agent.agent import AgentStatus
from edge_agent.cameras_config import parse
from edge_agent.management.diagnostics import LogTail, build_report
from simulators.servers.mosquitto import free_port
from tests.repository.address_secrets.camera_settings import write_config
from tests.repository.address_secrets.shapes import (
    CAMERAS,
)
from wire.health import CaptureState


def descendants(pid):
    """The process id and those of all its descendants."""
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


def test_a_run_shows_no_secret_in_log_status_page_bundle_and_process_list(
    tmp_path, at, check_output
):
    port = free_port()
    config = write_config([shape.format(at=at) for shape in CAMERAS], tmp_path)
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
        pages, lists = observe(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err[-2000:]
    assert pages.count("<article>") >= len(CAMERAS)
    assert "capture.interrupted" in err
    assert sum("from edge_agent.capture.workers.worker_process" in one for one in lists) >= 2, (
        "no worker process was found"
    )
    bundle = build_bundle(err, config, tmp_path)
    check_output(out, err, pages, *lists, bundle)


def observe(process, port):
    """The status page, metrics and the process list once every camera has failed."""
    deadline = time.monotonic() + 90
    pages, lists = "", []
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.5)
        for pid in descendants(process.pid):
            with suppress(OSError):
                lists.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "))
        with suppress(OSError):
            pages = "".join(fetch(port, path) for path in ("/", "/metrics", "/healthz"))
        if pages.count("<article>") >= len(CAMERAS) and pages.count("connection") >= 1:
            break
    time.sleep(3)
    return pages + fetch(port, "/"), lists


def fetch(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def build_bundle(log, config, folder):
    """The diagnostic bundle of a device with these log lines and settings."""
    tail = LogTail()
    tail.lines.extend(line for line in log.splitlines() if line.startswith("{"))
    settings, _ = parse(config.read_text())
    status = AgentStatus("digest", 0, 0, CaptureState.FAILED)
    content = build_report(
        device="kx-01-cam-1", at=datetime.now(UTC), settings=settings, status=status,
        folder=folder, tail=tail,
    )  # fmt: skip
    return gzip.decompress(content).decode()
