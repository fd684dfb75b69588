"""Recorded video on disk: retention by age and size, cutting of clips, upload.

A clip is sent only by `upload_clip`, called by a job with an upload URL from the cloud. Besides the
messages of the schema it is the only data that leaves the device, and it is pixelated video.
"""

import logging
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from edge_agent.settings.services import LOOPBACK
from wire.addresses import WEB_SCHEMES, AddressError, parse_address
from wire.web.http_client import HttpLimits, HttpRequestError, send_request
from wire.web.web_request import REDIRECTED

log = logging.getLogger(__name__)

NAME_FORMAT: Final = "%Y%m%dT%H%M%SZ"
INDEX_FILE: Final = "index.m3u8"
MAX_CLIP_BYTES: Final = 256 * 1024 * 1024
UPLOAD_TIMEOUT_S: Final = 600.0  # in total: a slow connection takes minutes for a large clip
MAX_RESPONSE_BYTES: Final = 64 * 1024


class ClipError(RuntimeError):
    """A clip cannot be cut or uploaded: why, what to do."""


class VideoSegment(NamedTuple):
    """A half-open interval of video."""

    path: Path
    starts_at: datetime
    ends_at: datetime


def list_recordings(folder: Path) -> list[tuple[datetime, Path]]:
    """Folders of recordings with their start, oldest first; other entries are ignored."""
    matching = []
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            started_at = datetime.strptime(path.name, NAME_FORMAT).replace(tzinfo=UTC)
        except ValueError:
            continue
        if path.is_dir():
            matching.append((started_at, path))
    return sorted(matching)


def delete_expired(folder: Path, now: datetime, days: float, budget_bytes: int) -> int:
    """Delete folders older than `days`, then the oldest above the budget; returns their number."""
    remaining, deleted = [], 0
    for started_at, path in list_recordings(folder):
        if started_at < now - timedelta(days=days):
            deleted += _delete_folder(path)
        else:
            remaining.append((path, _folder_bytes(path)))
    total = sum(size for _, size in remaining)
    for path, size in remaining:
        if total <= budget_bytes:
            break
        deleted, total = deleted + _delete_folder(path), total - size
    return deleted


def find_segments(folder: Path, since: datetime, until: datetime) -> Iterator[VideoSegment]:
    """Whole segments recorded from `since` up to `until`."""
    for started_at, path in list_recordings(folder):
        for segment in _read_index(path, started_at):
            if segment.starts_at < until and since < segment.ends_at:
                yield segment


def write_clip(folder: Path, since: datetime, until: datetime, into: Path) -> Path:
    """Write one MPEG-TS file of all segments of a period, or raise ClipError."""
    matching = [one for one in find_segments(folder, since, until) if one.path.is_file()]
    if not matching:
        raise ClipError(f"nothing was recorded from {since} to {until}: check settings recorder.on")
    size = sum(segment.path.stat().st_size for segment in matching)
    if size > MAX_CLIP_BYTES:
        raise ClipError(
            f"a clip of {size} bytes, above the limit of {MAX_CLIP_BYTES}: request less time"
        )
    with into.open("wb") as output:
        for segment in matching:
            with segment.path.open("rb") as source:
                shutil.copyfileobj(source, output)
    return into


def upload_clip(clip: Path, url: str) -> int:
    """PUT a clip to its upload URL; returns its size. Raises ClipError when it fails."""
    try:
        address = parse_address(url, WEB_SCHEMES)
    except AddressError as error:
        raise ClipError(f"{error}; clips are uploaded over https only") from None
    if not address.is_secure and address.host not in LOOPBACK:
        raise ClipError("clips are uploaded over https only: request another URL")
    size = clip.stat().st_size
    headers = {"Content-Length": str(size), "Content-Type": "video/mp2t"}
    bounds = HttpLimits(UPLOAD_TIMEOUT_S, MAX_RESPONSE_BYTES)
    try:
        with clip.open("rb") as content:
            response = send_request(address, bounds, method="PUT", body=content, headers=headers)
    except HttpRequestError as error:
        raise _upload_error(str(error)) from None
    if not response.is_success:
        raise _upload_error(
            f"status {response.status}" + REDIRECTED * (300 <= response.status < 400)
        )
    log.info("recorder.clip_uploaded", extra={"bytes": size})
    return size


def _upload_error(reason: str) -> ClipError:
    """Without the text of the error, which may contain the URL: that is a credential."""
    return ClipError(f"the clip was not uploaded: {reason}; request a new URL")


def _read_index(path: Path, started_at: datetime) -> Iterator[VideoSegment]:
    try:
        lines = (path / INDEX_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    starts_at, duration = started_at, timedelta(0)
    for line in lines:
        if line.startswith("#EXTINF:"):
            duration = _segment_duration(line)
        elif line and not line.startswith("#"):
            yield VideoSegment(path / Path(line).name, starts_at, starts_at + duration)
            starts_at += duration


def _segment_duration(line: str) -> timedelta:
    """Duration of a segment; zero where a power cut damaged the line."""
    try:
        return timedelta(seconds=float(line.removeprefix("#EXTINF:").partition(",")[0]))
    except (OverflowError, ValueError):
        return timedelta(0)


def _folder_bytes(path: Path) -> int:
    """Size of a folder; files deleted meanwhile are skipped."""
    total = 0
    for file in path.glob("*"):
        with suppress(OSError):
            total += file.stat().st_size
    return total


def _delete_folder(path: Path) -> int:
    shutil.rmtree(path, ignore_errors=True)
    log.info("recorder.recording_deleted", extra={"folder": path.name})
    return 1
