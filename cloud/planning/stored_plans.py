"""Read stored plans whose JSON has the field names of an earlier version.

The audit log holds digests of the stored request and answer, so the stored bytes stay as they are
and the names are translated on reading.
"""

from typing import Any, Final

import msgspec

from cloud.planning.plan_request import StoredPlanRequest

CAPS: Final = {
    "slots": "max_spots",
    "slots_per_location": "max_spots_per_screen",
    "slots_per_day": "max_spots_per_screen_per_day",
    "spend_per_location": "max_spend_per_screen",
    "shares_per_slot": "max_positions_per_slot",
    "max_shares_per_slot": "max_positions_per_slot",
}
LIMITS: Final = {**CAPS, "free_shares": "free_positions"}
LINE: Final = {"shares": "positions"}
MINIMUM: Final = {"least": "min", "brings": "achieved"}
REQUEST: Final = {"least_return": "min_roi"}
ANSWER: Final = {"held_back_by": "limited_by", "easings": "relaxations"}

Json = dict[str, Any]


def read_stored_request(stored: str) -> StoredPlanRequest:
    """The request of a stored plan, also of one that was stored with the former names."""
    return StoredPlanRequest.model_validate_json(translate_request(stored.encode()))


def translate_request(stored: bytes) -> bytes:
    """The stored request with the present names; the same bytes where it has them already."""
    found = msgspec.json.decode(stored, type=Json)
    present = _rename(found, REQUEST) | {"minimums": _rename_all(found.get("minimums"), MINIMUM)}
    present["caps"] = _rename(found.get("caps") or {}, CAPS)
    return stored if present == found else msgspec.json.encode(present)


def translate_answer(stored: bytes) -> bytes:
    """The stored answer with the present names; the same bytes where it has them already."""
    found = msgspec.json.decode(stored, type=Json)
    present = _rename(found, ANSWER)
    if "minimums" in present:
        present["minimums"] = _rename_all(present["minimums"], MINIMUM)
    if "lines" in present:
        present["lines"] = _rename_all(present["lines"], LINE)
    for name in ("limited_by", "shadow_prices"):
        if name in present:
            present[name] = [_rename_limit(one) for one in present[name]]
    if "relaxations" in present:
        present["relaxations"] = [
            {**one, "changes": [_rename_limit(change) for change in one["changes"]]}
            for one in present["relaxations"]
        ]
    return stored if present == found else msgspec.json.encode(present)


def _rename(fields: Json, names: dict[str, str]) -> Json:
    return {names.get(name, name): value for name, value in fields.items()}


def _rename_all(rows: list[Json] | None, names: dict[str, str]) -> list[Json]:
    return [_rename(one, names) for one in rows or []]


def _rename_limit(fields: Json) -> Json:
    return {**fields, "limit": LIMITS.get(fields["limit"], fields["limit"])}
