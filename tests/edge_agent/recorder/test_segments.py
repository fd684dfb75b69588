"""Retention of recordings, and clips cut from them."""

import http.server
import threading
from datetime import timedelta
from itertools import pairwise

import pytest

from edge_agent.recorder import segments
from edge_agent.recorder.segments import (
    ClipError,
    VideoSegment,
    delete_expired,
    find_segments,
    list_recordings,
    upload_clip,
    write_clip,
)
from tests.edge_agent.recorder.pictures import NOON, grey, tones


def test_a_clip_holds_the_segments_of_its_time(recorded, tmp_path):
    folder = recorded(grey(n / 2) for n in range(120))
    since, until = NOON + timedelta(seconds=22), NOON + timedelta(seconds=38)
    spans = [
        ((one.starts_at - NOON).total_seconds(), (one.ends_at - NOON).total_seconds())
        for one in find_segments(folder, since, until)
    ]
    assert spans[0][0] <= 22
    assert spans[-1][1] >= 38
    assert all(ends == begins for (_, ends), (begins, _) in pairwise(spans))
    played = tones(write_clip(folder, since, until, tmp_path / "clip.ts"))
    assert len(played) == round(2 * (spans[-1][1] - spans[0][0]))
    with pytest.raises(ClipError, match="nothing was recorded"):
        write_clip(folder, NOON - timedelta(hours=2), NOON - timedelta(hours=1), tmp_path / "no.ts")


def test_recordings_older_than_the_limit_are_deleted(tmp_path, old_recording):
    paths = [old_recording(tmp_path, days) for days in (9, 7.1, 6.9, 1)]
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "20261123").mkdir()
    assert delete_expired(tmp_path, NOON, 7, 10**9) == 2
    assert [path.exists() for path in paths] == [False, False, True, True]
    assert (tmp_path / "notes.txt").exists()
    assert (tmp_path / "20261123").exists()


def test_the_oldest_recordings_above_the_budget_are_deleted(tmp_path, old_recording):
    paths = [old_recording(tmp_path, days) for days in (4, 3, 2, 1)]
    assert delete_expired(tmp_path, NOON, 7, 2_500) == 2
    assert [path.exists() for path in paths] == [False, False, True, True]


def test_a_clip_is_uploaded_over_https_only_and_no_error_quotes_its_address(tmp_path):
    (tmp_path / "clip.ts").write_bytes(b"video")
    with pytest.raises(ClipError, match="https only"):
        upload_clip(tmp_path / "clip.ts", "http://bucket.example.org/x?signature=s3cret")
    with pytest.raises(ClipError) as refusal:
        upload_clip(tmp_path / "clip.ts", "https://127.0.0.1:1/x?signature=s3cret")
    assert "s3cret" not in str(refusal.value)


