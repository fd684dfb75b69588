"""Reads the sites file: every location with a screen, its cameras, loop and base rate.

The file is YAML that people write. A file with an error is refused as a whole; the error names the
place inside the file.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from cloud.sites.camera_listings import refuse_overlapping_listings
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites
from cloud.sites.trade_details import Publisher
from cloud.sites.vocabulary import CURRENCIES, PLACEMENTS
from cloud.yaml_document import read_document

SAMPLE: Final = Path(__file__).parents[1] / "samples" / "london.yaml"
FORMER_NAMES: Final = {
    "base_rate_pence": "base_rate_minor",
    "base_looking_s": "base_attention_s",
}


class _SitesDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Literal[1]
    locations: Annotated[tuple[Site, ...], Meta(min_length=1, max_length=10_000)]
    publisher: Publisher | None = None

    def __post_init__(self) -> None:
        _refuse_repeated(
            "location id", (name for site in self.locations for name in (site.id, *site.formerly))
        )
        for site in self.locations:
            _refuse_repeated("camera", iter(site.device_ids))
        refuse_overlapping_listings(self.locations)


def load_sites(path: Path = SAMPLE) -> Sites:
    """Read a sites file, or raise DocumentError.

    A location without a publisher has that of the file.
    """
    document = read_document(path, _SitesDocument, upgrade=_read_former_names)
    if document.publisher is None:
        return Sites(document.locations)
    return Sites(
        tuple(
            site if site.publisher else msgspec.structs.replace(site, publisher=document.publisher)
            for site in document.locations
        )
    )


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the sites file, for editors and other tools.

    It holds the rules that a schema can express. Rules between fields (unique ids, dates in
    order, calendars and time zones that exist) are checked by `load_sites` only.
    """
    schema = msgspec.json.schema(_SitesDocument)
    definitions = schema["$defs"]
    definitions["SitesFile"] = {**definitions.pop("_SitesDocument"), "title": "SitesFile"}
    fields = definitions["Site"]["properties"]
    fields["placement"] = {"enum": sorted(PLACEMENTS)}
    calendar = {"type": "string", "pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"}
    fields["holidays"] = {"anyOf": [calendar, {"type": "null"}], "default": None}
    fields["currency"] = {"enum": sorted(CURRENCIES), "description": "ISO 4217"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Onlooker sites file",
        "$ref": "#/$defs/SitesFile",
        "$defs": definitions,
    }


def _read_former_names(plain: object) -> None:
    """Rename the fields that files written as `estate.yaml` have under a former name."""
    locations = plain.get("locations") if isinstance(plain, dict) else None
    for location in locations if isinstance(locations, list) else ():
        if isinstance(location, dict):
            for former, present in FORMER_NAMES.items():
                if former in location and present not in location:
                    location[present] = location.pop(former)


def _refuse_repeated(what: str, names: Iterator[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise ValueError(f"{what} {name!r} is given {times} times: each must be unique")
