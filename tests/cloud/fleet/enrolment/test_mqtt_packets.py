"""Packets that were encoded can be decoded; any other bytes raise a PacketError at most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.fleet.enrolment import mqtt_packets as mqtt
from cloud.fleet.enrolment.mqtt_packets import Packet, PacketError

LARGEST = 1_000


def whole(packet):
    found, used = mqtt.split_packet(packet, largest_bytes=LARGEST)
    assert used == len(packet)
    return found


@pytest.mark.parametrize("version", [mqtt.V311, mqtt.V5])
@pytest.mark.parametrize("size", [0, 1, 100, 900])
def test_an_encoded_publish_is_decoded_unchanged(version, size):
    found = whole(mqtt.publish(version, "a/b", b"x" * size))
    assert mqtt.parse_publish(found, version) == mqtt.PublishPacket("a/b", b"x" * size, 0)


@given(st.integers(0, 268_435_455))
def test_an_encoded_length_is_decoded_unchanged(length):
    written = mqtt._encode_length(length)
    assert mqtt._decode_length(written, 0) == (length, len(written))


@given(st.binary(max_size=200))
def test_any_bytes_are_split_or_refused(buffer):
    try:
        packet, used = mqtt.split_packet(buffer, largest_bytes=LARGEST)
    except PacketError:
        return
    assert used <= len(buffer)
    assert (packet is None) == (used == 0)


@given(st.integers(0, 15), st.binary(max_size=80), st.sampled_from([mqtt.V311, mqtt.V5]))
def test_any_body_is_parsed_or_refused(flags, body, version):
    packet = Packet(mqtt.SUBSCRIBE, flags, body)
    for outcome, expected in (
        (parsed_or_refused(mqtt.parse_publish, packet, version), mqtt.PublishPacket),
        (parsed_or_refused(mqtt.parse_subscribe, packet, version), mqtt.SubscribePacket),
        (parsed_or_refused(mqtt.parse_connect, Packet(mqtt.CONNECT, 0, body)), mqtt.ConnectPacket),
    ):
        assert isinstance(outcome, expected | PacketError)


def parsed_or_refused(parse, *given):
    """The packet, or the PacketError; no other exception is caught."""
    try:
        return parse(*given)
    except PacketError as refused:
        return refused


@given(st.binary(min_size=1, max_size=60), st.integers(1, 59))
def test_an_incomplete_packet_waits_for_the_rest(payload, at):
    packet = mqtt.publish(mqtt.V311, "topic", payload)
    cut = at % len(packet)
    assert mqtt.split_packet(packet[:cut], largest_bytes=LARGEST) == (None, 0)
    assert mqtt.split_packet(packet + b"more", largest_bytes=LARGEST)[1] == len(packet)


def test_a_packet_that_is_too_large_is_refused_before_it_is_complete():
    with pytest.raises(PacketError, match="a packet of 2000 bytes; at most 1000"):
        mqtt.split_packet(b"\x30\xd0\x0f", largest_bytes=LARGEST)


def test_a_connack_in_mqtt_5_says_what_is_not_supported():
    assert mqtt.connack(mqtt.V311) == b"\x20\x02\x00\x00"
    assert whole(mqtt.connack(mqtt.V5)).body[:3] == b"\x00\x00\x0a"


def test_a_refused_filter_has_the_reason_code_of_its_version():
    assert mqtt.suback(mqtt.V311, 7, (True, False))[-2:] == b"\x00\x80"
    assert mqtt.suback(mqtt.V5, 7, (True, False))[-2:] == b"\x00\x87"
