"""Read DOOH requests of other systems: their names, in place of which the standard's table is used.

The table of OpenRTB 2.6 has `venuetype` (strings), `venuetypetax` and `geo.lon`; its examples have
`venuetypeid` (a number), `venuetax` and `geo.long`, and `dt` in seconds. OpenOOH 1.2 suggests
`device.ext.dooh.venuetypeid` and `venuetypelist`. BidSwitch and Vistar send the multiplier in
extensions of their own. A screen has one venue, the narrowest known one; an unknown id counts as
absent, and its known parents are used.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cloud.sites.openooh import KNOWN, TAXONOMY_1_1, to_openooh_1_1

SECONDS_BELOW: Final = Decimal(10) ** 11
"""A `dt` below it is in seconds: as milliseconds it would be before 1974."""
LARGEST: Final = Decimal(10) ** 15
"""A number from here on is an error: as milliseconds it would be after the year 33000."""
OPENOOH: Final = frozenset({1, TAXONOMY_1_1})
"""The taxonomies whose ids are those of OpenOOH, 1.0 and 1.1."""
MEASUREMENT_VENDOR: Final = 1
RtbObject = dict[str, Any]


class DialectError(ValueError):
    """A request that cannot be read; the message names the field."""


def normalise_request(request: Mapping[str, Any]) -> RtbObject:
    """A bid request, or an element of the inventory, with the names of the standard's table.

    Raises:
        DialectError: a field has a value that no dialect has.
    """
    if not isinstance(request, Mapping):
        raise DialectError("found no JSON object, expected a bid request or an inventory element")
    found = dict(request)
    device = _object(found, "device")
    dooh = _object(found, "dooh")
    if dooh is not None:
        found["dooh"] = _normalise_dooh(dooh, device or {})
    if device is not None:
        found["device"] = _normalise_device(device)
    if "imp" in found:
        impressions = found["imp"]
        if not isinstance(impressions, list) or not all(isinstance(i, dict) for i in impressions):
            raise DialectError("imp: expected a list of objects")
        found["imp"] = [_normalise_impression(one, dooh or {}, device or {}) for one in impressions]
    return found


def _normalise_dooh(dooh: RtbObject, device: RtbObject) -> RtbObject:
    extension = _extension(device)
    taxonomy = _integer(_first(dooh, "venuetypetax", "venuetax"), "dooh.venuetypetax")
    given = [
        *_ids(_first(dooh, "venuetype", "venuetypeid")),
        *_ids(extension.get("venuetypeid")),
        *_ids(extension.get("venuetypelist")),
    ]
    others = {"venuetype", "venuetypeid", "venuetax", "venuetypetax"}
    plain = {name: value for name, value in dooh.items() if name not in others}
    if taxonomy is not None and taxonomy not in OPENOOH:
        return plain | {"venuetype": given, "venuetypetax": taxonomy} if given else plain
    venue = _narrowest(given)
    return plain if venue is None else plain | {"venuetype": [venue], "venuetypetax": TAXONOMY_1_1}


def _normalise_device(device: RtbObject) -> RtbObject:
    geo = _object(device, "geo")
    if geo is None or "long" not in geo:
        return device
    plain = {name: value for name, value in geo.items() if name != "long"}
    return device | {"geo": {"lon": geo["long"]} | plain}


def _normalise_impression(one: RtbObject, dooh: RtbObject, device: RtbObject) -> RtbObject:
    found = dict(one)
    if "dt" in found:
        moment = _number(found["dt"], "imp.dt")
        found["dt"] = int(moment * 1000 if moment < SECONDS_BELOW else moment)
    quantity = _object(found, "qty") or {}
    multiplier = _multiplier(found, quantity, dooh, device)
    if multiplier is not None:
        found["qty"] = quantity | {"multiplier": multiplier}
    if quantity.get("sourcetype") == MEASUREMENT_VENDOR and not quantity.get("vendor"):
        raise DialectError("imp.qty.vendor: required where sourcetype is 1")
    return found


def _multiplier(
    one: RtbObject, quantity: RtbObject, dooh: RtbObject, device: RtbObject
) -> float | int | None:
    """The impressions of a play: of the standard, else of BidSwitch or Vistar."""
    formats = (_object(one, "banner") or {}, _object(one, "video") or {})
    candidates = (
        quantity.get("multiplier"),
        _extension(device).get("impmultiply"),
        dooh.get("impmultiply"),
        *(_extension(one).get("impsPerSpot") for one in formats),
    )
    given = next((value for value in candidates if value is not None), None)
    if given is None:
        return None
    if _number(given, "imp.qty.multiplier") <= 0:
        raise DialectError(f"imp.qty.multiplier: found {given}, expected more than 0")
    return given if isinstance(given, (int, float)) else float(given)


def _narrowest(ids: Iterable[str]) -> str | None:
    known = [one for one in ids if one in KNOWN]
    return to_openooh_1_1(max(known, key=len)) if known else None


def _ids(given: Any) -> list[str]:
    """Venue ids as strings, of a number, a string or a list of either."""
    every = given if isinstance(given, list) else [given]
    return [str(one) for one in every if isinstance(one, (int, str)) and not isinstance(one, bool)]


def _first(found: RtbObject, *names: str) -> Any:
    return next((found[name] for name in names if found.get(name) is not None), None)


def _extension(found: RtbObject) -> RtbObject:
    """`ext.dooh`, empty where there is none."""
    extension = found.get("ext")
    inner = extension.get("dooh") if isinstance(extension, dict) else None
    return inner if isinstance(inner, dict) else {}


def _object(found: RtbObject, name: str) -> RtbObject | None:
    value = found.get(name)
    if value is not None and not isinstance(value, dict):
        raise DialectError(f"{name}: expected an object")
    return value


def _integer(value: Any, name: str) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise DialectError(f"{name}: expected a whole number")


def _number(value: Any, name: str) -> Decimal:
    try:
        number = Decimal(str(value)) if not isinstance(value, (bool, list, dict)) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) >= LARGEST:
        raise DialectError(f"{name}: expected a number")
    return number
