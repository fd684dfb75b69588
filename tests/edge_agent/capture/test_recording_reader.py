"""Recordings with damage, gaps and odd clocks: what can be read is, the rest is unobserved."""

import math
from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.capture.camera import CaptureError
from edge_agent.capture.decoding.packet_decoder import MAX_CONSECUTIVE_DAMAGED
from edge_agent.capture.factory import open_camera
from edge_agent.capture.failure_cause import FailureCause
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.metering.meter import AudienceMeter
from edge_agent.perception.sightings import Visibility
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.capture import CaptureSettings
from wire.audience import BlindCause
from wire.health import CaptureState

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FAST_ENCODER = {"preset": "ultrafast", "g": "10"}
FAST = {"speed": math.inf, "starts_at": EIGHT}


def copied(path, into, *, change=lambda number, content: content, drop=(), shift=lambda n: 0):
    """The same packets, some changed, dropped, or at another time (in seconds)."""
    with av.open(str(path)) as source, av.open(str(into), "w") as copy:
        stream = source.streams.video[0]
        out = copy.add_stream_from_template(stream)
        for number, packet in enumerate(source.demux(stream)):
            if packet.dts is None or number in drop:
                continue
            packed = av.Packet(change(number, bytes(packet)))
            later = round(shift(number) / packet.time_base)
            packed.pts, packed.dts = packet.pts + later, packet.dts + later
            packed.time_base, packed.duration = packet.time_base, packet.duration
            packed.is_keyframe, packed.stream = packet.is_keyframe, out
            copy.mux(packed)
    return into


def moving_jpeg(path, pictures, fps=15):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=fps)
        for index, picture in enumerate(pictures):
            if index == 0:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuvj420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def accounted(moments):
    """Milliseconds by cause, `observed` among them, as the meter counts a camera's moments."""
    meter, view = (
        AudienceMeter(Settings(interval_s=1)),
        Visibility(observed=False, cause=BlindCause.OFFLINE),
    )
    spent, tallies = Counter(), []
    for moment in moments:
        if isinstance(moment, Frame):
            view = Visibility(observed=True)
        elif not moment.resting:
            view = Visibility(observed=False, cause=BlindCause.OFFLINE)
        meter.observe(moment.captured_at, moment.elapsed_s, view)
        tallies += meter.close_due()
    for tally in (*tallies, *meter.close()):
        spent["observed"] += tally.observed_ms
        spent.update(tally.blind_ms)
    return spent


def read(path, **options):
    camera = open_camera(str(path), CaptureSettings(), **(FAST | options))
    moments = list(camera)
    return camera, moments


def test_one_damaged_frame_loses_that_frame_only(tmp_path, street):
    whole = moving_jpeg(tmp_path / "whole.avi", (street(n / 15) for n in range(360)))
    damaged = copied(
        whole, tmp_path / "damaged.avi",
        change=lambda number, content: b"\xff" * len(content) if number == 57 else content,
    )  # fmt: skip
    camera, moments = read(damaged)
    spent = accounted(moments)
    assert spent["observed"] == pytest.approx(23_900, abs=150)
    assert camera.counters.damaged == 1
    assert camera.state is CaptureState.ENDED
    assert camera.failure.cause is FailureCause.RECORDING_DAMAGED


def test_a_stretch_of_damage_is_unobserved_for_as_long_as_it_lasts(tmp_path, street):
    whole = moving_jpeg(tmp_path / "whole.avi", (street(n / 15) for n in range(150)))
    damaged = copied(
        whole, tmp_path / "damaged.avi",
        change=lambda number, content: b"\xff" * 99 if 45 <= number < 90 else content,
    )  # fmt: skip
    _, moments = read(damaged)
    spent = accounted(moments)
    assert spent[BlindCause.OFFLINE] == pytest.approx(3_000, abs=250)
    assert sum(spent.values()) == pytest.approx(9_900, abs=150)


def test_more_damage_than_a_live_stream_may_have_does_not_end_a_recording(tmp_path, street):
    count = MAX_CONSECUTIVE_DAMAGED + 20
    whole = moving_jpeg(tmp_path / "whole.avi", (street(n / 15) for n in range(count + 30)))
    damaged = copied(
        whole, tmp_path / "damaged.avi",
        change=lambda number, content: b"\xff" * 99 if 15 <= number < 15 + count else content,
    )  # fmt: skip
    camera, moments = read(damaged)
    assert camera.counters.damaged == count
    assert isinstance(moments[-1], Frame)


