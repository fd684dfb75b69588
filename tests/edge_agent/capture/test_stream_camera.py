"""Cameras that refuse, stall, close the connection or send invalid data, all on loopback."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

import cv2
import pytest

from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.settings.capture import CaptureSettings
from wire.health import CaptureState

QUICK = CaptureSettings(
    open_timeout_s=0.5,
    read_timeout_s=0.5,
    backoff_s=0.1,
    longest_backoff_s=0.2,
    analysed_fps=30,
    isolated=False,
)
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"


@contextmanager
def server(answer):
    """Answers each connection by calling `answer(connection, how many came before)`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        done = threading.Event()

        def serve():
            count = 0
            while not done.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    with suppress(OSError):
                        answer(connection, count)
                count += 1

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


def watch(camera, *, frames=0, until=lambda camera: False, within_s=30.0):
    """Take what comes until so many frames came or something else holds."""
    seen, deadline = [], time.monotonic() + within_s
    for moment in camera:
        seen.append(moment)
        enough = frames and sum(isinstance(one, Frame) for one in seen) >= frames
        if enough or until(camera) or time.monotonic() > deadline:
            camera.close()
    return seen


@pytest.fixture
def broadcast(film, street):
    return film((street(n / 10) for n in range(40)), name="clip.ts").read_bytes()


def test_a_closed_stream_is_reconnected_and_time_continues(broadcast):
    def answer(connection, count):
        connection.recv(4096)
        connection.sendall(HEAD + broadcast)

    with server(answer) as where:
        camera = open_camera(f"http://{where}/live.ts", QUICK)
        seen = watch(camera, until=lambda camera: camera.counters.reconnects >= 2)
    times = [moment.elapsed_s for moment in seen]
    assert times == sorted(times)
    assert camera.counters.captured >= 40
    assert any(isinstance(moment, Frame) for moment in seen)


def test_a_reader_that_is_late_gets_the_newest_and_the_rest_is_counted(broadcast):
    def answer(connection, count):
        connection.recv(4096)
        for start in range(0, len(broadcast), len(broadcast) // 40):
            connection.sendall(
                (HEAD if start == 0 else b"") + broadcast[start:][: len(broadcast) // 40]
            )
            time.sleep(0.01)

    with server(answer) as where:
        camera = open_camera(f"http://{where}/live.ts", QUICK)
        seen = 0
        for moment in camera:
            seen += isinstance(moment, Frame)
            time.sleep(0.3)
            if camera.counters.dropped and seen >= 2:
                camera.close()
    assert camera.counters.dropped > 0
    assert camera.counters.captured >= camera.counters.dropped + seen


def test_a_stream_that_stalls_is_closed_and_reconnected(broadcast):
    def answer(connection, count):
        connection.recv(4096)
        connection.sendall(HEAD + broadcast[: len(broadcast) // 2])
        time.sleep(1.5)

    with server(answer) as where:
        camera = open_camera(f"http://{where}/live.ts", QUICK)
        seen = watch(camera, until=lambda camera: camera.counters.reconnects >= 1)
        assert camera.counters.reconnects >= 1
    assert any(isinstance(moment, FrameGap) for moment in seen)
    assert camera.state is not CaptureState.STARTING


@pytest.mark.parametrize(
    "words", [b"", b"\x00\xff" * 5000, b"HTTP/1.0 404 Not Found\r\n\r\n", HEAD + b"garbage" * 9999]
)
def test_a_camera_that_sends_no_video_is_reconnected_repeatedly(words):
    def answer(connection, count):
        connection.recv(4096)
        connection.sendall(words)

    with server(answer) as where:
        camera = open_camera(f"http://{where}/live.ts", QUICK)
        seen = watch(camera, until=lambda camera: camera.counters.reconnects >= 2)
    assert camera.counters.reconnects >= 2
    assert all(isinstance(moment, FrameGap) for moment in seen)
    assert camera.state is CaptureState.FAILED


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_a_camera_without_a_response_blocks_nothing(scheme):
    done = threading.Event()

    def answer(connection, count):
        done.wait(60.0)

    with server(answer) as where:
        camera = open_camera(f"{scheme}://{where}/live", QUICK)
        watch(camera, until=lambda camera: camera.counters.reconnects >= 1)
        done.set()
    assert camera.counters.reconnects >= 1


def test_a_camera_is_reconnected_when_it_returns(broadcast):
    def answer(connection, count):
        connection.recv(4096)
        if count >= 2:
            connection.sendall(HEAD + broadcast)

    with server(answer) as where:
        camera = open_camera(f"http://{where}/live.ts", QUICK)
        seen = watch(camera, frames=1)
    assert isinstance(seen[-1], Frame)
    assert camera.state is CaptureState.STREAMING or camera.counters.reconnects >= 2


def test_no_response_contains_the_password_of_a_camera(caplog):
    with server(lambda connection, count: None) as where:
        camera = open_camera(f"rtsp://admin:s3cr3t@{where}/live?password=hunter2", QUICK)
        watch(camera, until=lambda camera: camera.counters.reconnects >= 1)
    logged = " ".join(str(vars(record)) for record in caplog.records) + camera.name
    assert "capture.interrupted" in logged
    assert f"rtsp://{where}" in logged
    assert "admin" not in logged
    assert "s3cr3t" not in logged
    assert "hunter2" not in logged


def test_a_missing_device_is_opened_when_it_appears():
    camera = open_camera("/dev/video97", QUICK)
    seen = watch(camera, until=lambda camera: camera.counters.reconnects >= 1)
    assert all(isinstance(moment, FrameGap) for moment in seen)
    assert camera.state is CaptureState.FAILED


def test_motion_jpeg_over_http_is_watched_too(street):
    #  multipart, as cheap cameras and USB servers send it: one JPEG after another
    def answer(connection, count):
        connection.recv(4096)
        connection.sendall(
            b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
        )
        for n in range(200):
            _, jpeg = cv2.imencode(".jpg", street(n / 10))
            head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
            connection.sendall(head % len(jpeg) + jpeg.tobytes() + b"\r\n")
            time.sleep(0.01)

    with server(answer) as address:
        seen = watch(open_camera(f"http://{address}/video.mjpg", QUICK), frames=1)
    frame = seen[-1]
    assert frame.image.shape == (180, 320, 3)
    assert frame.luma().shape == (180, 320)
    assert abs(float(frame.luma().mean()) - float(street(0.0).mean())) < 8
