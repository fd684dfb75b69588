"""Which kind of file it is, by its content: text in some encoding, or a workbook.

The name of a file says nothing. Binary files of other kinds, compressed files, workbooks with
macros and workbooks that expand beyond a limit are refused before they are read.
"""

import codecs
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloud.products.uploads.refusal import UploadRefusedError

LARGEST_BYTES: Final = 200 * 1024 * 1024
LARGEST_UNPACKED_BYTES: Final = 600 * 1024 * 1024
"""Of a workbook: its sheets are held in memory as they are read."""
BLOCK_BYTES: Final = 1 << 20
BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FALLBACK: Final = "cp1252"
"""Text that is not UTF-8 is mostly written by programs of Windows in western languages."""
ZIP, OLE, GZIP = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b"
CONTROL: Final = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1a")
MACROS: Final = ("vbaProject.bin", "_VBA_PROJECT".encode("utf-16-le"))


@dataclass(frozen=True, slots=True)
class TextFile:
    """Separated text; `encoding` is Python's name."""

    path: Path
    encoding: str


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook that python-calamine reads."""

    path: Path


def recognise(path: Path) -> TextFile | Workbook:
    """What the file is.

    Raises:
        UploadRefusedError: it is empty, too large, or of a kind that is not read.
    """
    size = path.stat().st_size
    if size == 0:
        raise UploadRefusedError("the file is empty: expected a heading and rows")
    if size > LARGEST_BYTES:
        raise UploadRefusedError(
            f"found {size:,} bytes, expected at most {LARGEST_BYTES:,}: divide the file"
        )
    with path.open("rb") as file:
        start = file.read(BLOCK_BYTES)
    if start.startswith(ZIP):
        _check_archive(path)
        return Workbook(path)
    if start.startswith(OLE):
        if MACROS[1] in path.read_bytes():
            raise UploadRefusedError(MACROS_REFUSED)
        return Workbook(path)
    if start.startswith(GZIP):
        raise UploadRefusedError("found a compressed file, expected the text or workbook in it")
    return TextFile(path, _find_encoding(path, start))


MACROS_REFUSED: Final = "found a workbook with macros, expected one without: save it as .xlsx"


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UploadRefusedError(f"the workbook is damaged: {error}") from error
    names = [member.filename for member in members]
    if any(name.endswith(MACROS[0]) for name in names):
        raise UploadRefusedError(MACROS_REFUSED)
    is_workbook = any(name.startswith("xl/") or name == "content.xml" for name in names)
    if not is_workbook:
        raise UploadRefusedError("found a ZIP archive, expected a workbook or text: unpack it")
    unpacked = sum(member.file_size for member in members)
    if unpacked > LARGEST_UNPACKED_BYTES:
        raise UploadRefusedError(
            f"the workbook expands to {unpacked:,} bytes, expected at most "
            f"{LARGEST_UNPACKED_BYTES:,}: divide it, or save it as CSV"
        )


def _find_encoding(path: Path, start: bytes) -> str:
    for mark, encoding in BOMS:
        if start.startswith(mark):
            return encoding
    if b"\0" in start:
        guess = _guess_utf16(start)
        if guess is None:
            raise UploadRefusedError("found a binary file, expected text (CSV) or a workbook")
        return guess
    if any(byte in CONTROL for byte in start):
        raise UploadRefusedError("found a binary file, expected text (CSV) or a workbook")
    return "utf-8" if _decodes(path, "utf-8") else FALLBACK


def _guess_utf16(start: bytes) -> str | None:
    """UTF-16 without a mark: nearly every second byte of Latin text is zero."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if odd > half * 0.7 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _read_blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _read_blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block
