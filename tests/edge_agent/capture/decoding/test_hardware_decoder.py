"""A hardware decoder is opened where there is one; elsewhere there is none, and no error."""

import pytest

from edge_agent.capture.decoding.hardware_decoder import open_hardware_decoder


@pytest.mark.parametrize(
    ("kind", "device"),
    [
        ("no-such-decoder", ""),
        ("", ""),
        ("vaapi", "/dev/no-such-device"),
        ("drm", "/dev/no-such-device"),
        ("vaapi", "/dev/null"),
    ],
)
def test_without_the_decoder_or_its_device_there_is_none(kind: str, device: str):
    assert open_hardware_decoder(kind, device) is None
