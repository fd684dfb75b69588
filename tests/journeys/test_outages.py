"""Broker, stream and agent are each killed with -9 mid-run; every report counts exactly once."""

import json
import signal
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy.exc import OperationalError

from edge_agent.outbox import Outbox

SETTINGS = "interval_s = 1\n[link]\nresend_after_s = 1.0\n[privacy]\nsmallest_cell = 1\n"


@pytest.mark.broker
@pytest.mark.slow
def test_every_report_counts_once_through_three_crashes(
    small_scene, cloud, processes, eventually, mosquitto, tmp_path
):
    settings, outbox = tmp_path / "agent.toml", tmp_path / "outbox.db"
    settings.write_text(SETTINGS)

    def start_agent():
        return processes.start(
            "camera",
            [
                *("edge_agent", "run", "--source", str(small_scene.clip), "--speed", "2", "--loop"),
                *("--location", "KX-01", "--device", "kx-01-cam-1", "--broker", mosquitto.url),
                *("--outbox", str(outbox), "--config", str(settings)),
            ],
        )

    def count_stored():
        try:
            return cloud.rows("select count(*) from reports")[0][0]
        except OperationalError:  # the stream has not created the tables yet
            return 0

    def grows(read, by, what):
        before = read()
        eventually(lambda: read() >= before + by, what=what)

    def count_created():
        try:
            with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)) as database:
                query = "select coalesce(max(next_sequence), 1) from journal"
                [(following,)] = database.execute(query)
        except sqlite3.OperationalError:  # the agent has not created it yet
            return 0
        return following - 1

    stream, agent = cloud.start_stream(), start_agent()
    eventually(count_created, what="the first report", processes=processes)
    grows(count_stored, 3, "reports in the cloud")

    mosquitto.kill()
    grows(count_created, 4, "reports created without a broker")
    mosquitto.start()
    grows(count_stored, 6, "reports after the broker's return")

    processes.kill(stream)
    grows(count_created, 4, "reports created without a stream")
    stream = cloud.start_stream()
    grows(count_stored, 6, "reports after the stream's return")

    processes.kill(agent)
    agent = start_agent()
    grows(count_stored, 4, "reports after the agent's return")
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(timeout=30) == 0

    store = Outbox(outbox)
    last, depth = store.next_row - 1, store.depth
    store.close()
    assert depth == 0, "the agent still holds reports"
    bodies = [json.loads(body) for (body,) in cloud.rows("select body from reports")]
    numbers = sorted((body["journal"], body["sequence"]["first"]) for body in bodies)
    runs = cloud.rows(
        "select stream_id, through, received_ranges from report_streams order by stream_id"
    )
    assert numbers == [(name, n) for name, through, _ in runs for n in range(1, through + 1)]
    assert (len(runs), len(numbers)) == (2, last), "each run of the agent counts in its own stream"
    assert {ranges for _, _, ranges in runs} == {"[]"}
    for name in ("observed_ms", "person_ms", "looking_ms", "entries", "visits", "onlookers"):
        [(total,)] = cloud.rows(f"select sum({name}) from minute_tallies")
        assert total == sum(body[name] for body in bodies), name
        assert total > 0, name
    assert cloud.rows("select sum(reports) from minute_tallies") == [(last,)]
    assert cloud.rows("select count(*) from dead_letters") == [(0,)]
