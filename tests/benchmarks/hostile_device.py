"""One hostile device among fifty honest ones, on the real broker and stream, at full size.

`python tests/benchmarks/hostile_device.py [SECONDS]`: once with the broker's own limits, once with
a broker that lets everything through, so that the stream receives everything, until 100,000
unparsable messages are sent. TLS, SQLite, loopback.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.hostile_device.run import run
from tests.hostile_device.scale import Outcome, Scale, unlimited

SCALE = Scale(honest=50, seconds=90.0, unparsable=100_000)


def table(limited: Outcome, open_: Outcome) -> list[tuple[str, str, str]]:
    def row(what, read):
        return what, str(read(limited)), str(read(open_))

    return [
        row("reports of honest devices sent", lambda one: f"{one.honest_sent:,}"),
        row("acknowledged", lambda one: f"{one.honest_acknowledged:,}"),
        row("counted in the database", lambda one: f"{one.honest_counted:,}"),
        row("honest devices' lost connections", lambda one: one.honest_disconnections),
        row("freshness P50, s", lambda one: f"{one.freshness(0.5):.2f}"),
        row("freshness P99, s", lambda one: f"{one.freshness(0.99):.2f}"),
        row("freshness, largest, s", lambda one: f"{one.freshness(1.0):.2f}"),
        *(
            row(f"hostile: {kind}", lambda one, kind=kind: f"{one.hostile_sent[kind]:,}")
            for kind in sorted({*limited.hostile_sent, *open_.hostile_sent})
        ),
        row("hostile: sessions", lambda one: f"{one.hostile_sessions:,}"),
        row("hostile: counted people", lambda one: one.hostile_counted),
        row("quarantined devices", lambda one: len(one.quarantined)),
        *(
            row(f"audit: {event}", lambda one, event=event: f"{one.audit[event]:,}")
            for event in sorted({*limited.audit, *open_.audit})
        ),
        row("broker restarts", lambda one: one.broker_restarts),
        row("stream restarts", lambda one: one.stream_restarts),
    ]


def main() -> None:
    scale = SCALE if len(sys.argv) < 2 else Scale(seconds=float(sys.argv[1]), unparsable=100_000)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        limited = run(Path(one), scale)
        through = run(Path(other), unlimited(scale))
    print("| | the broker's limits | none at the broker |\n|---|---|---|")
    for what, here, there in table(limited, through):
        print(f"| {what} | {here} | {there} |")


if __name__ == "__main__":
    main()
