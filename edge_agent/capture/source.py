"""Parses a source: an existing path, a device or an address, and the FFmpeg options for it.

A path that exists is always a path, whatever characters its name has. A path or link that leads
below /dev is an attached camera, whether or not the device is present.
"""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from edge_agent.capture.camera import CaptureError
from edge_agent.settings.capture import CaptureSettings
from wire.addresses import CAMERA_SCHEMES, AddressError, NetworkAddress, display_path, parse_address

DEVICES: Final = Path("/dev")
NOT_DEVICES: Final = ("shm", "fd", "mqueue", "hugepages", "pts")  # folders of /dev without cameras
KINDS: Final = "rtsp[s]://, http[s]://, a camera below /dev, or the path of a video file"
LINKS_FOLLOWED: Final = 8
SEGMENT_WITHIN_S: Final = 30.0  # three of the longest segments in use
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(//)?")


@dataclass(frozen=True, slots=True)
class LiveSource:
    """The source as FFmpeg opens it. `uri` may hold credentials; `name` is its display form."""

    uri: str = field(repr=False)
    name: str
    container: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    patience_s: float = 0.0  # for one packet, where it may be longer than `read_timeout_s`

    @property
    def address(self) -> NetworkAddress | None:
        """The network address; None for an attached device."""
        return None if self.container == "v4l2" else parse_address(self.uri, CAMERA_SCHEMES)


def parse_source(uri: str, settings: CaptureSettings) -> LiveSource | Path:
    """A live source, or the path of a recording; raises CaptureError for anything else."""
    if not uri or "\0" in uri:
        raise CaptureError(f"a source is empty or holds a null character: give {KINDS}")
    found = _existing(uri) or _device(Path(uri))
    if found is not None:
        return found
    scheme = _SCHEME.match(uri)
    if scheme is None:
        return Path(uri)
    if scheme[1].lower() == "file":
        return _file(uri)
    return live_source(uri, settings)


def live_source(uri: str, settings: CaptureSettings) -> LiveSource:
    """A network camera; raises CaptureError, which holds no part of the address."""
    try:
        address = parse_address(uri, CAMERA_SCHEMES)
    except AddressError as error:
        raise CaptureError(f"the source cannot be used: {error}; give {KINDS}") from None
    make = rtsp_source if address.scheme in ("rtsp", "rtsps") else http_source
    return make(address, settings)


def rtsp_source(address: NetworkAddress, settings: CaptureSettings) -> LiveSource:
    """RTSP over TCP: with UDP, lost packets make pictures unreadable."""
    options = {"rtsp_transport": "tcp", "timeout": _timeout_us(settings)}
    options |= _tls_options(address, settings)
    return LiveSource(address.with_credentials_uri(), str(address), options=options)


def http_source(address: NetworkAddress, settings: CaptureSettings) -> LiveSource:
    """An HTTP stream: MJPEG, MPEG-TS or HLS.

    Each response has the time limit of a picture; HLS has that of a segment.
    """
    options = {"rw_timeout": _timeout_us(settings), **_tls_options(address, settings)}
    uri = address.with_credentials_uri()
    return LiveSource(uri, str(address), options=options, patience_s=SEGMENT_WITHIN_S)


def device_source(device: str) -> LiveSource:
    """A camera attached to a Linux machine."""
    return LiveSource(device, device, container="v4l2")


def _tls_options(address: NetworkAddress, settings: CaptureSettings) -> dict[str, str]:
    """Verify the certificate where an authority is configured; most cameras sign their own."""
    if not (address.is_secure and settings.ca_file):
        return {}
    return {"tls_verify": "1", "ca_file": settings.ca_file}


def _timeout_us(settings: CaptureSettings) -> str:
    return str(round(settings.read_timeout_s * 1e6))


def _existing(uri: str) -> LiveSource | Path | None:
    path = Path(uri)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return None
    if stat.S_ISCHR(mode):
        return device_source(uri)
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise CaptureError(f"{display_path(uri)} is neither a file nor a camera: give {KINDS}")
    return path


def _device(path: Path) -> LiveSource | None:
    """A device that is not present: a path below /dev, or a link that leads there."""
    given = path
    for _ in range(LINKS_FOLLOWED):
        if _is_below_devices(path):
            return device_source(str(given))
        try:
            path = path.parent / path.readlink()
        except (OSError, ValueError):
            return None
    return None


def _is_below_devices(path: Path) -> bool:
    if not path.is_relative_to(DEVICES) or path == DEVICES or ".." in path.parts:
        return False
    return path.relative_to(DEVICES).parts[0] not in NOT_DEVICES


def _file(uri: str) -> Path:
    """The path of a `file:` address: as written if that exists, else percent-decoded."""
    text = uri[len("file:") :]
    if text.startswith("//"):
        host, slash, rest = text[2:].partition("/")
        if host not in ("", "localhost"):
            raise CaptureError("a file: address names another host: write file:///path")
        text = slash + rest
    written = Path(text)
    return written if written.exists() else Path(unquote(text))
