"""The files of the built portal, with the gzip files that the build has written beside them.

They are read once, and again when another build has replaced them.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "bundle"
DOCUMENT: Final = "index.html"
ASSETS: Final = "assets"
STYLE_SHEET: Final = re.compile(r'href="(/assets/[\w.-]+\.css)"')
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".geojson": "application/geo+json",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file as it is sent."""

    media_type: str
    content: bytes
    compressed: bytes | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """The document of all pages, and its assets by name."""

    document: BundleFile
    assets: dict[str, BundleFile]

    @property
    def style_sheets(self) -> tuple[str, ...]:
        """The addresses of the style sheets that every page loads."""
        return tuple(STYLE_SHEET.findall(self.document.content.decode()))


def read_bundle(folder: Path | None = None) -> Bundle | None:
    """The built portal; None where it was not built."""
    folder = folder or FOLDER
    try:
        built_at_ns = (folder / DOCUMENT).stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _read(folder, built_at_ns)


@lru_cache(maxsize=2)
def _read(folder: Path, _built_at_ns: int) -> Bundle:
    assets = folder / ASSETS
    files = assets.iterdir() if assets.is_dir() else ()
    sent = {file.name: _read_file(file) for file in files if file.suffix in MEDIA_TYPES}
    return Bundle(_read_file(folder / DOCUMENT), sent)


def _read_file(file: Path) -> BundleFile:
    packed = file.with_name(f"{file.name}.gz")
    compressed = packed.read_bytes() if packed.is_file() else None
    return BundleFile(MEDIA_TYPES[file.suffix], file.read_bytes(), compressed)