def test_an_uploaded_clip_is_complete(tmp_path):
    uploaded = {}

    class Bucket(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            uploaded["body"] = self.rfile.read(int(self.headers["Content-Length"]))
            uploaded["kind"] = self.headers["Content-Type"]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    (tmp_path / "clip.ts").write_bytes(bytes(range(256)) * 40)
    try:
        size = upload_clip(
            tmp_path / "clip.ts", f"http://127.0.0.1:{server.server_address[1]}/clip"
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert (size, uploaded["kind"]) == (10_240, "video/mp2t")
    assert uploaded["body"] == bytes(range(256)) * 40


def test_a_damaged_index_line_loses_only_its_own_segment(tmp_path):
    folder = tmp_path / "20261123T120000Z"
    folder.mkdir()
    (folder / "index.m3u8").write_text("#EXTINF:nan?,\n000.ts\n#EXTINF:10.0,\n001.ts\n")
    found = list(find_segments(tmp_path, NOON, NOON + timedelta(hours=1)))
    assert [one.path.name for one in found] == ["001.ts"]


@pytest.fixture
def hour(tmp_path):
    """A recording of three segments of ten seconds each, from noon."""
    folder = tmp_path / "20261123T120000Z"
    folder.mkdir()
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:10"]
    for number in range(3):
        (folder / f"{number:03}.ts").write_bytes(bytes([number]) * 188)
        lines += ["#EXTINF:10.000000,", f"{number:03}.ts"]
    (folder / "index.m3u8").write_text("\n".join(lines))
    return tmp_path


def seconds(count):
    return NOON + timedelta(seconds=count)


@pytest.mark.parametrize(
    ("since", "until", "names"),
    [
        (0, 30, ["000.ts", "001.ts", "002.ts"]),
        (10, 20, ["001.ts"]),  # half-open: the segment that ends at 10 s is not part of it
        (9.999, 20.001, ["000.ts", "001.ts", "002.ts"]),
        (15, 15.001, ["001.ts"]),
        (-10, 0, []),
        (30, 99, []),
        (20, 10, []),
    ],
)
def test_segments_that_overlap_the_period_are_found(hour, since, until, names):
    found = find_segments(hour, seconds(since), seconds(until))
    assert [segment.path.name for segment in found] == names


def test_a_segment_has_a_path_below_its_recording_only(hour):
    index = hour / "20261123T120000Z" / "index.m3u8"
    index.write_text("#EXTINF:10.0,\n../../../etc/passwd\n")
    (segment,) = find_segments(hour, seconds(0), seconds(30))
    assert segment == VideoSegment(index.parent / "passwd", seconds(0), seconds(10))


def test_a_clip_is_the_bytes_of_its_segments(hour, tmp_path):
    clip = write_clip(hour, seconds(5), seconds(15), tmp_path / "clip.ts")
    assert clip.read_bytes() == bytes(188) + b"\x01" * 188


def test_a_deleted_segment_is_left_out(hour, tmp_path):
    (hour / "20261123T120000Z" / "001.ts").unlink()
    clip = write_clip(hour, seconds(0), seconds(30), tmp_path / "clip.ts")
    assert clip.read_bytes() == bytes(188) + b"\x02" * 188


def test_a_clip_above_the_limit_is_not_written(hour, tmp_path, monkeypatch):
    monkeypatch.setattr(segments, "MAX_CLIP_BYTES", 563)
    with pytest.raises(ClipError, match="564 bytes, above the limit of 563: request less time"):
        write_clip(hour, seconds(0), seconds(30), tmp_path / "clip.ts")
    assert not (tmp_path / "clip.ts").exists()


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_recording_without_a_readable_index_has_no_segments(hour, content):
    index = hour / "20261123T120000Z" / "index.m3u8"
    index.unlink()
    if content is not None:
        index.write_bytes(content)
    assert list(find_segments(hour, seconds(0), seconds(30))) == []


@pytest.mark.parametrize("duration", ["inf", "1e400", "-", ""])
def test_an_impossible_duration_counts_as_none(hour, duration):
    index = hour / "20261123T120000Z" / "index.m3u8"
    index.write_text(f"#EXTINF:{duration},\n000.ts\n#EXTINF:5.0,\n001.ts\n")
    (segment,) = find_segments(hour, seconds(0), seconds(30))
    assert (segment.path.name, segment.ends_at) == ("001.ts", seconds(5))


def test_only_folders_named_after_their_start_are_recordings(hour):
    (hour / "20261123T110000Z").write_text("a file")
    (hour / "latest").mkdir()
    assert [path.name for _, path in list_recordings(hour)] == ["20261123T120000Z"]
    assert list_recordings(hour / "missing") == []


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "status 403"), (302, "status 302"), (500, "status 500")]
)
def test_a_refused_upload_names_the_status_and_not_the_address(
    tmp_path, monkeypatch, status, reason
):
    class Response:
        is_success = False

    response = Response()
    response.status = status
    monkeypatch.setattr(segments, "send_request", lambda *_, **__: response)
    (tmp_path / "clip.ts").write_bytes(b"video")
    with pytest.raises(ClipError, match=reason) as refused:
        upload_clip(tmp_path / "clip.ts", "https://bucket.example.org/x?signature=s3cret")
    assert str(refused.value).endswith("; request a new URL")
    assert "s3cret" not in str(refused.value)
