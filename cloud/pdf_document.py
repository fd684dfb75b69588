"""A document as PDF: A4, tagged for screen readers (PDF/UA-1) and for archives (PDF/A-3a).

The template gets values as JSON and never as markup. Fonts are those of the library, so the same
document has the same pages on every machine; a character that they lack is printed as `?`.
"""

import threading
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

STANDARDS: Final[list[Any]] = ["a-3a", "ua-1"]
SCRIPTS: Final = ("LATIN", "GREEK", "CYRILLIC", "DIGIT", "COMBINING")
PLAIN: Final = frozenset(["P", "S", "Z"])
"""Categories of punctuation, symbols and blanks; those below U+2200 are in the fonts."""
LAST_SYMBOL: Final = 0x2200
LAST_COMMON: Final = 0x460
"""The fonts have every letter, digit and symbol below."""
_SETTING: Final = threading.Lock()
"""A compiler sets one document at a time."""


class PdfError(RuntimeError):
    """A document that cannot be set."""


def write_pdf_document(template: Path, values: Any, made_on: date) -> bytes:
    """The PDF of a template with its values, which it reads as `sys.inputs.document`.

    Where a rare character is in no font after all, it is set with `?` for all rare characters.
    Raises PdfError.
    """
    try:
        return _set(template, _print_known(values, _is_printable), made_on)
    except PdfError:
        return _set(template, _print_known(values, _is_common), made_on)


def write_day(day: date) -> str:
    """A day for people, such as 4 January 2027."""
    return f"{day.day} {day:%B %Y}"


def _set(template: Path, printed: Any, made_on: date) -> bytes:
    values = msgspec.json.encode(printed).decode()
    try:
        with _SETTING:
            pdf = _compiler(template).compile(
                format="pdf",
                sys_inputs={"document": values},
                pdf_standards=STANDARDS,
                timestamp=datetime.combine(made_on, datetime.min.time(), UTC),
            )
    except typst.TypstError as error:
        raise PdfError(f"a document by {template.name} cannot be set: {error.message}") from error
    assert isinstance(pdf, bytes)
    return pdf


@cache
def _compiler(template: Path) -> typst.Compiler:
    return typst.Compiler(template, root=template.parent, ignore_system_fonts=True)


def _print_known(value: Any, is_known: Callable[[str], bool]) -> Any:
    """The value with `?` for each character that the fonts lack."""
    if isinstance(value, str):
        normal = unicodedata.normalize("NFC", value)
        return "".join(one if is_known(one) else "?" for one in normal)
    if isinstance(value, list | tuple):
        return [_print_known(one, is_known) for one in value]
    if isinstance(value, dict):
        return {key: _print_known(one, is_known) for key, one in value.items()}
    return value


def _is_printable(character: str) -> bool:
    if unicodedata.category(character)[0] in PLAIN:
        return ord(character) < LAST_SYMBOL
    return unicodedata.name(character, "").startswith(SCRIPTS)


def _is_common(character: str) -> bool:
    return ord(character) < LAST_COMMON and _is_printable(character)
