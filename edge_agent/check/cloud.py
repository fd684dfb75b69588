"""Checks whether the cloud has the location of a camera, and compares the clocks."""

import ssl
import urllib.error
import urllib.request
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from edge_agent.check.findings import CheckResult, failure, ok, warning
from wire.addresses import WEB_SCHEMES, AddressError, NetworkAddress, parse_address
from wire.scalars import LocationId
from wire.web.web_request import failure_of, web_request

REQUEST_TIMEOUT_S: Final = 10.0
MAX_RESPONSE_BYTES: Final = 64 * 2**20


class CloudError(OSError):
    """The cloud API cannot be reached: why, what to do."""


class CloudLocations(NamedTuple):
    """The locations of the cloud, and its time if it states one."""

    locations: frozenset[str]
    at: datetime | None


class _Location(msgspec.Struct):
    id: str
    formerly: tuple[str, ...] = ()


class _Locations(msgspec.Struct):
    locations: tuple[_Location, ...]


def fetch_locations(
    url: str, key_file: Path | None = None, ca: Path | None = None
) -> CloudLocations:
    """Request `GET /api/locations`, or raise CloudError."""
    try:
        base = parse_address(url, WEB_SCHEMES)
    except AddressError as error:
        raise CloudError(f"--cloud: {error}") from None
    headers = {"X-API-Key": _read_key(key_file)} if key_file else {}
    address = _locations_url(base)
    try:
        request, trust = web_request(address, headers=headers), _tls_context(ca)
        with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_S, context=trust) as response:  # noqa: S310
            content, date = response.read(MAX_RESPONSE_BYTES), response.headers.get("Date", "")
        found = msgspec.json.decode(content, type=_Locations)
    except urllib.error.HTTPError as error:
        error.close()
        raise CloudError(
            f"{base} responded with status {error.code}: {_remedy(error.code)}"
        ) from None
    except msgspec.MsgspecError:
        raise CloudError(f"{base} is not an Onlooker API: correct --cloud") from None
    except (OSError, HTTPException, ValueError) as error:
        raise CloudError(f"{base} cannot be reached: {failure_of(error)}") from None
    names = (name for one in found.locations for name in (one.id, *one.formerly))
    return CloudLocations(frozenset(names), _parse_date(date))


def check_location(response: CloudLocations, wanted: LocationId) -> CheckResult:
    """Whether the sites file of the cloud contains the location."""
    if wanted in response.locations:
        return ok(f"the cloud has {wanted}")
    return failure(
        f"the cloud does not have {wanted}",
        "correct --location, or add it to the sites file: reports of other locations are rejected",
    )


def report_unreachable(error: CloudError) -> CheckResult:
    """A warning: a camera measures without the cloud API too."""
    return warning(
        str(error), "reports are sent to the broker, whether or not the API is reachable"
    )


def _locations_url(base: NetworkAddress) -> NetworkAddress:
    path = f"{base.path.rstrip('/')}/api/locations"
    return NetworkAddress(base.scheme, base.host, base.port, base.username, base.password, path)


def _tls_context(ca: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca is not None:
        context.load_verify_locations(cafile=ca)
    return context


def _read_key(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise CloudError(f"--cloud-key-file {file} cannot be read: {reason}") from None


def _remedy(status: int) -> str:
    return {
        401: "give the file of an API key with --cloud-key-file",
        403: "give a key whose role may list locations",
        429: "too many requests: try again later",
    }.get(status, "correct --cloud, or contact its operator")


def _parse_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None
