"""Substitute OpenRTB's macros in the address of a notice.

Values are percent-encoded, since some come from the bidder; `${NAME:B64}` asks for Base64 first. A
macro without a value becomes empty, as the standard says. What is no macro stays as it is.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

_MACRO: Final = re.compile(r"\$\{(AUCTION_[A-Z_]{1,30})(:B64)?\}")


def substitute(url: str, values: Mapping[str, str]) -> str:
    """The address with the values of `AUCTION_...` in place of its macros."""

    def replace(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        return quote(b64encode(value.encode()).decode() if found[2] else value, safe="")

    return _MACRO.sub(replace, url)
