"""Does a word carry a picture or other bytes? Letters can: base64, hexadecimal, escapes.

The contract's own words are short: names, versions, digests of twelve digits, sixteen digits of a
journal. What is longer than any of these without a break, and mixed as only encoded bytes are, is
refused; so is any beginning of a picture's file, plain, in base64 or in hexadecimal. Only ASCII
leaves: other alphabets hold two bytes in a letter.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

MAX_TEXT_LENGTH: Final = 500  # the contract's longest sentence
# JPEG, PNG, GIF, WebP, AVIF, HEIC, SVG; the same in base64; the same in hexadecimal
IMAGE_SIGNATURES: Final = (
    *("ÿØÿ", "JFIF", "PNG\r\n", "\x89PNG", "GIF87a", "GIF89a", "WEBPVP8"),
    *("ftypavif", "ftypheic", "data:image", "<svg"),
    *("/9j/", "_9j_", "iVBORw0KGgo", "R0lGOD", "UklGR", "AAAAIGZ0eX"),
    *("ffd8ff", "FFD8FF", "89504e47", "89504E47"),
)
ENCODED: Final = re.compile(r"[A-Za-z0-9+/]{32,}={0,2}")
ENCODED_FOR_URLS: Final = re.compile(r"[A-Za-z0-9_-]{64,}={0,2}")  # no name is so long
HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]{33,}")
SEPARATORS: Final = re.compile(r"[^A-Za-z0-9]")
MIN_SCATTERED_LETTERS: Final = 24  # of a text without its separators, from where on it is looked at
ENCODED_CHANGE_RATIO: Final = 0.47  # base64 changes kind at 0.64 of its places, names at 0.4
RUN_OF_BASE32: Final = re.compile(r"[A-Z2-7]{24,}|[a-z2-7]{24,}")
MIN_BASE32_NUMBERS: Final = 3  # places with digits; a name has a year and a number
KINDS: Final = (re.compile("[A-Z]"), re.compile("[a-z]"), re.compile("[0-9+/]"))


def find_encoded_data(text: str) -> Iterator[str]:
    """Why `text` may not leave; never with the text itself, nor any part of it."""
    if len(text) > MAX_TEXT_LENGTH:
        yield f"text of {len(text)} characters, at most {MAX_TEXT_LENGTH} leave"
    if not text.isascii():
        yield "characters beyond ASCII"
    elif not text.isprintable():
        yield "characters that do not print"
    if any(mark in text for mark in IMAGE_SIGNATURES):
        yield "the beginning of a picture"
    if (
        HEXADECIMAL.search(text)
        or ENCODED_FOR_URLS.search(text)
        or _is_mixed(text)
        or _is_scattered(text)
    ):
        yield "a run of letters as encoded bytes have"


def _is_mixed(text: str) -> bool:
    return any(all(kind.search(run) for kind in KINDS) for run in ENCODED.findall(text))


def _is_scattered(text: str) -> bool:
    """Bytes in base64 with separators between them, or in base32.

    Words of a sentence are left alone: they are looked at one by one, names as a whole.
    """
    for word in text.split():
        letters = SEPARATORS.sub("", word)
        if len(letters) < MIN_SCATTERED_LETTERS:
            continue
        if _changes(letters) >= ENCODED_CHANGE_RATIO and all(
            kind.search(letters) for kind in KINDS
        ):
            return True
        if any(
            len(re.findall("[0-9]+", run)) >= MIN_BASE32_NUMBERS
            for run in RUN_OF_BASE32.findall(letters)
        ):
            return True
    return False


def _changes(letters: str) -> float:
    """How often one letter and the next are of different kinds: capital, small, digit."""
    kinds = [sign.isdigit() * 2 + sign.isupper() for sign in letters]
    changes = sum(one != other for one, other in pairwise(kinds))
    return changes / max(len(letters) - 1, 1)
