"""A camera that speaks RTSP as cameras do: over TCP, with a password, H.264 in RTP."""

import base64
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from fractions import Fraction

import av
import pytest

from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame
from edge_agent.settings.capture import CaptureSettings
from wire.health import CaptureState

QUICK = CaptureSettings(backoff_s=0.1, longest_backoff_s=0.2, analysed_fps=30, isolated=False)
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track\r\n"
)
FRAGMENT_BYTES = 1200
SOON_S = 30.0


def access_units(pictures):
    """Each picture as its NAL units, encoded as a camera would."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 10), Fraction(10)
    encoder.options = {"preset": "ultrafast", "g": "10", "bf": "0", "tune": "zerolatency"}
    frames = [av.VideoFrame.from_ndarray(picture, format="bgr24") for picture in pictures]
    packets = [packet for frame in frames for packet in encoder.encode(frame)]
    return [[nal for nal in re.split(b"\0\0\0?\1", bytes(packet)) if nal] for packet in packets]


def payloads(nal):
    """A NAL unit in RTP payloads: whole, or in fragments (RFC 6184, FU-A)."""
    if len(nal) <= FRAGMENT_BYTES:
        return [nal]
    body, pieces = nal[1:], []
    for start in range(0, len(body), FRAGMENT_BYTES):
        first, last = start == 0, start + FRAGMENT_BYTES >= len(body)
        head = bytes([nal[0] & 0xE0 | 28, first << 7 | last << 6 | nal[0] & 0x1F])
        pieces.append(head + body[start : start + FRAGMENT_BYTES])
    return pieces


class RtspCamera:
    """Streams its pictures to each client with the password, then closes the connection."""

    def __init__(self, units, *, user="admin", password="s3cr3t"):
        self.callers = 0
        self._units = units
        self._proof = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.1)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def port(self):
        return self._listening.getsockname()[1]

    def close(self):
        self._done.set()
        self._thread.join()
        self._listening.close()

    def _serve(self):
        while not self._done.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listening.accept()
                connection.settimeout(5)
                with connection, suppress(OSError):
                    self._talk(connection)

    def _talk(self, connection):
        heard = b""
        while piece := connection.recv(4096):
            heard += piece
            while b"\r\n\r\n" in heard:
                request, heard = heard.split(b"\r\n\r\n", 1)
                if self._answer(connection, request.decode()):
                    self._play(connection)
                    return

    def _answer(self, connection, request):
        """Answer one request; True when the pictures are to follow."""
        verb = request.split(" ", 1)[0]
        number = re.search(r"CSeq: (\d+)", request)[1]
        if verb != "OPTIONS" and f"Authorization: {self._proof}" not in request:
            refusal = 'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="camera"\r\n'
            connection.sendall(f"{refusal}CSeq: {number}\r\n\r\n".encode())
            return False
        extra, body = "", ""
        if verb == "DESCRIBE":
            extra, body = f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n", SDP
        if verb == "SETUP":
            extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
        connection.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{extra}\r\n{body}".encode())
        return verb == "PLAY"

    def _play(self, connection):
        self.callers += 1
        sequence = 0
        for index, unit in enumerate(self._units):
            pieces = [piece for nal in unit for piece in payloads(nal)]
            for place, piece in enumerate(pieces):
                marker = 0x80 if place == len(pieces) - 1 else 0
                header = struct.pack(">BBHII", 0x80, marker | 96, sequence, index * 9000, 7)
                packet = header + piece
                connection.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                sequence = sequence + 1 & 0xFFFF
            self._done.wait(0.02)


@pytest.fixture
def camera_on_the_wall(street):
    camera = RtspCamera(access_units(street(n / 10) for n in range(40)))
    yield camera
    camera.close()


def watch(camera, *, until):
    seen, deadline = [], time.monotonic() + SOON_S
    for moment in camera:
        seen.append(moment)
        if until(seen) or time.monotonic() > deadline:
            camera.close()
    return seen


def pictures(seen):
    return [moment for moment in seen if isinstance(moment, Frame)]


def test_pictures_come_over_rtsp_with_a_password(camera_on_the_wall, street):
    uri = f"rtsp://admin:s3cr3t@127.0.0.1:{camera_on_the_wall.port}/live"
    camera = open_camera(uri, QUICK)
    seen = pictures(watch(camera, until=lambda seen: len(pictures(seen)) >= 10))
    assert len(seen) >= 10
    assert seen[0].image.shape == (180, 320, 3)
    assert abs(float(seen[-1].image.mean()) - float(street(0.0).mean())) < 6
    assert camera.state is CaptureState.STREAMING
    assert camera.name == f"rtsp://127.0.0.1:{camera_on_the_wall.port}"


def test_an_rtsp_camera_that_closes_the_connection_is_reconnected(camera_on_the_wall):
    uri = f"rtsp://admin:s3cr3t@127.0.0.1:{camera_on_the_wall.port}/live"
    camera = open_camera(uri, QUICK)
    watch(camera, until=lambda seen: camera_on_the_wall.callers >= 3)
    assert camera_on_the_wall.callers >= 3
    assert camera.counters.captured >= 40


def test_a_wrong_password_is_reported_and_not_shown(camera_on_the_wall, caplog):
    uri = f"rtsp://admin:wr0ng@127.0.0.1:{camera_on_the_wall.port}/live"
    camera = open_camera(uri, QUICK)
    watch(camera, until=lambda seen: camera.counters.reconnects >= 2)
    assert camera.state is CaptureState.FAILED
    reasons = [record.reason for record in caplog.records if hasattr(record, "reason")]
    assert any("401" in reason or "nauthorized" in reason for reason in reasons)
    assert not any("wr0ng" in str(vars(record)) for record in caplog.records)


WATCH = """
import sys
from edge_agent.capture.factory import open_camera
from edge_agent.logs import write_json_lines
from edge_agent.settings.capture import CaptureSettings
write_json_lines("debug")
settings = CaptureSettings(backoff_s=0.1, longest_backoff_s=0.2, isolated=sys.argv[2] == "True")
camera = open_camera(sys.argv[1], settings, substream=sys.argv[1] + "&sub=1")
for moment in camera:
    print(camera.name, repr(camera), moment, flush=True)
    if camera.counters.reconnects >= 2:
        camera.close()
"""


@pytest.mark.parametrize("isolated", [True, False])
def test_no_process_output_contains_the_password(camera_on_the_wall, isolated):
    secrets = ("p@ss:w0rd[x]", "t0ken")
    uri = f"rtsp://admin:{secrets[0]}@127.0.0.1:{camera_on_the_wall.port}/live?token={secrets[1]}"
    done = subprocess.run(
        [sys.executable, "-c", WATCH, uri, str(isolated)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    output = done.stdout + done.stderr
    assert "capture.interrupted" in done.stderr
    assert done.returncode == 0, output
    for secret in (*secrets, "w0rd"):
        assert secret not in output