def test_damage_at_the_end_is_unobserved_too(tmp_path, street):
    whole = moving_jpeg(tmp_path / "whole.avi", (street(n / 15) for n in range(90)))
    damaged = copied(
        whole, tmp_path / "damaged.avi",
        change=lambda number, content: b"\xff" * 99 if number >= 60 else content,
    )  # fmt: skip
    spent = accounted(read(damaged)[1])
    assert spent["observed"] == pytest.approx(4_000, abs=200)
    assert sum(spent.values()) == pytest.approx(6_000, abs=200)


def test_a_stream_is_unobserved_before_its_first_key_frame(street_film, tmp_path):
    whole = street_film(tmp_path / "whole.ts", 60)
    torn = copied(whole, tmp_path / "torn.ts", drop=range(7))  # the first key picture and six more
    camera, moments = read(torn)
    spent = accounted(moments)
    assert isinstance(moments[0], FrameGap)
    assert spent[BlindCause.OFFLINE] == pytest.approx(300, abs=120)
    assert sum(spent.values()) == pytest.approx(5_200, abs=250)
    assert camera.state is CaptureState.ENDED


def test_bytes_lost_in_the_middle_of_a_transport_stream_cost_only_what_they_held(
    street_film, tmp_path
):
    path = street_film(tmp_path / "clip.ts", 100)
    content = bytearray(path.read_bytes())
    begins = len(content) * 4 // 10
    content[begins : begins + len(content) // 10] = b"\0" * (len(content) // 10)
    path.write_bytes(content)
    spent = accounted(read(path)[1])
    assert sum(spent.values()) == pytest.approx(9_900, abs=300)
    assert spent["observed"] >= 8_000


def test_a_file_cut_off_says_how_much_is_missing(tmp_path, street):
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=10, options=FAST_ENCODER)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for n in range(100):
            picture = av.VideoFrame.from_ndarray(street(n / 10), format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    camera, moments = read(path)
    spent = accounted(moments)
    assert sum(spent.values()) == pytest.approx(10_000, abs=300)
    assert 2_000 < spent["observed"] < 7_000
    assert camera.counters.damaged >= 1


@pytest.mark.parametrize("gap_s", [2.0, 61.0, 90.0, 4000.0])
def test_a_gap_in_a_recording_is_unobserved_time(street_film, tmp_path, gap_s):
    whole = street_film(tmp_path / "whole.mkv", 40)
    gapped = copied(whole, tmp_path / "gap.mkv", shift=lambda n: gap_s if n >= 20 else 0)
    camera, moments = read(gapped)
    spent = accounted(moments)
    assert sum(spent.values()) == pytest.approx(3_800 + gap_s * 1000, abs=50)
    assert spent[BlindCause.OFFLINE] == pytest.approx((gap_s - 0.9) * 1000, abs=150)
    assert camera.counters.damaged == 0


@pytest.mark.parametrize("back_s", [-3.0, -4000.0])
def test_time_stamps_that_begin_anew_are_a_splice(street_film, tmp_path, back_s):
    film = street_film(tmp_path / "film.ts", 20)
    second = copied(film, tmp_path / "later.ts", shift=lambda n: 5000.0 + back_s)
    first = copied(film, tmp_path / "early.ts", shift=lambda n: 5000.0)
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    times = [moment.elapsed_s for moment in read(both)[1]]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(3.9, abs=0.3)


def test_a_slow_film_is_measured_alike_at_any_speed(tmp_path, street):
    path = tmp_path / "slow.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options=FAST_ENCODER)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for at in (0, 5, 12, 60):
            picture = av.VideoFrame.from_ndarray(street(at), format="bgr24")
            picture.pts = at
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    at_once = accounted(read(path)[1])
    slowly = accounted(read(path, speed=4.0)[1])
    for cause, spent_ms in at_once.items():
        assert slowly[cause] == pytest.approx(spent_ms, abs=300)


def test_a_recording_of_nothing_but_damage_is_refused(tmp_path, street):
    whole = moving_jpeg(tmp_path / "whole.avi", (street(n / 15) for n in range(30)))
    damaged = copied(whole, tmp_path / "damaged.avi", change=lambda n, content: b"\xff" * 99)
    with pytest.raises(CaptureError, match="holds no picture"):
        read(damaged)


@pytest.mark.parametrize("size", [0, 1, 40, 1000])
def test_a_nearly_empty_file_is_rejected(street_film, tmp_path, size):
    for name in ("clip.mp4", "clip.mkv"):
        path = street_film(tmp_path / name, 20)
        path.write_bytes(path.read_bytes()[:size])
        with pytest.raises(CaptureError):
            read(path)


@pytest.fixture(scope="module")
def noisy_recording(tmp_path_factory):
    """Six seconds of a noisy picture, each frame decodable without the others."""
    noise = np.random.default_rng(3).integers(60, 180, (90, 160, 3), np.uint8)
    return moving_jpeg(tmp_path_factory.mktemp("noisy") / "whole.mkv", [noise] * 90)


@settings(max_examples=15, deadline=None)
@given(
    damaged=st.sets(st.integers(0, 89), max_size=60),
    gap=st.tuples(st.integers(1, 89), st.floats(0, 200)),
)
def test_whatever_is_lost_the_causes_add_up_to_the_length(
    tmp_path_factory, noisy_recording, damaged, gap
):
    """The observed time and every cause of unobserved_cause together are the recording's length."""
    first, pause_s = gap
    lost = copied(
        noisy_recording, tmp_path_factory.mktemp("lost") / "lost.mkv",
        change=lambda n, content: b"\xff" * 99 if n in damaged and n else content,
        shift=lambda n: pause_s if n >= first else 0,
    )  # fmt: skip
    spent = accounted(read(lost)[1])
    length_ms = (89 / 15 + float(Fraction(pause_s))) * 1000
    assert sum(spent.values()) <= length_ms + 200
    lost_at_the_end = next(n for n in range(90) if 89 - n not in damaged)
    assert sum(spent.values()) >= length_ms - 200 - min(lost_at_the_end / 15, 0.5) * 1000


def test_a_matroska_file_that_was_cut_off_says_how_much_is_missing(tmp_path, street):
    whole = moving_jpeg(tmp_path / "whole.mkv", (street(n / 15) for n in range(150)))
    camera, moments = read(whole)
    assert camera.counters.damaged == 0
    content = whole.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(content[: len(content) // 2])
    camera, moments = read(cut)
    spent = accounted(moments)
    assert camera.counters.damaged == 1
    assert spent[BlindCause.OFFLINE] == pytest.approx(5_000, abs=500)
    assert sum(spent.values()) == pytest.approx(10_000, abs=150)


def with_sound(path, street, *, sound_s):
    """Ten seconds of pictures at 10 a second, and a tone of so many seconds."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("libx264", rate=10, options=FAST_ENCODER)
        pictures.width, pictures.height, pictures.pix_fmt = 320, 180, "yuv420p"
        tone = container.add_stream("mp3" if path.suffix == ".flv" else "ac3", rate=44_100)
        tone.layout = "mono"
        for second in range(max(10, sound_s)):
            for n in range(10 * second, 10 * second + 10) if second < 10 else ():
                picture = av.VideoFrame.from_ndarray(street(n / 10), format="bgr24")
                picture.pts, picture.time_base = n, Fraction(1, 10)
                container.mux(pictures.encode(picture))
            if second < sound_s:
                samples = np.sin(np.arange(44_100) / 20).astype(np.float32)[None] / 4
                heard = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
                heard.rate, heard.pts = 44_100, second * 44_100
                container.mux(tone.encode(heard))
        container.mux(pictures.encode())
        container.mux(tone.encode())
    return path


@pytest.mark.parametrize("name", ["clip.mkv", "clip.flv"])
@pytest.mark.parametrize("sound_s", [10, 14])
def test_a_recording_with_sound_that_was_cut_off_says_how_much_is_missing(
    tmp_path, street, name, sound_s
):
    whole = with_sound(tmp_path / name, street, sound_s=sound_s)
    camera, moments = read(whole)
    assert camera.counters.damaged == 0
    assert accounted(moments)[BlindCause.OFFLINE] == 0
    content = whole.read_bytes()
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(content[: len(content) // 2])
    camera, moments = read(cut)
    spent = accounted(moments)
    assert camera.counters.damaged >= 1
    assert camera.failure.cause is FailureCause.RECORDING_DAMAGED
    assert sum(spent.values()) == pytest.approx(sound_s * 1000, abs=300)
    assert spent["observed"] < 7_500
