"""Host and port of an address: names, IPv4, IPv6 in brackets; every other spelling is refused.

No error quotes the text: the text in place of a host may be part of a password.
"""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final

ENCODE: Final = (
    "percent-encode special characters of the user name, password, path and query: "
    "@ as %40, / as %2F, # as %23, ? as %3F, : as %3A, % as %25, a space as %20"
)
_LABEL: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_ZONE: Final = re.compile(r"[A-Za-z0-9._-]{1,32}")


class AddressError(ValueError):
    """An address that cannot be used. The message holds no part of it except a known scheme."""


def parse_host_and_port(text: str) -> tuple[str, int | None]:
    """Host and port; IPv6 in brackets."""
    if text.startswith("["):
        inside, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise AddressError("the brackets of the host are not [IPv6 address]:port: correct them")
        return _ipv6(inside), _port(rest[1:])
    host, colon, port = text.partition(":")
    if ":" in port:
        raise AddressError(
            f"more than one colon in host and port: write an IPv6 address in brackets, or {ENCODE}"
        )
    if colon and not host:
        raise AddressError("the address has a port and no host: write host:port")
    return _host_name(host), _port(port)


def _ipv6(text: str) -> str:
    bare, percent, zone = text.partition("%")
    if percent and not _ZONE.fullmatch(zone.removeprefix("25") or zone):
        raise AddressError("the zone of the IPv6 address is no interface name: correct it")
    try:
        host = str(IPv6Address(bare))
    except ValueError:
        raise AddressError("the brackets hold no IPv6 address: write [2001:db8::1]") from None
    return f"{host}%{zone.removeprefix('25') or zone}" if percent else host


def _host_name(text: str) -> str:
    if not text:
        return ""
    labels = text.split(".")
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError(
            "the host is no name or address (ASCII letters, digits, - and . only): correct it; "
            f"if a password precedes it, {ENCODE}"
        )
    if labels[-1].isdigit() or labels[-1].lower().startswith("0x"):
        return _ipv4(text)
    return text.lower()


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise AddressError("the host is no IPv4 address: write four numbers, 192.0.2.1") from None


def _port(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise AddressError(
            "the port is no number from 1 to 65535: correct it; if it is part of a password, "
            f"{ENCODE}"
        )
    return int(text)
