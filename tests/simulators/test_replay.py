"""A replay runs the agent on clips and delivers what it measured, or says why not."""

import os
import signal
import tempfile
import threading
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest

import simulators.replay
from edge_agent.identity.certificates import private_key_to_pem
from edge_agent.outbox import Outbox
from edge_agent.perception.face_detector import Face
from edge_agent.perception.head_pose import HeadPose
from edge_agent.settings.camera_settings import Settings
from edge_agent.transport.loopback import LoopbackLink
from simulators.__main__ import main
from simulators.clip_playlist import read_clips
from simulators.replay import Replay
from tests.cloud.receipts.receipt_data import Authority
from wire.envelope import AudienceEvent, decode_events
from wire.topics import DeviceAddress


class Bright:
    """Sees one face: whatever is white."""

    name, version = "bright", "1"

    def faces(self, image):
        rows, columns = np.nonzero(image[..., 0] > 200)
        if not rows.size:
            return []
        box = (float(columns.min()), float(rows.min()), float(columns.max()), float(rows.max()))
        return [Face(box, 0.9, np.zeros((5, 2), np.float32))]


class Straight:
    """Every head looks into the camera."""

    name, version = "straight", "1"

    def poses(self, image, faces):
        return [HeadPose(0.0, 0.0, 0.0, 3.0) for _ in faces]


@pytest.fixture(autouse=True)
def known_models(monkeypatch):
    monkeypatch.setattr(simulators.replay, "open_networks", lambda settings: (Bright(), Straight()))


