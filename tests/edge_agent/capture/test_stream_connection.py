"""One connection's packets: a recording shows at its end, a stream that stands still is left."""

from types import SimpleNamespace

import av
import pytest

from edge_agent.capture.stream_connection import VideoPackets


def test_a_server_that_states_a_length_and_reaches_it_served_a_recording(film, street):
    path = film((street(n / 10) for n in range(20)), name="clip.mp4")
    with av.open(str(path)) as container:
        packets = VideoPackets(container, container.streams.video[0], within_s=5)
        assert sum(packet.size > 0 for packet in packets) == 20
        assert packets.were_a_recording


@pytest.mark.parametrize("stated_s", [None, 0, 3600])
def test_a_stream_that_ends_before_its_stated_length_was_no_recording(film, street, stated_s):
    path = film((street(n / 10) for n in range(20)), name="clip.ts")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        live = SimpleNamespace(demux=container.demux, duration=stated_s and stated_s * av.time_base)
        packets = VideoPackets(live, stream, within_s=5)
        assert list(packets)
        assert not packets.were_a_recording


def test_sound_alone_does_not_keep_a_camera_alive():
    now_s = [0.0]

    def demux():
        while True:
            now_s[0] += 1.0
            yield SimpleNamespace(stream_index=1)

    container = SimpleNamespace(demux=demux, duration=None)
    packets = VideoPackets(
        container, SimpleNamespace(index=0), within_s=5.0, steady=lambda: now_s[0]
    )
    with pytest.raises(TimeoutError):
        list(packets)
    assert now_s[0] <= 7.0
