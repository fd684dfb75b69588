"""Versions only go up: the highest of the program and of each model that this camera has had.

A signature says who made something, not that it is the latest: an old release with a known fault
is signed too. So a release or model below the highest version accepted here is refused, and so is
the same version with other content. The book lies with the identity, outside the slots and the
folder of models, so that wiping those forgets nothing. Only the camera's own settings
(`fleet.allow_older`) lift the rule. Going back by itself, after an update that failed, is no job
and is not asked here.
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
    """A version that is not taken; the sentence says which one is held."""


class AcceptedVersion(WireMessage, frozen=True, kw_only=True):
    """The highest version accepted, and the digest of its content where that is known."""

    version: str
    digest: str = ""


class VersionFile(WireMessage, frozen=True, kw_only=True):
    """What the file holds. `before` is the model that the present one replaced."""

    highest: dict[str, AcceptedVersion] = msgspec.field(default_factory=dict)
    previous: str = ""


def version_key(version: str) -> VersionKey:
    """A value that sorts as Semantic Versioning does, without build data; or VersionError."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise VersionError(f"version {version[:60]!r} cannot be ordered: write it as 1.4.0")
    numbers = tuple(int(one) for one in found[1].split("."))
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers = numbers[:-1]
    parts = found[2].split(".") if found[2] else ()
    early = tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in parts)
    return numbers, 0 if early else 1, early


class VersionHistory:
    """One camera's book. Every question reads the file: several processes may keep it."""

    def __init__(self, path: Path, *, allow_older: bool = False) -> None:
        self._path = path
        self._allow_older = allow_older

    @property
    def previous(self) -> str:
        """`name:version` of the model that the present one replaced; empty when there is none."""
        return self._read().previous

    def check(
        self, name: str, version: str, digest: str, *, floor: AcceptedVersion | None = None
    ) -> None:
        """Pass in silence, or raise VersionError. `floor` is what the camera has without a job."""
        wanted = version_key(version)
        if self._allow_older:
            return
        for held in (self._read().highest.get(name), floor):
            if held is None:
                continue
            at_least = version_key(held.version)
            if wanted < at_least:
                raise VersionError(
                    f"{name} {version} is older than {held.version}, which this camera has had: "
                    f"{REMEDY}"
                )
            if wanted == at_least and held.digest and held.digest != digest:
                raise VersionError(
                    f"{name} {version} is not the {held.version} that this camera has had: its "
                    f"content differs; {REMEDY}"
                )

    def record(self, name: str, version: str, digest: str, *, previous: str | None = None) -> None:
        """Remember a version that has been taken, unless a higher one was before."""
        book = self._read()
        held = book.highest.get(name)
        if held is None or version_key(version) >= version_key(held.version):
            book = msgspec.structs.replace(
                book,
                highest={**book.highest, name: AcceptedVersion(version=version, digest=digest)},
            )
        if previous is not None:
            book = msgspec.structs.replace(book, previous=previous)
        write_atomically(self._path, msgspec.json.encode(book), mode=PRIVATE_MODE)

    def _read(self) -> VersionFile:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=VersionFile)
        except FileNotFoundError:
            return VersionFile()
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            raise VersionError(
                f"{self._path} cannot be read, so that no version is known to be newer: restore "
                "it, or delete it on the camera"
            ) from None