def film(path, *, seconds, white_s=(0, 0)):
    """Ten frames a second of grey tiles; a white square stands in it during `white_s`."""
    tiles = np.random.default_rng(1).integers(40, 160, (18, 32, 1)).astype(np.uint8)
    grey = np.ascontiguousarray(np.kron(tiles, np.ones((10, 10, 3), np.uint8)))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(seconds * 10):
            picture = grey.copy()
            if white_s[0] <= number / 10 < white_s[1]:
                cv2.rectangle(
                    picture, (120 + number // 5, 60), (160 + number // 5, 110), (255,) * 3, -1
                )
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def events_in(path):
    events = [event for line in path.read_bytes().splitlines() for event in decode_events(line)]
    assert all(isinstance(event, AudienceEvent) for event in events), events
    return events


def test_every_line_is_a_valid_event_and_the_sums_are_printed(tmp_path, capsys):
    clip = film(tmp_path / "clip.mp4", seconds=10, white_s=(3, 7))
    out = tmp_path / "r.jsonl"
    before = datetime.now(UTC)
    assert main(["replay", str(clip), "--location=KX-01", f"--out={out}"]) == 0
    reports = [event.data for event in events_in(out)]
    assert {(r.location, r.device) for r in reports} == {("KX-01", "kx-01-sim")}
    assert sum(r.visits for r in reports) == sum(r.onlookers for r in reports) == 1
    assert sum(r.dwell_ms for r in reports) == pytest.approx(4000, abs=500)
    assert sum(r.observed_ms for r in reports) == pytest.approx(10_000, abs=300)
    assert max(r.ends_at for r in reports) <= datetime.now(UTC)
    assert (before - reports[0].starts_at).total_seconds() == pytest.approx(10, abs=5)
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row[:4] == ["clip.mp4", str(len(reports)), "1", "1"]


def test_clips_follow_each_other_in_time_and_in_the_stream(tmp_path, capsys):
    first = film(tmp_path / "a.mp4", seconds=4, white_s=(1, 4))
    second = film(tmp_path / "b.mp4", seconds=4)
    out = tmp_path / "r.jsonl"
    words = ["replay", str(first), str(second), "--location=KX-01", "--device=d1", f"--out={out}"]
    assert main([*words, "--starts-at=2026-03-01T10:00:00Z"]) == 0
    reports = [event.data for event in events_in(out)]
    assert [r.sequence.first for r in reports] == list(range(1, len(reports) + 1))
    assert len({r.journal for r in reports}) == 1
    assert all(a.ends_at <= b.starts_at for a, b in pairwise(reports))
    assert reports[0].starts_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert reports[-1].starts_at.second >= 4
    assert capsys.readouterr().out.splitlines()[-1].split()[:3] == ["all", str(len(reports)), "1"]


def test_plays_are_reported_in_the_time_of_the_clips(tmp_path):
    clips = [str(film(tmp_path / f"{name}.mp4", seconds=3)) for name in "ab"]
    plays, out = tmp_path / "plays.jsonl", tmp_path / "r.jsonl"
    plays.write_text(
        "".join(
            f'{{"creative": "{creative}", "started_at": "2026-03-01T10:00:0{second}Z"}}\n'
            for second, creative in ((0, "tea"), (2, "coffee"), (4, "tea"))
        )
    )
    words = ["replay", *clips, "--location=KX-01", f"--out={out}", f"--plays={plays}"]
    assert main([*words, "--starts-at=2026-03-01T10:00:00Z"]) == 0
    shown = Counter()
    for event in events_in(out):
        shown.update({name: part.plays for name, part in event.data.creatives.items()})
    assert shown == {"tea": 2, "coffee": 1}


def test_every_report_has_a_receipt_of_the_given_key(tmp_path):
    clip, out = film(tmp_path / "clip.mp4", seconds=2), tmp_path / "r.jsonl"
    pair, device = Authority().enrol(), tmp_path / "device.pem"
    device.write_bytes(private_key_to_pem(pair.key) + pair.certificates.encode())
    words = ["replay", str(clip), "--location=KX-01", f"--out={out}"]
    assert main([*words, "--sign", str(device), str(device)]) == 0
    receipts = [event.receipt for event in events_in(out)]
    assert receipts
    assert all(receipts)
    assert main([*words, "--sign", str(device), str(clip)]) == 2


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    clip = film(tmp_path / "clip.mp4", seconds=2)
    assert main(["replay", str(clip), "--location=KX-01", f"--out={tmp_path / 'r'}"]) == 0
    assert list(elsewhere.iterdir()) == []


def test_a_loop_of_clips_goes_on_in_time_until_it_is_stopped(tmp_path):
    reel = read_clips([film(tmp_path / f"{name}.mp4", seconds=2) for name in "ab"])
    here, heard = DeviceAddress("KX-01", "d1"), []
    link = partial(LoopbackLink, here, lambda event: heard.append(event) or True)
    replay = Replay(Settings(), here, Bright(), Straight(), link, speed=1000.0, loop=True)
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    begins = datetime(2026, 3, 1, 10, tzinfo=UTC)
    played = []
    for clip, _ in replay.play(reel, outbox, begins):
        played.append(clip.path.name)
        if len(played) == 3:
            replay.stop.set()
    outbox.close()
    assert played == ["a.mp4", "b.mp4", "a.mp4"]
    starts = [e.data.starts_at for e in heard if isinstance(e, AudienceEvent)]
    assert [(at - begins).total_seconds() for at in starts] == pytest.approx([0, 2, 4], abs=0.2)


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("--location=KX/01", "not a name"),
        ("--device=$SYS", "not a name"),
        ("--config=nowhere.toml", "nowhere.toml"),
        ("--starts-at=yesterday", "yesterday"),
        ("--starts-at=2026-03-01T10:00:00", "no time zone"),
        ("--starts-at=2999-03-01T10:00:00Z", "future"),
        ("--loop", "never ends"),
        ("--plays=nowhere.jsonl", "nowhere.jsonl"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_played(tmp_path, capsys, option, complaint):
    clip = film(tmp_path / "clip.mp4", seconds=1)
    out = tmp_path / "r.jsonl"
    assert main(["replay", str(clip), "--location=KX-01", f"--out={out}", option]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "fast"])
def test_an_unknown_speed_is_refused(tmp_path, capsys, speed):
    with pytest.raises(SystemExit) as ended:
        main(["replay", "x.mp4", "--location=KX-01", "--out=x", f"--speed={speed}"])
    assert ended.value.code == 2
    assert "give a number above 0, or max" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"),
    [("gone.mp4", None), ("empty.mp4", b""), ("text.mp4", b"no film" * 100), ("head.mp4", "torn")],
)
def test_a_file_that_is_no_video_is_named_before_the_first_clip_is_played(
    tmp_path, capsys, name, content
):
    sound = film(tmp_path / "sound.mp4", seconds=1)
    broken = tmp_path / name
    if content is not None:
        broken.write_bytes(sound.read_bytes()[:200] if content == "torn" else content)
    out = tmp_path / "r.jsonl"
    assert main(["replay", str(sound), str(broken), "--location=KX-01", f"--out={out}"]) == 2
    told = capsys.readouterr()
    assert name in told.err
    assert "sound.mp4" not in told.out
    assert not out.exists()


