"""Allowed words of free text: a message or reason may contain only words of this program.

Messages (of an alarm, or why a job or config was rejected) may quote outside text: a file name, a
server response. A word that does not occur in the program's own source is such a quotation and is
replaced, so no outside text is sent. Numbers of up to twelve digits and digests of up to sixteen
are allowed.
"""

import errno
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

PROGRAM: Final = Path(__file__).parents[1]
WORD: Final = re.compile(r"[A-Za-z]+")
TOKEN: Final = re.compile(r"[A-Za-z0-9]+")
NUMBER: Final = re.compile(
    r"[0-9]{1,12}|(?=.*[0-9])[0-9a-f]{8,16}|[0-9]{1,4}[a-z]{1,3}|[a-z]{1,2}[0-9]{1,4}"
)
OMISSION: Final = "..."
LIBRARY_WORDS: Final = (  # words of library errors that are passed on
    "Expected got of with length at key in Object contains unknown field missing required object "
    "array str int float bool null valid Invalid value enum is not JSON malformed truncated data "
    "refused timed out certificate verify failed expired self signed unable to get local issuer "
    "Connection reset by peer closed Name or service not known Temporary failure name resolution"
)


@cache
def load_vocabulary() -> frozenset[str]:
    """All words of the program's source, of system errors, and of some libraries."""
    texts = [LIBRARY_WORDS, *(os.strerror(number) for number in errno.errorcode)]
    for folder in (PROGRAM, PROGRAM.with_name("wire")):
        texts += [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))]
    return frozenset(word.lower() for text in texts for word in WORD.findall(text))


def find_unknown_words(text: str, own: Iterable[str] = ()) -> Iterator[str]:
    """Tokens that are neither words of the program, nor numbers, nor `own` names."""
    for name in own:
        text = text.replace(name, " ")
    for token in TOKEN.findall(text):
        if not _is_known(token):
            yield token


def omit_quotations(text: str, own: Iterable[str] = ()) -> str:
    """A sentence in which each quotation is replaced by `OMISSION`."""
    names = set(own)
    ascii_text = "".join(sign if sign.isascii() and sign.isprintable() else " " for sign in text)

    def replace(match: "re.Match[str]") -> str:
        token = match.group()
        return token if token in names or _is_known(token) else OMISSION

    return TOKEN.sub(replace, ascii_text)


def _is_known(token: str) -> bool:
    if NUMBER.fullmatch(token):
        return True
    return all(word.lower() in load_vocabulary() for word in WORD.findall(token)) and not _is_long(
        token
    )


def _is_long(token: str) -> bool:
    """Whether a token is longer than any word, or contains more than two numbers."""
    return len(token) > 32 or len(re.findall(r"[0-9]+", token)) > 2
