"""Addresses of cameras, brokers, web services and databases: one parser and one display form.

User information, path and query of an address may hold credentials. So an address is displayed as
scheme, host and port, and no error quotes any part of the text (decision 0035). A text that can be
read in two ways is refused: guessing could send a password to a name server as a host.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote

from wire.hosts import ENCODE, parse_host_and_port
from wire.hosts import AddressError as AddressError

DEFAULT_PORTS: Final = {
    "rtsp": 554,
    "rtsps": 322,
    "http": 80,
    "https": 443,
    "mqtt": 1883,
    "mqtts": 8883,
    "ws": 80,
    "wss": 443,
    "redis": 6379,
    "rediss": 6379,
    "postgresql": 5432,
    "smtp": 25,
    "smtps": 465,
}
CAMERA_SCHEMES: Final = ("rtsp", "rtsps", "http", "https")
BROKER_SCHEMES: Final = ("mqtt", "mqtts")
WEB_SCHEMES: Final = ("http", "https")
DATABASE_SCHEMES: Final = ("sqlite", "postgresql")
REDIS_SCHEMES: Final = ("redis", "rediss", "unix")
FILE_SCHEMES: Final = ("sqlite", "unix")  # a path and a query, no host
SECURE_SCHEMES: Final = ("rtsps", "https", "mqtts", "wss", "rediss", "smtps")
KNOWN_SCHEMES: Final = (*DEFAULT_PORTS, *FILE_SCHEMES)
UNREADABLE: Final = "(unreadable address)"
HIDDEN_PATH: Final = "(path with special characters)"
LONGEST: Final = 8192
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_PLAIN_PATH: Final = re.compile(r"[\w./ %+~-]*")
_IN_TEXT: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


@dataclass(frozen=True, slots=True, repr=False)
class NetworkAddress:
    """One address in parts. User name and password are decoded; path and query are as written.

    `host` is in lower case, without brackets, and empty for a file or a local socket. `port` is
    the scheme's default where none was written, and None where there is no host.
    """

    scheme: str
    host: str
    port: int | None
    username: str | None = None
    password: str | None = None
    path: str = ""
    query: str = ""

    def __str__(self) -> str:
        """The display form: scheme, host and port; a file's path where it is a plain one."""
        if self.scheme in FILE_SCHEMES:
            return f"{self.scheme}://{display_path(self.path)}"
        where = f"{self.bracketed_host}:{self.port}" if self.host else "/"
        return f"{self.scheme}://{where}"

    __repr__ = __str__

    @property
    def is_secure(self) -> bool:
        """Whether the scheme means TLS."""
        return self.scheme in SECURE_SCHEMES

    @property
    def bracketed_host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    def with_credentials_uri(self) -> str:
        """The complete address, encoded for a library; never for a log, error or argument."""
        default = DEFAULT_PORTS.get(self.scheme)
        port = "" if self.port in (None, default) else f":{self.port}"
        query = f"?{_ascii(self.query)}" if self.query else ""
        where = f"{self._user_info()}{self.bracketed_host}{port}"
        return f"{self.scheme}://{where}{_ascii(self.path)}{query}"

    def without_credentials_uri(self) -> str:
        """The address without user name and password. Path and query may still be secret."""
        return NetworkAddress(
            self.scheme, self.host, self.port, path=self.path, query=self.query
        ).with_credentials_uri()

    def _user_info(self) -> str:
        if self.username is None and self.password is None:
            return ""
        password = "" if self.password is None else f":{quote(self.password, safe='')}"
        return f"{quote(self.username or '', safe='')}{password}@"


def parse_address(text: str, schemes: Collection[str] = KNOWN_SCHEMES) -> NetworkAddress:
    """Read an address of one of `schemes`, or AddressError.

    A database's scheme may be followed by `+driver`, which is ignored: each has one driver here.
    """
    _refuse_characters(text)
    found = _SCHEME.match(text)
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    if found is None:
        raise AddressError(f"the address has no scheme: begin it with {wanted}")
    scheme, rest = _without_driver(found[1].lower()), text[found.end() :]
    if scheme not in schemes:
        shown = scheme if scheme in KNOWN_SCHEMES else "not a known one"
        raise AddressError(f"the scheme of the address is {shown}: begin it with {wanted}")
    return _file_address(scheme, rest) if scheme in FILE_SCHEMES else _host_address(scheme, rest)