def test_a_video_without_frames_is_refused(tmp_path, capsys):
    empty = tmp_path / "none.avi"
    with av.open(str(empty), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        container.start_encoding()
    assert main(["replay", str(empty), "--location=KX-01", f"--out={tmp_path / 'r'}"]) == 2
    assert "none.avi" in capsys.readouterr().err


def test_an_unreachable_broker_ends_the_replay_at_once(tmp_path, capsys):
    clip = film(tmp_path / "clip.mp4", seconds=1)
    words = ["replay", str(clip), "--location=KX-01", "--broker=mqtt://127.0.0.1:1"]
    assert main(words) == 1
    assert "no broker at mqtt://127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.broker
def test_a_cloud_that_does_not_acknowledge_is_reported(tmp_path, capsys, mosquitto):
    clip = film(tmp_path / "clip.mp4", seconds=2)
    words = ["replay", str(clip), "--location=KX-01", f"--broker={mosquitto.url}", "--drain=0.3"]
    assert main(words) == 1
    assert "not acknowledged" in capsys.readouterr().err


def spoilt(path, *, seconds, from_s, until_s):
    """A film of single pictures, some of which hold nothing that can be read."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuvj420p"
        noise = np.random.default_rng(1).integers(40, 160, (180, 320, 3), np.uint8)
        for number in range(seconds * 10):
            for packet in stream.encode(av.VideoFrame.from_ndarray(noise, format="bgr24")):
                is_spoilt = from_s <= number / 10 < until_s
                torn = av.Packet(b"\xff" * 99 if is_spoilt else bytes(packet))
                torn.pts, torn.dts, torn.time_base = packet.pts, packet.dts, packet.time_base
                torn.duration, torn.is_keyframe, torn.stream = packet.duration, True, stream
                container.mux(torn)
    return path


def test_a_damaged_clip_is_measured_around_its_damage_and_sets_the_status(tmp_path, capsys):
    clip, out = spoilt(tmp_path / "clip.mkv", seconds=10, from_s=4, until_s=7), tmp_path / "r"
    assert main(["replay", str(clip), "--location=KX-01", f"--out={out}"]) == 3
    reports = [event.data for event in events_in(out)]
    blind_ms = sum(sum(report.blind_ms.values()) for report in reports)
    assert blind_ms == pytest.approx(3_000, abs=300)
    assert sum(report.observed_ms for report in reports) == pytest.approx(7_000, abs=400)
    assert "30 packets of clip.mkv could not be read" in capsys.readouterr().err


def test_a_clip_without_pictures_does_not_stop_the_others(tmp_path, capsys):
    good = film(tmp_path / "good.mp4", seconds=3)
    bad = spoilt(tmp_path / "bad.mkv", seconds=2, from_s=0, until_s=2)
    out = tmp_path / "r.jsonl"
    assert main(["replay", str(bad), str(good), "--location=KX-01", f"--out={out}"]) == 3
    told = capsys.readouterr()
    assert "bad.mkv holds no picture" in told.err
    assert "good.mp4" in told.out
    reports = [event.data for event in events_in(out)]
    assert sum(report.observed_ms for report in reports) == pytest.approx(3_000, abs=300)


@pytest.mark.parametrize(("extra", "status"), [((), 130), (("--loop",), 0)])
def test_ctrl_c_ends_a_replay_gracefully_and_with_its_status(tmp_path, extra, status):
    clip, out = film(tmp_path / "clip.mp4", seconds=3), tmp_path / "r.jsonl"
    words = ["replay", str(clip), "--location=KX-01", f"--out={out}", "--speed=1", *extra]
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        assert main(words) == status
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)
    assert events_in(out)  # what was measured is kept
