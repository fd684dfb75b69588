"""The names of this server, and the origins whose pages may write to it.

Any page can make a browser send requests to this server: by a name that resolves to its address
(DNS rebinding), or by posting to it. Both show in the headers `Host` and `Origin`, which no page
can set. Names are compared without case, final dot and port.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
WILDCARDS: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared, not listened on
PORTS: Final = {"http": 80, "https": 443}
_NAME: Final = r"\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9_.-]{0,252})"
_HOST: Final = re.compile(rf"(?P<name>{_NAME})(?::(?P<port>\d{{1,5}}))?", re.ASCII)
_ORIGIN: Final = re.compile(
    rf"(?P<scheme>https?)://(?P<name>{_NAME})(?::(?P<port>\d{{1,5}}))?", re.ASCII
)


class HostNameError(ValueError):
    """A configured name that no `Host` header can have."""


@dataclass(frozen=True, slots=True)
class HostNames:
    """The names of this server: the loopback names and the configured ones, which are `own`."""

    own: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str], listening_on: str = "") -> "HostNames":
        """From the configuration and the listening address; raises HostNameError."""
        own = {_configured(name) for name in names}
        if listening_on not in WILDCARDS:
            own.add(_configured(f"[{listening_on}]" if ":" in listening_on else listening_on))
        return cls(frozenset(own - LOOPBACK))

    def includes(self, host: str) -> bool:
        """Whether a `Host` header names this server."""
        shape = _HOST.fullmatch(host.lower())
        return shape is not None and _plain(shape["name"]) in self.own | LOOPBACK

    def allows_origin(self, origin: str, host: str) -> bool:
        """Whether a page of that origin may write to the server that it addresses as `host`.

        The page must have the same name and port. Where a proxy rewrites `Host`, an origin with a
        configured name and the default port is accepted too.
        """
        page, here = _ORIGIN.fullmatch(origin.lower()), _HOST.fullmatch(host.lower())
        if page is None or here is None:
            return False
        usual = PORTS[page["scheme"]]
        port, own_port = (int(shape["port"] or usual) for shape in (page, here))
        name = _plain(page["name"])
        is_same = (name, port) == (_plain(here["name"]), own_port)
        return is_same or (name in self.own and port == usual)


def _plain(name: str) -> str:
    return name.rstrip(".")


def _configured(name: str) -> str:
    shape = _HOST.fullmatch(name.strip().lower())
    if shape is None or shape["port"]:
        raise HostNameError(
            f"host name {name[:80]!r} cannot be used: write a name such as sales.example.org or an "
            "address such as 192.0.2.7 or [2001:db8::7], without scheme and port"
        )
    return _plain(shape["name"])
