"""Types of command line arguments. Each returns a valid value or raises ArgumentTypeError."""

import argparse
import ipaddress
import re
from collections.abc import Callable

from wire.hosts import AddressError, parse_host_and_port
from wire.scalars import NAME


def matching_pattern(pattern: str, wanted: str) -> Callable[[str], str]:
    """Argument type of a text that matches the pattern; `wanted` describes it in the error."""

    def read(written: str) -> str:
        if re.fullmatch(pattern, written, re.ASCII) is None:
            raise argparse.ArgumentTypeError(f"{written[:80]!r} is not {wanted}")
        return written

    return read


def whole_number(least: int, most: int, what: str) -> Callable[[str], int]:
    """Argument type of a whole number from `least` to `most`; `what` describes it in the error."""

    def read(written: str) -> int:
        digits = written.removeprefix("-")
        is_number = digits.isascii() and digits.isdigit() and len(written) <= 12
        if not is_number or not least <= int(written) <= most:
            raise argparse.ArgumentTypeError(
                f"{written[:20]!r} is not {what}: give a whole number from {least} to {most}"
            )
        return int(written)

    return read


def host(written: str) -> str:
    """A host name or an IP address, without a port: what a certificate may name."""
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        pass
    try:
        name, port = parse_host_and_port(written)
    except AddressError:
        name, port = "", None
    if not name or port is not None or "_" in name:
        raise argparse.ArgumentTypeError(
            f"{written[:80]!r} is not a host: give a name such as mqtt.example.org or "
            "an IP address, without a port"
        )
    return name


def hosts(written: str) -> tuple[str, ...]:
    """Hosts, separated by commas."""
    return tuple(host(one.strip()) for one in written.split(","))


def bind_address(written: str) -> str:
    """An IP address of this machine, to listen on."""
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{written[:80]!r} is not an IP address: give 0.0.0.0, 127.0.0.1 or another address "
            "of this machine"
        ) from None


device = matching_pattern(NAME, "a device id: use 1 to 63 letters, digits, - or _")
location = matching_pattern(NAME, "a location: use 1 to 63 letters, digits, - or _")
claim = matching_pattern(NAME, "a claim name: use 1 to 63 letters, digits, - or _")
authority_name = matching_pattern(
    r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,38}[A-Za-z0-9])?",
    "an authority name: use 1 to 40 letters, digits, blanks and . _ -",
)
serial = matching_pattern(
    r"[0-9A-Fa-f]{1,40}", "a serial number: use the digits that `ca list` shows"
)
stack = matching_pattern(r"[A-Za-z][A-Za-z0-9-]{0,127}", "a stack name: use letters, digits and -")
region = matching_pattern(r"[a-z]{2}(-[a-z]+)+-[0-9]", "an AWS region: write it as eu-west-2")
version = matching_pattern(
    r"[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?", "a version: write it as 1.2.3"
)
