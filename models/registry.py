"""Public networks that a site with internet may bring in, by name, and only those.

`manifest.json` holds for each its address, checksum, size, licence and the accuracy its authors
state. A fetched file that is not byte for byte the one listed is thrown away. Addresses may
move; the checksum does not.
"""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import msgspec

from models.cards import write_card
from wire.model_card import ModelCard

MANIFEST = Path(__file__).parent / "manifest.json"
FETCHED = Path("var/models")
BLOCK_BYTES = 64 * 1024
TIMEOUT_S = 30.0

Progress = Callable[[int, int], None]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One network that may be fetched. `stated` is the accuracy its authors publish."""

    url: str
    stated: str
    card: ModelCard


class FetchError(Exception):
    """The network was not brought in; the message says why and what to do."""


def manifest(path: Path = MANIFEST) -> dict[str, Entry]:
    """Read the manifest: entries by name."""
    entries = msgspec.json.decode(path.read_bytes(), type=list[Entry])
    return {entry.card.name: entry for entry in entries}


def entry(name: str, path: Path = MANIFEST) -> Entry:
    known = manifest(path)
    if name not in known:
        raise FetchError(
            f"found no {name!r} in the manifest, wanted one of {', '.join(sorted(known))}; "
            "correct the name, or add the network to models/manifest.json"
        )
    return known[name]


def fetch(wanted: Entry, folder: Path = FETCHED, *, progress: Progress | None = None) -> Path:
    """Download, verify and keep a network with its card; return the card's path."""
    if not wanted.url.startswith(("https://", "http://")):
        raise FetchError(f"found the address {wanted.url}, wanted http or https; correct it")
    try:
        with urllib.request.urlopen(wanted.url, timeout=TIMEOUT_S) as reply:  # noqa: S310 - checked
            content = _read(reply.read, wanted.card.bytes, progress)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise FetchError(
            f"found {wanted.url} out of reach ({error}), wanted {wanted.card.bytes} bytes; try "
            "again where there is internet, or bring the file and use --from FILE"
        ) from error
    return keep(wanted, content, folder)


def _read(read: Callable[[int], bytes], size: int, progress: Progress | None) -> bytes:
    content = bytearray()
    while block := read(BLOCK_BYTES):
        content += block
        if progress:
            progress(len(content), size)
        if len(content) > size:
            break
    return bytes(content)


def keep(wanted: Entry, content: bytes, folder: Path = FETCHED) -> Path:
    """Verify `content` against the card and write both files; return the card's path."""
    digest = hashlib.sha256(content).hexdigest()
    if digest != wanted.card.sha256:
        raise FetchError(
            f"found {len(content)} bytes with sha256 {digest}, wanted {wanted.card.bytes} bytes "
            f"with {wanted.card.sha256}; nothing was kept: try again, and if it persists the file "
            "at that address has changed"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / wanted.card.file).write_bytes(content)
    return write_card(folder / f"{wanted.card.name}.json", wanted.card)
