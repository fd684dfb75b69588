"""Detects images and other encoded bytes in text: base64, base32, hexadecimal, escapes.

Texts of the message schema are short: names, versions, digests of twelve digits, stream ids of
sixteen. A longer run without a separator, mixed as only encoded bytes are, is rejected, and so is
the signature of an image file, plain, in base64 or in hexadecimal. Only ASCII is allowed: other
alphabets can hold two bytes in a letter.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

MAX_TEXT_LENGTH: Final = 500  # the longest sentence of the schema
# JPEG, PNG, GIF, WebP, AVIF, HEIC, SVG; the same in base64; the same in hexadecimal
IMAGE_SIGNATURES: Final = (
    *("ÿØÿ", "JFIF", "PNG\r\n", "\x89PNG", "GIF87a", "GIF89a", "WEBPVP8"),
    *("ftypavif", "ftypheic", "data:image", "<svg"),
    *("/9j/", "_9j_", "iVBORw0KGgo", "R0lGOD", "UklGR", "AAAAIGZ0eX"),
    *("ffd8ff", "FFD8FF", "89504e47", "89504E47"),
)
ENCODED: Final = re.compile(r"[A-Za-z0-9+/]{32,}={0,2}")
ENCODED_FOR_URLS: Final = re.compile(r"[A-Za-z0-9_-]{64,}={0,2}")  # longer than any name
HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]{33,}")
SEPARATORS: Final = re.compile(r"[^A-Za-z0-9]")
MIN_SCATTERED_LETTERS: Final = 24  # without separators; shorter texts are not checked
ENCODED_CHANGE_RATIO: Final = 0.47  # base64 changes kind at 0.64 of its positions, names at 0.4
RUN_OF_BASE32: Final = re.compile(r"[A-Z2-7]{24,}|[a-z2-7]{24,}")
MIN_BASE32_NUMBERS: Final = 3  # groups of digits; a name has a year and a number
KINDS: Final = (re.compile("[A-Z]"), re.compile("[a-z]"), re.compile("[0-9+/]"))


def find_encoded_data(text: str) -> Iterator[str]:
    """Why `text` may not be sent; never with any part of the text."""
    if len(text) > MAX_TEXT_LENGTH:
        yield f"text of {len(text)} characters: the limit is {MAX_TEXT_LENGTH}"
    if not text.isascii():
        yield "characters beyond ASCII"
    elif not text.isprintable():
        yield "characters that are not printable"
    if any(signature in text for signature in IMAGE_SIGNATURES):
        yield "the signature of an image file"
    if (
        HEXADECIMAL.search(text)
        or ENCODED_FOR_URLS.search(text)
        or _has_mixed_run(text)
        or _has_scattered_bytes(text)
    ):
        yield "a run of letters typical of encoded bytes"


def _has_mixed_run(text: str) -> bool:
    return any(all(kind.search(run) for kind in KINDS) for run in ENCODED.findall(text))


def _has_scattered_bytes(text: str) -> bool:
    """Whether a word is base64 with separators, or base32.

    The words of a sentence are checked one by one.
    """
    for word in text.split():
        letters = SEPARATORS.sub("", word)
        if len(letters) < MIN_SCATTERED_LETTERS:
            continue
        if _change_ratio(letters) >= ENCODED_CHANGE_RATIO and all(
            kind.search(letters) for kind in KINDS
        ):
            return True
        if any(
            len(re.findall("[0-9]+", run)) >= MIN_BASE32_NUMBERS
            for run in RUN_OF_BASE32.findall(letters)
        ):
            return True
    return False


def _change_ratio(letters: str) -> float:
    """Ratio of neighbouring letters of different kinds: upper case, lower case, digit."""
    kinds = [sign.isdigit() * 2 + sign.isupper() for sign in letters]
    changes = sum(one != other for one, other in pairwise(kinds))
    return changes / max(len(letters) - 1, 1)
