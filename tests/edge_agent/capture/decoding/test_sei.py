"""Orientation messages in H.264 and HEVC packets; damaged ones are ignored."""

import struct

import pytest

from edge_agent.capture.decoding.sei import OrientationSei, SeiReader

QUARTER_TURN = (0x4000 << 5 | 1 << 4).to_bytes(3, "big")


@pytest.mark.parametrize(
    ("payload", "wanted"),
    [
        (bytes([47, 4]) + QUARTER_TURN + b"\x80", 90.0),
        (b"\x05\x11" + b"u" * 17 + b"\x2f\x01\x80\x80", 0.0),  # another message, then a cancel
        (b"\x05\xff\x01" + b"u" * 256 + b"\x2f\x01\xc0\x80", 0.0),  # a message of 256 bytes
        (b"\x2f\x04\x08", None),  # cut off
        (b"\x2f", None),
        (b"", None),
        (b"\xff\xff\xff", None),
        (b"\x05\xff\xff\xff", None),
    ],
)
@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("by_length", [False, True])
def test_messages_are_read_in_either_codec_and_form(codec, by_length, payload, wanted):
    header = b"\x06" if codec == "h264" else b"\x4e\x01"
    slice_ = (b"\x65" if codec == "h264" else b"\x26\x01") + b"\x88" * 40
    units = [header + payload, slice_, header + b"\x2f\x01\x80\x80"]  # too late, after a slice
    if by_length:
        extradata = b"\x01" + bytes(20) + b"\xff" if codec == "hevc" else b"\x01dd\x00\xff\xe1"
        packet = b"".join(struct.pack(">I", len(unit)) + unit for unit in units)
    else:
        extradata, packet = b"", b"".join(b"\0\0\0\1" + unit for unit in units)
    found = SeiReader(codec, extradata).orientation(memoryview(packet), is_key=False)
    assert (None if found is None else found.anticlockwise_deg) == wanted


def test_a_message_behind_the_last_slice_of_a_key_picture_is_read_too():
    message = b"\x06\x2f\x04" + QUARTER_TURN + b"\x80\x80"
    packet = b"\0\0\1\x65" + b"\x88" * 40_000 + b"\0\0\1" + message
    reader = SeiReader("h264", b"")
    found = reader.orientation(memoryview(packet), is_key=True)
    assert found is not None
    assert found.anticlockwise_deg == 90
    assert reader.orientation(memoryview(packet), is_key=False) is None


def h264(payload):
    """A packet with one message of this content."""
    return memoryview(b"\0\0\1\x06" + payload + b"\x80")


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        (0b000, OrientationSei(180.0)),
        (0b010, OrientationSei(180.0, is_mirrored=True)),
        (0b001, OrientationSei(180.0, is_upside_down=True)),
        (0b011, OrientationSei(180.0, is_mirrored=True, is_upside_down=True)),
        (0b111, OrientationSei()),  # cancelled, whatever follows
    ],
)
def test_flags_and_turn_are_read_from_their_bits(flags, wanted):
    content = (flags << 21 | 0x8000 << 5).to_bytes(3, "big")
    assert SeiReader("h264", None).orientation(h264(b"\x2f\x03" + content), is_key=True) == wanted


def test_bytes_that_prevent_a_false_start_code_are_removed():
    content = b"\x2f\x05" + b"\0\0\3\0\0\3\0"  # five bytes 0: upright, not cancelled
    found = SeiReader("h264", None).orientation(h264(content), is_key=True)
    assert found == OrientationSei(0.0)


def test_the_last_of_several_messages_counts():
    upright = b"\x2f\x03\0\0\3\0"
    both = h264(b"\x2f\x03" + QUARTER_TURN + upright)
    assert SeiReader("h264", None).orientation(both, is_key=True) == OrientationSei(0.0)


def test_other_codecs_have_no_messages_to_read():
    assert not SeiReader("mjpeg", None).can_read
    assert SeiReader("h264", None).can_read
    assert SeiReader("hevc", None).can_read


@pytest.mark.parametrize("extradata", [None, b"", b"\x01", b"\0\0\0\1\x67\x64\0\x1f\xac"])
def test_without_a_length_in_the_extra_data_packets_have_start_codes(extradata):
    packet = h264(b"\x2f\x03" + QUARTER_TURN)
    found = SeiReader("h264", extradata).orientation(packet, is_key=True)
    assert found == OrientationSei(90.0)


@pytest.mark.parametrize("length", [0, 2**32 - 1])
def test_a_unit_with_an_impossible_length_ends_the_search(length):
    packet = memoryview(struct.pack(">I", length) + b"\x06\x2f\x03")
    reader = SeiReader("h264", b"\x01dd\x00\xff\xe1")
    assert reader.orientation(packet, is_key=True) is None
