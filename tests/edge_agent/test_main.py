"""Signals that end a run of the program."""

import json
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from tests.edge_agent.agent_process import start_agent, wait_until_connected
from wire.health import Presence


@pytest.mark.broker
@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_endless_run_in_order(mosquitto, cloud, arguments, kind):
    process = start_agent("run", *arguments, "--broker", mosquitto.url, "--loop")
    wait_until_connected(process)
    process.send_signal(kind)
    output = process.communicate(timeout=60)[1]
    assert process.returncode == 0, output
    assert cloud.presences[-1] is Presence.STOPPED


def test_a_second_signal_ends_the_wait_for_acknowledgements(arguments, tmp_path):
    outbox = tmp_path / "outbox.sqlite3"
    nowhere = "mqtt://127.0.0.1:1"
    process = start_agent("run", *arguments, "--broker", nowhere, "--speed=max", "--drain=120")
    while not stored_reports(outbox):  # until the video has ended
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=30)[1]
    assert process.returncode == 0, output
    assert json.loads(output.splitlines()[-1])["unacknowledged"] == stored_reports(outbox) >= 1


def stored_reports(path):
    """The number of reports in an outbox that another process uses."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as database:
        try:
            return database.execute("SELECT count(*) FROM report").fetchone()[0]
        except sqlite3.OperationalError:  # no table yet
            return 0
