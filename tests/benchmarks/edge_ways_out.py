"""What it costs to store, check and send a report, and to veil a picture: CPU time of one core.

python tests/benchmarks/edge_ways_out.py
"""

import logging
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from msgspec import structs

from edge_agent.capture.frame import Frame
from edge_agent.metering.interval_sums import IntervalSums
from edge_agent.outbox import Outbox
from edge_agent.privacy.delayed_redaction import DelayedRedaction
from edge_agent.privacy.egress_filter import EgressFilter
from edge_agent.state_board import StateBoard, StateSnapshot
from edge_agent.status.metrics import render_metrics
from edge_agent.status.page import render_page
from wire.audience import Versions
from wire.envelope import audience_event, encode_event, join_events
from wire.health import CaptureState, Connection, DeviceFigures, Heartbeat
from wire.scalars import DeviceId, JournalId, LocationId, SequenceRange
from wire.topics import Channel, DeviceAddress

HERE = DeviceAddress(LocationId("KX-01"), DeviceId("kx-01-cam-1"))
VERSIONS = Versions(agent="0.1.0", detector="f:1", attention="a:1", config="3f2a1bc94d5e")
JOURNAL = JournalId("0" * 16)
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
FORTNIGHT = 14 * 24 * 120


def report(number, journal=JOURNAL):
    starts_ms = round(MONDAY.timestamp() * 1000) + 30_000 * number
    tally = IntervalSums(
        starts_ms, starts_ms + 30_000, captured=900, analysed=150, observed_ms=30_000
    )
    return tally.report(HERE, VERSIONS, journal, SequenceRange(first=number, last=number))


def cpu_ms(act, times):
    began = time.process_time()
    for number in range(times):
        act(number)
    return 1000 * (time.process_time() - began) / times


def storing(folder, budget_bytes):
    outbox = Outbox(folder / f"{budget_bytes}.sqlite3", budget_bytes=budget_bytes)
    outbox._database.execute("PRAGMA synchronous = OFF")  # the disk's own time is not the CPU's
    spent = []
    for number in range(1, FORTNIGHT + 1):
        made = report(number, outbox.stream_id)
        before = time.process_time()
        outbox.put(lambda _journal, sequence, made=made: structs.replace(made, sequence=sequence))
        spent.append(1000 * (time.process_time() - before))
    print(
        f"storing a fortnight in {budget_bytes // 1024:6} KiB: {sum(spent) / FORTNIGHT:.3f} ms a "
        f"report with merging, the longest merging {max(spent):.0f} ms, {outbox.depth} left"
    )
    outbox.close()


def checking():
    egress = EgressFilter(HERE)
    batch = join_events([encode_event(audience_event(report(n))) for n in range(1, 51)])
    each = cpu_ms(lambda _: egress.passed(Channel.AUDIENCE, batch), 100) / 50
    print(f"the privacy gate: {each:.3f} ms a report ({len(batch) / 50:.0f} bytes)")


def veiling():
    image = np.random.default_rng(1).integers(0, 255, (1080, 1920, 3), np.uint8)
    heads = [(300.0 * n, 400.0, 300.0 * n + 80, 480.0) for n in range(1, 4)]
    veil = DelayedRedaction(640)

    def one(number):
        frame = Frame(image, MONDAY + timedelta(seconds=number / 5), number / 5, number)
        list(veil.pass_on(frame, heads, wanted=True))

    print(f"the veil: {cpu_ms(one, 200):.2f} ms a picture (1080p to 640 px, three heads)")


def showing():
    figures = DeviceFigures(
        connection=Connection.EXCELLENT, frames_milli_hz=25_000, frames_dropped=0, stalls=0,
        model_faults=0, outbox_bytes=0, outbox_merges=0, egress_refusals=0, disk_free_bytes=1,
        clock_kept=True, clock_ahead_ms=0, temperature_milli_c=50_000, alarms=(),
    )  # fmt: skip
    beat = Heartbeat(
        location=HERE.location, device=HERE.device, journal=JOURNAL, boot="b",
        sent_at=MONDAY, uptime_ms=1, capture=CaptureState.STREAMING, frames_captured=1,
        frames_analysed=1, reconnects=0, outbox_reports=0, outbox_oldest_at=None,
        next_sequence=1, rss_bytes=1, versions=VERSIONS, figures=figures,
    )  # fmt: skip
    board = StateBoard()
    for number in range(8):
        device = DeviceId(f"kx-01-cam-{number}")
        board.publish(
            device, StateSnapshot("rtsp://x", structs.replace(beat, device=device), {}, True)
        )
    metrics = cpu_ms(lambda _: render_metrics(board, MONDAY), 50)
    html = cpu_ms(lambda _: render_page(board.snapshots, MONDAY, ()), 50)
    print(f"eight cameras' figures: {metrics:.1f} ms a scrape; the page {html:.1f} ms")


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        for budget_bytes in (64 * 2**20, 16 * 2**20, 2**19):
            storing(Path(folder), budget_bytes)
    checking()
    veiling()
    showing()
