"""Whether the cloud knows the location of a camera, and what time it is there."""

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
    """The cloud cannot be asked: why, what to do."""


class CloudLocations(NamedTuple):
    """The locations that the cloud knows, and its time where it says so."""

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
    """Ask `GET /api/locations`, or CloudError."""
    try:
        base = parse_address(url, WEB_SCHEMES)
    except AddressError as error:
        raise CloudError(f"--cloud: {error}") from None
    headers = {"X-API-Key": _key(key_file)} if key_file else {}
    address = _joined(base)
    try:
        request, trust = web_request(address, headers=headers), _trust(ca)
        with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_S, context=trust) as answer:  # noqa: S310
            content, date = answer.read(MAX_RESPONSE_BYTES), answer.headers.get("Date", "")
        found = msgspec.json.decode(content, type=_Locations)
    except urllib.error.HTTPError as error:
        error.close()
        raise CloudError(f"{base} answers {error.code}: {_remedy(error.code)}") from None
    except msgspec.MsgspecError:
        raise CloudError(f"{base} is no Onlooker API: correct --cloud") from None
    except (OSError, HTTPException, ValueError) as error:
        raise CloudError(f"{base} cannot be asked: {failure_of(error)}") from None
    names = (name for one in found.locations for name in (one.id, *one.formerly))
    return CloudLocations(frozenset(names), _date(date))


def check_location(answer: CloudLocations, wanted: LocationId) -> CheckResult:
    """Whether the sites file of the cloud lists the location."""
    if wanted in answer.locations:
        return ok(f"the cloud knows {wanted}")
    return failure(
        f"the cloud does not know {wanted}",
        "correct --location, or add it to the sites file: reports from elsewhere are not counted",
    )


def report_unreachable(error: CloudError) -> CheckResult:
    """A cloud that cannot be asked does not keep a camera from measuring."""
    return warning(str(error), "reports go to the broker all the same")


def _joined(base: NetworkAddress) -> NetworkAddress:
    path = f"{base.path.rstrip('/')}/api/locations"
    return NetworkAddress(base.scheme, base.host, base.port, base.username, base.password, path)


def _trust(ca: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca is not None:
        context.load_verify_locations(cafile=ca)
    return context


def _key(file: Path) -> str:
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
    }.get(status, "correct --cloud, or ask who runs it")


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None