def parse_broker(text: str) -> NetworkAddress:
    """Read `mqtt[s]://[user:password@]host[:port]`, or AddressError."""
    address = parse_address(text, BROKER_SCHEMES)
    if address.path.strip("/") or address.query:
        raise AddressError(f"a broker's address ends with its port: write {address.scheme}://host")
    return address


def display_address(address: str | NetworkAddress) -> str:
    """Scheme, host and port of any text, or `UNREADABLE`; never raises."""
    if isinstance(address, NetworkAddress):
        return str(address)
    try:
        return str(parse_address(address))
    except AddressError:
        return UNREADABLE


def hide_addresses(text: str) -> str:
    """Replace every address in a text (traceback, library error) by its display form."""
    return _IN_TEXT.sub(_display_match, text)


def _display_match(found: re.Match[str]) -> str:
    address = found[0].rstrip("'\"`,;:.)>}]")
    return found[0] if _SCHEME.fullmatch(address) else display_address(address)


def hide_in_values(value: Any) -> Any:
    """Apply `hide_addresses` to every text in nested mappings and sequences."""
    if isinstance(value, str):
        return hide_addresses(value)
    if isinstance(value, dict):
        return {hide_in_values(name): hide_in_values(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [hide_in_values(inner) for inner in value]
    return value


def display_path(path: object) -> str:
    """The path if it has plain characters only; any other may be an address without its scheme."""
    text = str(path)
    return text if _PLAIN_PATH.fullmatch(text) else HIDDEN_PATH


def _refuse_characters(text: str) -> None:
    if len(text) > LONGEST:
        raise AddressError(f"the address has {len(text)} characters, at most {LONGEST} are read")
    if not text.isprintable():
        raise AddressError("the address holds a line break or control character: remove it")
    if "\\" in text:
        raise AddressError("the address holds a backslash: write / in a path, or %5C in a password")


def _refuse_blanks(text: str) -> None:
    if any(character.isspace() for character in text):
        raise AddressError(f"the address holds a space: {ENCODE}")


def _without_driver(scheme: str) -> str:
    base = scheme.partition("+")[0]
    return base if base in DATABASE_SCHEMES else scheme


def _file_address(scheme: str, rest: str) -> NetworkAddress:
    path, _, query = rest.partition("?")
    if path and not path.startswith("/"):
        raise AddressError(f"a {scheme} address has no host or user: write {scheme}:///path")
    return NetworkAddress(scheme, "", None, path=path, query=query)


def _host_address(scheme: str, rest: str) -> NetworkAddress:
    _refuse_blanks(rest)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    after = rest[len(authority) :]
    if "@" in after:
        raise AddressError(f"the address can be read in two ways, @ follows / or ? or #: {ENCODE}")
    if "#" in after:
        raise AddressError(f"the address holds #, which servers never receive: {ENCODE}")
    path, _, query = after.partition("?")
    user_info, at, place = authority.rpartition("@")
    username, password = _credentials(user_info) if at else (None, None)
    host, port = parse_host_and_port(place)
    if not host and scheme != "postgresql":
        raise AddressError(f"the address has no host: write {scheme}://host")
    default = DEFAULT_PORTS[scheme] if host else None
    return NetworkAddress(scheme, host, port or default, username, password, path, query)


def _credentials(user_info: str) -> tuple[str | None, str | None]:
    username, colon, password = user_info.partition(":")
    return _percent_decode(username) or None, _percent_decode(password) if colon else None


def _percent_decode(text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        decoded = "\n"
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in decoded):
        raise AddressError(f"user name or password is not text in UTF-8: {ENCODE}")
    return decoded


def _ascii(text: str) -> str:
    """Encode characters beyond ASCII only: cameras compare the rest byte by byte."""
    return "".join(one if one.isascii() else quote(one, safe="") for one in text)
