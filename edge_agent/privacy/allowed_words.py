"""The words that sentences of this program are made of: what leaves as text says nothing else.

Sentences (an alarm's message, why a job or a configuration was refused) quote what was found: a
file's name, a server's answer. A word that occurs nowhere in the program's own text is such a
quotation and is replaced, so that no free text can leave. Numbers of up to twelve digits and
digests of up to sixteen stay.
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
LIBRARY_WORDS: Final = (  # of libraries whose reasons are passed on
    "Expected got of with length at key in Object contains unknown field missing required object "
    "array str int float bool null valid Invalid value enum is not JSON malformed truncated data "
    "refused timed out certificate verify failed expired self signed unable to get local issuer "
    "Connection reset by peer closed Name or service not known Temporary failure name resolution"
)


@cache
def load_vocabulary() -> frozenset[str]:
    """All words of the program's own text, of the system's errors, and a few of libraries."""
    texts = [LIBRARY_WORDS, *(os.strerror(number) for number in errno.errorcode)]
    for folder in (PROGRAM, PROGRAM.with_name("wire")):
        texts += [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))]
    return frozenset(word.lower() for text in texts for word in WORD.findall(text))


def find_unknown_words(text: str, own: Iterable[str] = ()) -> Iterator[str]:
    """Tokens of a sentence that are neither words of the program, numbers, nor `own` names."""
    for name in own:
        text = text.replace(name, " ")
    for token in TOKEN.findall(text):
        if not _is_known(token):
            yield token


def omit_quotations(text: str, own: Iterable[str] = ()) -> str:
    """A sentence with everything left out that is a quotation."""
    kept = set(own)
    plain = "".join(sign if sign.isascii() and sign.isprintable() else " " for sign in text)

    def said(match: "re.Match[str]") -> str:
        token = match.group()
        return token if token in kept or _is_known(token) else OMISSION

    return TOKEN.sub(said, plain)


def _is_known(token: str) -> bool:
    if NUMBER.fullmatch(token):
        return True
    return all(word.lower() in load_vocabulary() for word in WORD.findall(token)) and not _is_long(
        token
    )


def _is_long(token: str) -> bool:
    """Longer than any word of a sentence, or more than one number in a word."""
    return len(token) > 32 or len(re.findall(r"[0-9]+", token)) > 2
