"""Opens a hardware decoder, where the machine and FFmpeg have it."""

from typing import Final

from av.codec import Codec
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.error import FFmpegError

PROBE_CODEC: Final = "h264"
"""Opened once to see whether the device answers; other codecs fall back to software."""


def open_hardware_decoder(kind: str, device: str) -> HWAccel | None:
    """A hardware decoder by its FFmpeg name; None where the machine or FFmpeg lacks it.

    Pictures that the hardware cannot decode are decoded in software.
    """
    accelerator = HWAccel(kind, device or None, allow_software_fallback=True)
    try:
        accelerator.create(Codec(PROBE_CODEC, "r"))
    except (FFmpegError, NotImplementedError, OSError, RuntimeError, ValueError):
        return None
    return accelerator if kind in hwdevices_available() else None
