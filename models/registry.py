"""Downloads public networks by name; only those of the manifest.

`manifest.json` contains the address, checksum, licence, published accuracy and size of each of
them. A size of 0 is not known; the stored card has the actual size. A file with another checksum is
discarded. An address may change; the checksum is fixed.
"""

import hashlib
import http.client
import urllib.request
from collections.abc import Callable
from pathlib import Path

import msgspec

from models.cards import write_card
from wire.addresses import WEB_SCHEMES, AddressError, parse_address
from wire.model_card import ModelCard
from wire.web.web_request import failure_of, web_request

MANIFEST = Path(__file__).parent / "manifest.json"
FETCHED = Path("var/models")
BLOCK_BYTES = 64 * 1024
TIMEOUT_S = 30.0
LARGEST_BYTES = 256 * 1024 * 1024

Progress = Callable[[int, int], None]


class PublicNetwork(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One network that can be fetched. `stated` is the accuracy that its authors publish."""

    url: str
    stated: str
    card: ModelCard


class FetchError(Exception):
    """The network was not stored; the message says why and what to do."""


def read_manifest(path: Path = MANIFEST) -> dict[str, PublicNetwork]:
    """Read the manifest: entries by name."""
    entries = msgspec.json.decode(path.read_bytes(), type=list[PublicNetwork])
    return {entry.card.name: entry for entry in entries}


def find_network(name: str, path: Path = MANIFEST) -> PublicNetwork:
    networks = read_manifest(path)
    if name not in networks:
        raise FetchError(
            f"found no {name!r} in the manifest, expected one of {', '.join(sorted(networks))}; "
            "correct the name, or add the network to models/manifest.json"
        )
    return networks[name]


def fetch_network(
    wanted: PublicNetwork, folder: Path = FETCHED, *, progress: Progress | None = None
) -> Path:
    """Download, verify and store a network with its card; return the card's path."""
    try:
        address = parse_address(wanted.url, WEB_SCHEMES)
    except AddressError as error:
        raise FetchError(f"models/manifest.json: {error}") from None
    try:
        with urllib.request.urlopen(web_request(address), timeout=TIMEOUT_S) as reply:  # noqa: S310 - checked
            content = _read(reply.read, wanted.card.bytes, progress)
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise FetchError(
            f"found {address} out of reach ({failure_of(error)}), expected "
            f"{_size(wanted)}; try again where there is internet, or bring the file and use "
            "--from FILE"
        ) from error
    return store_network(wanted, content, folder)


def copy_network(wanted: PublicNetwork, source: Path, folder: Path = FETCHED) -> Path:
    """Verify and store a local copy of a network; return the card's path."""
    try:
        content = source.read_bytes()
    except OSError as error:
        raise FetchError(
            f"found {source} not to be read ({error.strerror}), expected {_size(wanted)}; give the "
            "file's path"
        ) from error
    return store_network(wanted, content, folder)


def _size(wanted: PublicNetwork) -> str:
    return f"{wanted.card.bytes} bytes" if wanted.card.bytes else "its file"


def _read(read: Callable[[int], bytes], size: int, progress: Progress | None) -> bytes:
    content = bytearray()
    while block := read(BLOCK_BYTES):
        content += block
        if progress:
            progress(len(content), size)
        if len(content) > (size or LARGEST_BYTES):
            break
    return bytes(content)


def store_network(wanted: PublicNetwork, content: bytes, folder: Path = FETCHED) -> Path:
    """Verify `content` against the card and write both files; return the card's path."""
    digest = hashlib.sha256(content).hexdigest()
    if digest != wanted.card.sha256:
        raise FetchError(
            f"found {len(content)} bytes with sha256 {digest}, expected {_size(wanted)} with "
            f"{wanted.card.sha256}; nothing was stored: try again, and if it persists the file "
            "at that address has changed"
        )
    card = msgspec.structs.replace(wanted.card, bytes=len(content))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{card.file}.part"
        part.write_bytes(content)
        part.replace(folder / card.file)
        return write_card(folder / f"{card.name}.json", card)
    except OSError as error:
        raise FetchError(
            f"found {folder} not to be written to ({error.strerror}), expected a folder for "
            f"{len(content)} bytes; give another with --to"
        ) from error
