"""Decodes a file packet by packet, as the agent does."""

import av

from edge_agent.capture.camera import ActivityLevel
from edge_agent.capture.decoding.packet_decoder import PacketDecoder


def decode(path, activity=ActivityLevel.FULL):
    """All pictures that the decoder of the agent gives for a file."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder = PacketDecoder(stream)
        return [one for packet in container.demux(stream)
                for one in decoder.pictures(packet, activity=activity)]  # fmt: skip
