"""Prevents downgrades: the highest version accepted of the program and of each model.

A signature proves the origin of a release, not that it is the latest: an old release with a known
fault is signed too. A release or model below the highest accepted version is rejected, and so is
the same version with different content. The file is in the identity folder, outside the slots and
the model folder, so deleting those resets nothing. Only the local setting `fleet.allow_older` lifts
the rule. Automatic rollback of a failed update is not a job and is not checked here.
"""

import re
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.atomic_files import PRIVATE_MODE, write_atomically
from wire.scalars import WireMessage

PROGRAM: Final = "program"
_VERSION: Final = re.compile(
    r"v?(\d{1,9}(?:\.\d{1,9}){0,4})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?",
    re.ASCII,
)
REMEDY: Final = "release it under a higher version, or set fleet.allow_older in the camera's file"

VersionKey = tuple[tuple[int, ...], int, tuple[tuple[int, int, str], ...]]


class VersionError(ValueError):
    """A version that is rejected; the message names the accepted version."""


class AcceptedVersion(WireMessage, frozen=True, kw_only=True):
    """The highest version accepted, and the digest of its content if known."""

    version: str
    digest: str = ""


class VersionFile(WireMessage, frozen=True, kw_only=True, rename={"previous": "before"}):
    """Content of the file. `previous` is the model that the current one replaced.

    The names on disk stay as they are: an update and its rollback read the same file.
    """

    highest: dict[str, AcceptedVersion] = msgspec.field(default_factory=dict)
    previous: str = ""


def version_key(version: str) -> VersionKey:
    """A key that sorts as Semantic Versioning does, without build data; or VersionError."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise VersionError(f"version {version[:60]!r} cannot be ordered: write it as 1.4.0")
    numbers = tuple(int(one) for one in match[1].split("."))
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers = numbers[:-1]
    parts = match[2].split(".") if match[2] else ()
    prerelease = tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in parts)
    return numbers, 0 if prerelease else 1, prerelease


class VersionHistory:
    """The history of one camera. Every call reads the file: several processes may write it."""

    def __init__(self, path: Path, *, allow_older: bool = False) -> None:
        self._path = path
        self._allow_older = allow_older

    @property
    def previous(self) -> str:
        """`name:version` of the model that the current one replaced; empty if none."""
        return self._read().previous

    def check(
        self, name: str, version: str, digest: str, *, floor: AcceptedVersion | None = None
    ) -> None:
        """Raise VersionError for a downgrade. `floor` is the version installed without a job.

        An empty digest compares versions only.
        """
        wanted = version_key(version)
        if self._allow_older:
            return
        for accepted in (self._read().highest.get(name), floor):
            if accepted is None:
                continue
            at_least = version_key(accepted.version)
            if wanted < at_least:
                raise VersionError(
                    f"{name} {version} is older than {accepted.version}, accepted before: {REMEDY}"
                )
            both = accepted.digest and digest
            if wanted == at_least and both and accepted.digest != digest:
                raise VersionError(
                    f"{name} {version} differs from {accepted.version}, accepted before: {REMEDY}"
                )

    def record(self, name: str, version: str, digest: str, *, previous: str | None = None) -> None:
        """Store an accepted version, unless a higher one is stored."""
        stored = self._read()
        accepted = stored.highest.get(name)
        if accepted is None or version_key(version) >= version_key(accepted.version):
            stored = msgspec.structs.replace(
                stored,
                highest={**stored.highest, name: AcceptedVersion(version=version, digest=digest)},
            )
        if previous is not None:
            stored = msgspec.structs.replace(stored, previous=previous)
        write_atomically(self._path, msgspec.json.encode(stored), mode=PRIVATE_MODE)

    def _read(self) -> VersionFile:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=VersionFile)
        except FileNotFoundError:
            return VersionFile()
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            raise VersionError(
                f"{self._path.name} of the agent cannot be read, so downgrades cannot be detected: "
                "restore the file, or delete it on the camera"
            ) from None
