"""The folders of recordings: kept for days and within a budget, cut into clips, sent when asked.

A clip leaves only by `send`, which a job calls with an address that the cloud made for it. It is
the one thing besides the contract's messages that leaves the device, and it is veiled video.
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
UPLOAD_TIMEOUT_S: Final = 600.0  # the whole of it: a slow line takes minutes for a large clip
MAX_RESPONSE_BYTES: Final = 64 * 1024


class ClipError(RuntimeError):
    """A clip that cannot be made or sent: why, what to do."""


class VideoSegment(NamedTuple):
    """A stretch of video, half-open."""

    path: Path
    starts_at: datetime
    ends_at: datetime


def list_recordings(folder: Path) -> list[tuple[datetime, Path]]:
    """The folders of recordings with when they begin, oldest first; anything else is left alone."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            begins_at = datetime.strptime(path.name, NAME_FORMAT).replace(tzinfo=UTC)
        except ValueError:
            continue
        if path.is_dir():
            found.append((begins_at, path))
    return sorted(found)


def delete_expired(folder: Path, now: datetime, days: float, budget_bytes: int) -> int:
    """Delete what is older than `days`, and the oldest until the rest fits; how many folders."""
    kept, gone = [], 0
    for begins_at, path in list_recordings(folder):
        if begins_at < now - timedelta(days=days):
            gone += _delete(path)
        else:
            kept.append((path, _bytes(path)))
    total = sum(size for _, size in kept)
    for path, size in kept:
        if total <= budget_bytes:
            break
        gone, total = gone + _delete(path), total - size
    return gone


def find_segments(folder: Path, since: datetime, until: datetime) -> Iterator[VideoSegment]:
    """What was recorded from `since` up to `until`, whole segments."""
    for begins_at, path in list_recordings(folder):
        for segment in _listed(path, begins_at):
            if segment.starts_at < until and since < segment.ends_at:
                yield segment


def write_clip(folder: Path, since: datetime, until: datetime, into: Path) -> Path:
    """One MPEG-TS file of all that was recorded then, or ClipError."""
    found = [one for one in find_segments(folder, since, until) if one.path.is_file()]
    if not found:
        raise ClipError(f"nothing was recorded from {since} to {until}: is the recorder on?")
    size = sum(segment.path.stat().st_size for segment in found)
    if size > MAX_CLIP_BYTES:
        raise ClipError(f"a clip of {size} bytes, at most {MAX_CLIP_BYTES}: ask for less time")
    with into.open("wb") as whole:
        for segment in found:
            with segment.path.open("rb") as part:
                shutil.copyfileobj(part, whole)
    return into


def upload_clip(clip: Path, url: str) -> int:
    """PUT a clip to an address that was made for it; how many bytes went. ClipError when not."""
    try:
        address = parse_address(url, WEB_SCHEMES)
    except AddressError as error:
        raise ClipError(f"{error}; clips go over https alone") from None
    if not address.is_secure and address.host not in LOOPBACK:
        raise ClipError("clips go over https alone: ask for another address")
    size = clip.stat().st_size
    headers = {"Content-Length": str(size), "Content-Type": "video/mp2t"}
    bounds = HttpLimits(UPLOAD_TIMEOUT_S, MAX_RESPONSE_BYTES)
    try:
        with clip.open("rb") as content:
            answer = send_request(address, bounds, method="PUT", body=content, headers=headers)
    except HttpRequestError as error:
        raise _not_taken(str(error)) from None
    if not answer.is_success:
        raise _not_taken(f"status {answer.status}" + REDIRECTED * (300 <= answer.status < 400))
    log.info("recorder.sent", extra={"bytes": size})
    return size


def _not_taken(why: str) -> ClipError:
    """Without the error's own text, which may hold the address: that is a secret."""
    return ClipError(f"the clip was not taken: {why}; ask for a new address")


def _listed(path: Path, begins_at: datetime) -> Iterator[VideoSegment]:
    try:
        lines = (path / INDEX_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    starts_at, lasts = begins_at, timedelta(0)
    for line in lines:
        if line.startswith("#EXTINF:"):
            lasts = _length(line)
        elif line and not line.startswith("#"):
            yield VideoSegment(path / Path(line).name, starts_at, starts_at + lasts)
            starts_at += lasts


def _length(line: str) -> timedelta:
    """Of a segment; none where a power cut spoilt the line."""
    try:
        return timedelta(seconds=float(line.removeprefix("#EXTINF:").partition(",")[0]))
    except (OverflowError, ValueError):
        return timedelta(0)


def _bytes(path: Path) -> int:
    """What a folder takes; a file that has just been deleted takes nothing."""
    total = 0
    for file in path.glob("*"):
        with suppress(OSError):
            total += file.stat().st_size
    return total


def _delete(path: Path) -> int:
    shutil.rmtree(path, ignore_errors=True)
    log.info("recorder.deleted", extra={"chapter": path.name})
    return 1
