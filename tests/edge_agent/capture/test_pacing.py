"""Streams that do not arrive in real time are measured at the pace at which they were taken."""

import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import av
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.capture.camera import failure_of
from edge_agent.capture.factory import open_camera
from edge_agent.capture.failure_cause import FailureCause
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.capture.pacing import CATCH_UP, BurstDetector, Pacer
from edge_agent.settings.capture import CaptureSettings
from wire.health import CaptureState

SETTINGS = CaptureSettings(
    open_timeout_s=3, read_timeout_s=1, backoff_s=0.1, longest_backoff_s=0.2, analysed_fps=5,
    isolated=False,
)  # fmt: skip


def given_out(arrivals):
    """When each packet is read, by a reader that waits as stated; arrivals are (at, came)."""
    pacer, now_s, out = Pacer(), 0.0, []
    for at_s, came_s in arrivals:
        now_s = pacer.due_s(at_s, max(now_s, came_s))
        out.append(now_s)
    return out


def test_a_segment_that_comes_at_once_is_given_out_over_its_length():
    #  four seconds of pictures at once, every four seconds
    out = given_out([(n / 10, 4.0 * (n // 40)) for n in range(400)])
    steps = [after - before for before, after in pairwise(out)]
    assert steps == pytest.approx([0.1] * len(steps), abs=0.01)


def test_late_data_add_their_delay_once():
    #  every segment is late by another little; the delay grows to the longest and stays
    late = [0.0, 0.7, 0.2, 0.9, 0.4, 0.8, 0.1, 0.9]
    out = given_out([(n / 10, 4.0 * (n // 40) + late[n // 40]) for n in range(320)])
    gaps = [after - before for before, after in pairwise(out) if after - before > 0.15]
    assert len(gaps) <= 3
    assert sum(gaps) < 1.5


def test_a_camera_with_a_fast_clock_does_not_accumulate_delay():
    drift = CATCH_UP / 3
    day = [(n * 1.0, n * (1 - drift)) for n in range(86_400)]
    out = given_out(day)
    assert out[-1] - day[-1][1] < 1.0


@pytest.mark.parametrize("jump_s", [-3600.0, -5.0, 3600.0, 95_443.7])
def test_time_stamps_that_are_set_anew_go_on_at_once(jump_s):
    out = given_out(
        [(n / 10, 0.0) for n in range(40)] + [(4 + jump_s + n / 10, 0.0) for n in range(40)]
    )
    steps = [after - before for before, after in pairwise(out)]
    assert max(steps) < 0.2
    assert out[-1] == pytest.approx(7.9, abs=0.2)


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 30)), min_size=1, max_size=200),
)
def test_whatever_the_stamps_no_packet_waits_for_long_and_order_is_kept(steps):
    now_s, pacer = 0.0, Pacer()
    for at_s, passes_s in steps:
        now_s += passes_s
        due_s = pacer.due_s(at_s, now_s)
        assert now_s <= due_s <= now_s + 20.0
        now_s = due_s


def noticed(arrivals):
    bursts = BurstDetector()
    return any(bursts.note(at_s, came_s) for at_s, came_s in arrivals)


def test_bursts_are_noticed_and_steady_streams_and_a_backlog_are_none():
    assert noticed([(n / 10, 3.0 * (n // 30)) for n in range(90)])
    assert not noticed([(n / 10, n / 10) for n in range(90)])
    assert not noticed([(n / 10, max(0.0, n / 10 - 4)) for n in range(90)])  # backlog at connect
    assert not noticed([(n / 5, n / 10) for n in range(90)])  # stamps that run twice as fast
    assert not noticed([(n * 2.0, n * 2.0) for n in range(30)])  # a picture every other second


class Web:
    """Files and playlists on loopback; the playlist grows with time."""

    def __init__(self, segments, *, segment_s, target_s=None):
        self.segments, self.segment_s = segments, segment_s
        self.target_s = target_s or segment_s
        self.began_s = time.monotonic()
        self.ended = False
        self.files = {}

    def playlist(self):
        available = min(
            3 + int((time.monotonic() - self.began_s) / self.segment_s), len(self.segments)
        )
        first = max(0, available - 5)
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{self.target_s:.0f}"]
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{first}")
        for number in range(first, available):
            lines += [f"#EXTINF:{self.segment_s:.3f},", f"{number}.ts"]
        return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if self.ended else []), ""]).encode()

    def content(self, path):
        name = path.strip("/").split("?")[0]
        if name == "live.m3u8":
            return self.playlist()
        if name.endswith(".ts") and name[:-3].isdigit():
            return self.segments[int(name[:-3])]
        return self.files.get(name)


@contextmanager
def served(web):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            content = web.content(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int((self.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
            self.send_response(206 if self.headers.get("Range") else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            self.wfile.write(content[start:])

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def segments(street, tmp_path_factory):
    """Twelve seconds in segments of two."""
    folder = tmp_path_factory.mktemp("hls")
    options = {
        "hls_time": "2", "hls_list_size": "0", "hls_segment_filename": str(folder / "%d.ts"),
    }  # fmt: skip
    with av.open(str(folder / "all.m3u8"), "w", format="hls", options=options) as container:
        stream = container.add_stream(
            "libx264", rate=10, options={"preset": "ultrafast", "g": "20", "bf": "0"}
        )
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for n in range(120):
            picture = av.VideoFrame.from_ndarray(street(n / 10), format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    count = len(list(folder.glob("*.ts")))
    return [(folder / f"{number}.ts").read_bytes() for number in range(count)]


def watched(camera, *, for_s):
    seen, ends_s = [], time.monotonic() + for_s
    for moment in camera:
        seen.append(moment)
        if time.monotonic() > ends_s:
            camera.close()
    return seen


@pytest.mark.parametrize("isolated", [False, True])
def test_live_hls_is_measured_steadily_and_never_offline(segments, isolated):
    settings = msgspec.structs.replace(SETTINGS, isolated=isolated)
    with served(Web(segments, segment_s=2.0)) as where:
        camera = open_camera(f"{where}/live.m3u8", settings)
        seen = watched(camera, for_s=6.0)
    frames = [moment for moment in seen if isinstance(moment, Frame)]
    steps = [after.elapsed_s - before.elapsed_s for before, after in pairwise(frames)]
    assert len(frames) >= 20
    assert max(steps) < 1.0
    assert camera.counters.reconnects == 0
    first, last = seen.index(frames[0]), seen.index(frames[-1])
    assert not any(isinstance(moment, FrameGap) for moment in seen[first:last])


def test_a_substream_over_hls_is_not_combined_with_another_moment(segments, caplog):
    with served(Web(segments, segment_s=2.0)) as where:
        uri = f"{where}/live.m3u8"
        camera = open_camera(uri, SETTINGS, substream=uri)
        seen = watched(camera, for_s=3.0)
    frames = [moment for moment in seen if isinstance(moment, Frame)]
    assert len(frames) >= 6
    assert sum(frame.is_coarse for frame in frames) <= 2
    logged = [one.message for one in caplog.records]
    assert logged.count("capture.substream_unused") == 1


def test_hls_segments_longer_than_the_read_limit_do_not_break_the_connection(segments):
    with served(Web(segments, segment_s=2.0)) as where:
        camera = open_camera(f"{where}/live.m3u8", SETTINGS)  # read_timeout_s of one second
        watched(camera, for_s=3.0)
    assert camera.counters.reconnects == 0


def refused(uri, settings=SETTINGS):
    camera = open_camera(uri, settings)
    seen = []
    for moment in camera:
        seen.append(moment)
        if camera.counters.reconnects >= 1 or len(seen) > 20:
            camera.close()
    return camera, seen


def test_a_finished_playlist_is_a_recording_and_no_camera(segments):
    web = Web(segments, segment_s=2.0)
    web.ended = True
    with served(web) as where:
        camera, seen = refused(f"{where}/live.m3u8")
    assert camera.failure.cause is FailureCause.IS_A_RECORDING
    assert camera.state is CaptureState.FAILED
    assert not any(isinstance(moment, Frame) for moment in seen)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.ts", "clip.mkv", "clip.avi"])
def test_a_file_on_a_web_server_is_rejected_and_not_played_repeatedly(film, street, segments, name):
    web = Web(segments, segment_s=2.0)
    web.files[name] = film((street(n / 10) for n in range(40)), name=name).read_bytes()
    with served(web) as where:
        camera, seen = refused(f"{where}/{name}?token=t0ken")
    assert camera.failure.cause is FailureCause.IS_A_RECORDING
    assert "download" in str(failure_of(camera) or camera.failure)
    assert camera.counters.captured == 0
    assert not any(isinstance(moment, Frame) for moment in seen)


def test_a_stream_that_sends_in_bursts_is_paced_after_the_first(film, street):
    broadcast = film((street(n / 10) for n in range(80)), name="clip.ts").read_bytes()
    head = b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"
    over = threading.Event()

    def serve(listening):
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(head)
            quarter = len(broadcast) // 188 // 4 * 188
            for number in range(4):
                connection.sendall(broadcast[number * quarter : (number + 1) * quarter])
                over.wait(2.0)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        settings = CaptureSettings(
            open_timeout_s=5, read_timeout_s=5, analysed_fps=5, isolated=False
        )
        camera = open_camera(f"http://127.0.0.1:{listening.getsockname()[1]}/live", settings)
        seen = watched(camera, for_s=7.0)
        over.set()
        thread.join()
    frames = [moment.elapsed_s for moment in seen if isinstance(moment, Frame)]
    late = [at_s for at_s in frames if at_s - frames[0] > 4.5]
    assert len(late) >= 6
    assert max(after - before for before, after in pairwise(late)) < 1.0
