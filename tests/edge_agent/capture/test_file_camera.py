import math
from datetime import UTC, datetime, timedelta

import av
import numpy as np
import pytest

from edge_agent.capture.camera import CaptureError
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.settings.capture import CaptureSettings
from wire.health import CaptureState

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FAST = {"speed": math.inf, "starts_at": EIGHT}


@pytest.fixture
def second(film, street):
    """Two seconds at 10 pictures a second."""
    return film(street(n / 10) for n in range(20))


def test_a_file_is_sampled_at_the_rate_that_is_analysed(second):
    camera = open_camera(str(second), CaptureSettings(analysed_fps=5), **FAST)
    times = [frame.elapsed_s for frame in camera]
    assert times == pytest.approx([n / 5 for n in range(10)])
    assert (camera.counters.captured, camera.counters.dropped) == (20, 0)
    assert camera.state is CaptureState.ENDED


def test_a_file_slower_than_the_rate_gives_every_picture(second):
    camera = open_camera(str(second), CaptureSettings(analysed_fps=30), **FAST)
    assert len(list(camera)) == 20


def test_frames_are_stamped_from_the_start_that_was_given(second):
    frames = list(open_camera(second.as_uri(), CaptureSettings(), **FAST))
    assert frames[0].captured_at == EIGHT
    assert frames[5].captured_at == EIGHT + timedelta(seconds=1)


def test_played_at_once_a_file_ends_now(second):
    camera = open_camera(str(second), CaptureSettings(), speed=math.inf, clock=lambda: EIGHT)
    assert next(iter(camera)).captured_at == EIGHT - timedelta(seconds=2)


def test_the_luma_is_the_pictures_own(second, street):
    frame = next(iter(open_camera(str(second), CaptureSettings(), **FAST)))
    assert frame.image.shape == (180, 320, 3)
    assert frame.luma().shape == (180, 320)
    assert frame.image.dtype == frame.luma().dtype == np.uint8
    assert abs(int(frame.image.mean()) - int(street(0.0).mean())) < 6
    assert np.corrcoef(frame.luma().ravel(), frame.image[:, :, 1].ravel())[0, 1] > 0.99


def test_an_animated_gif_is_a_film(tmp_path, street):
    path = tmp_path / "clip.gif"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "rgb8"
        for n in range(10):
            picture = av.VideoFrame.from_ndarray(street(n / 10), format="bgr24")
            container.mux(stream.encode(picture.reformat(format="rgb8")))
        container.mux(stream.encode())
    frames = list(open_camera(str(path), CaptureSettings(), **FAST))
    assert len(frames) == 5
    assert frames[0].image.shape == (180, 320, 3)
    assert frames[0].luma().shape == (180, 320)


def test_a_loop_continues_where_the_file_ended(second):
    camera = open_camera(str(second), CaptureSettings(), speed=1000.0, loop=True, starts_at=EIGHT)
    times = []
    for frame in camera:
        times.append(frame.elapsed_s)
        if len(times) == 25:
            camera.close()
    steps = np.diff(times)
    assert len(times) == 25
    assert (steps > 0).all()
    assert steps.max() < 0.35


def test_at_its_own_speed_a_long_gap_yields_frame_gaps(tmp_path, street):
    path = tmp_path / "slow.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for n in (0, 12):
            picture = av.VideoFrame.from_ndarray(street(n), format="bgr24")
            picture.pts = n
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    kinds = [type(m) for m in open_camera(str(path), CaptureSettings(), starts_at=EIGHT)]
    assert kinds == [Frame, FrameGap, FrameGap, Frame]


def test_a_closed_camera_ends(second):
    camera = open_camera(str(second), CaptureSettings(), **FAST)
    seen = 0
    for _ in camera:
        seen += 1
        camera.close()
    assert seen == 1


@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_a_truncated_video_yields_its_complete_frames(film, street, kept):
    whole = film((street(n / 10) for n in range(60)), name="clip.ts")
    content = whole.read_bytes()
    whole.write_bytes(content[: int(len(content) * kept)])
    frames = list(open_camera(str(whole), CaptureSettings(), **FAST))
    assert 0 < len(frames) < 30


def test_a_truncated_mp4_without_an_index_is_reported(second):
    second.write_bytes(second.read_bytes()[:-2000])
    with pytest.raises(CaptureError, match="is not a readable video"):
        open_camera(str(second), CaptureSettings(), **FAST)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 10_000, b"GIF89a"])
def test_what_is_no_video_is_refused_at_once(tmp_path, content):
    path = tmp_path / "odd.mp4"
    path.write_bytes(content)
    with pytest.raises(CaptureError):
        list(open_camera(str(path), CaptureSettings(), **FAST))


def test_sound_alone_is_no_video(tmp_path):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(CaptureError, match="no video stream"):
        open_camera(str(path), CaptureSettings(), **FAST)


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [
        ("/no/such/file.mp4", "no file /no/such/file.mp4: correct the path"),
        ("ftp://user:secret@host/clip.mp4", r"give rtsp\[s\]"),
    ],
)
def test_an_invalid_source_is_rejected_without_its_password(uri, complaint):
    with pytest.raises(CaptureError, match=complaint) as refusal:
        open_camera(uri, CaptureSettings())
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(("speed", "loop"), [(0.0, False), (-1.0, False), (math.inf, True)])
def test_a_speed_that_cannot_be_played_is_refused(second, speed, loop):
    with pytest.raises(CaptureError, match="speed"):
        open_camera(str(second), CaptureSettings(), speed=speed, loop=loop, starts_at=EIGHT)
