"""What each added camera costs in memory before the models: its worker, and what the agent keeps.

Run it alone: `python tests/benchmarks/edge_memory.py`. Live 1080p30 over HTTP on loopback, one
camera after another. USS is a process's own memory, PSS adds its share of what several use, RSS
counts all of that in every process again.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import av
from edge import FPS, SECONDS, drawn

from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame
from edge_agent.capture.workers.fork_server import FORK_SERVER
from edge_agent.capture.workers.isolated_camera import IsolatedCamera
from edge_agent.settings.capture import CaptureSettings

CAMERAS, WATCHED_S = 3, 8.0
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"


def serve(path: Path) -> None:
    """Send the film to every caller at its own pace, again and again."""
    film = path.read_bytes()
    pieces = FPS * SECONDS
    size = len(film) // pieces + 1

    def send(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(4096)
            connection.sendall(HEAD)
            while True:
                for number in range(pieces):
                    connection.sendall(film[number * size : (number + 1) * size])
                    time.sleep(1 / FPS)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=send, args=(connection,), daemon=True).start()


def as_stream(clip: Path) -> Path:
    """The same packets as an MPEG transport stream."""
    path = clip.with_suffix(".ts")
    with av.open(str(clip)) as source, av.open(str(path), "w") as copy:
        stream = source.streams.video[0]
        out = copy.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = out
                copy.mux(packet)
    return path


def memory(pid: int | None) -> dict[str, float]:
    """RSS, PSS and USS in MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    fields = {line.split()[0][:-1]: int(line.split()[1]) / 1024 for line in lines[1:]}
    own = fields["Private_Clean"] + fields["Private_Dirty"]
    return {"RSS": fields["Rss"], "PSS": fields["Pss"], "USS": own}


def print_row(name: str, found: dict[str, float]) -> None:
    print(f"  {name:34}" + "".join(f"{value:8.1f}" for value in found.values()))


def watch(camera: IsolatedCamera) -> None:
    for moment in camera:
        if isinstance(moment, Frame):
            moment.luma()


def measured(address: str) -> None:
    """Open one camera after another and print what has grown."""
    cameras: list[IsolatedCamera] = []
    print(f"MiB{'':33}     RSS     PSS     USS")
    before = memory(os.getpid())
    print_row("the agent without a camera", before)
    for number in range(1, CAMERAS + 1):
        camera = open_camera(address, CaptureSettings())
        cameras.append(camera)
        threading.Thread(target=watch, args=(camera,), daemon=True).start()
        time.sleep(WATCHED_S)
        now = memory(os.getpid())
        worker = memory(camera.pid)
        grown = now["USS"] - before["USS"]
        print_row(f"worker of camera {number}", worker)
        print(f"  the agent grew by {grown:.1f}; together {worker['USS'] + grown:.1f} of its own")
        before = now
    print_row("the fork server, once per device", memory(FORK_SERVER.pid))
    for camera in cameras:
        camera.close()


def main() -> None:
    """Print the table, or serve it its film."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve)
    with tempfile.TemporaryDirectory() as folder:
        path = as_stream(drawn(Path(folder, "clip.mp4"), people=0))
        server = subprocess.Popen(
            [sys.executable, __file__, "--serve", str(path)], stdout=subprocess.PIPE, text=True
        )
        try:
            measured(f"http://127.0.0.1:{server.stdout.readline().strip()}/live.ts")
        finally:
            server.kill()
            server.communicate()


if __name__ == "__main__":
    main()
