"""A film with a key picture every second, decoded at full activity, at rest, and damaged."""

import av
import pytest
from av.error import InvalidDataError

from edge_agent.capture.camera import ActivityLevel
from edge_agent.capture.decoding import packet_decoder
from edge_agent.capture.decoding.packet_decoder import PacketDecoder, demux_packets
from tests.edge_agent.films import write_film


@pytest.fixture(scope="module")
def path(street, tmp_path_factory):
    pictures = (street(n / 10, [(n * 3, 60)]) for n in range(40))
    return write_film(tmp_path_factory.mktemp("film") / "clip.ts", pictures)


def times(path, *, resting, damaged=()):
    """The times of all pictures; `resting` and `damaged` are by packet."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder, seen = PacketDecoder(stream), []
        for number, packet in enumerate(container.demux(stream)):
            packet = garbage(packet) if number in damaged else packet
            rest = ActivityLevel.KEY_PICTURES if resting(number) else ActivityLevel.FULL
            seen += [p.time for p in decoder.pictures(packet, activity=rest)]
    return [round(time - seen[0], 1) for time in seen]


def garbage(packet):
    """A packet of the same stream and time that holds invalid data."""
    torn = av.Packet(b"\x00\x00\x00\x01\x41" + b"\xff" * 40)
    torn.stream, torn.pts, torn.dts = packet.stream, packet.pts, packet.dts
    torn.time_base = packet.time_base
    return torn


def test_at_full_activity_every_frame_comes_out(path):
    assert times(path, resting=lambda n: False) == [n / 10 for n in range(40)]


def test_at_rest_key_pictures_come_out_alone(path):
    assert times(path, resting=lambda n: True) == [0.0, 1.0, 2.0, 3.0]


def test_after_rest_the_decoder_catches_up_and_misses_nothing(path):
    #  key      rest                 full activity
    #  0.0   1.0 (key)      1.5 | 1.6 1.7 ...
    seen = times(path, resting=lambda n: n < 16)
    assert seen == [0.0, 1.0] + [n / 10 for n in range(16, 40)]


def test_after_a_long_gap_decoding_waits_for_the_next_key_frame(path, monkeypatch):
    monkeypatch.setattr(packet_decoder, "KEPT_PACKETS", 3)
    seen = times(path, resting=lambda n: n < 16)
    assert seen == [0.0, 1.0] + [n / 10 for n in range(20, 40)]


def test_a_stream_with_b_pictures_does_not_rest(film, street):
    path = film((street(n / 10, [(n * 3, 60)]) for n in range(40)), name="b.ts", bf=3)
    assert len(times(path, resting=lambda n: True)) == 40


def test_a_damaged_packet_loses_only_its_own_frames(path):
    seen = times(path, resting=lambda n: False, damaged={13, 14})
    assert set(seen) >= {n / 10 for n in range(40)} - {1.3, 1.4}


def test_nothing_but_damage_ends_the_stream(path, monkeypatch):
    monkeypatch.setattr(packet_decoder, "MAX_CONSECUTIVE_DAMAGED", 5)
    with pytest.raises(InvalidDataError):
        times(path, resting=lambda n: False, damaged=range(3, 40))


def test_a_buffering_decoder_decodes_nothing_and_misses_nothing_afterwards(path):
    #  packets 0 to 24 are buffered, key pictures are 0, 10, 20; from 25 on all are decoded
    moods = [ActivityLevel.BUFFERING] * 25 + [ActivityLevel.FULL] * 15
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder = PacketDecoder(stream)
        seen = [
            (number, picture.time)
            for number, packet in enumerate(container.demux(stream))
            for picture in decoder.pictures(packet, activity=moods[min(number, 39)])
        ]
    first = seen[0][1]
    assert [round(time - first, 1) for _, time in seen] == [round(n / 10, 1) for n in range(15)]
    assert seen[0] == (25, first)


def test_packets_of_a_stream_that_begins_later_are_left_out():
    class Container:
        """PyAV's at a packet of a stream that it has not listed: the packet is lost."""

        read = iter((1, 2, None, None, 3, None))

        def demux(self, *_streams):
            for packet in self.read:
                if packet is None:
                    raise IndexError("list index out of range")
                yield packet

    assert list(demux_packets(Container())) == [1, 2, 3]
