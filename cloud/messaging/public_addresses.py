"""Which addresses a request may go to whose target a user has chosen: the public internet only.

A host name is resolved once, and the connection goes to an address that was checked: a name that
resolves differently the next time gains nothing.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""Outside of it are site-local addresses, and forms of IPv4 addresses that `is_global` accepts."""
NAT64: Final = IPv6Network("64:ff9b::/96")
"""Its last 32 bits are an IPv4 address."""


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet; an IPv4 address within it counts too."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(map(_is_global, _embedded(address)))


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    is_unicast = address.version == 4 or address in GLOBAL_UNICAST
    return is_unicast and address.is_global and not address.is_multicast


def _embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address, or the IPv4 addresses that packets to it reach."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in NAT64:
        return [IPv4Address(int(address) & 0xFFFF_FFFF)]
    if address.sixtofour is not None:
        return [address, address.sixtofour]
    if address.teredo is not None:
        return [address, *address.teredo]
    return [address]
