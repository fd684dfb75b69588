"""A camera as a configuration item, with the columns of ServiceNow's `cmdb_ci` and `alm_hardware`.

The registry is the source of certificates, firmware and operation; the CMDB of the model, the asset
tag and the end of the warranty. Both know the location and the serial number. An empty text is a
value that is not known.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final, Self

OPERATIONAL: Final = "1"
NON_OPERATIONAL: Final = "2"
INSTALLED: Final = "1"
CONTAINS: Final = "Contains::Contained by"
"""The relationship of a site and its camera, as `cmdb_rel_type` names it."""
ATTRIBUTES: Final = {
    "model_id": "model",
    "asset_tag": "asset_tag",
    "warranty_expiration": "warranty_until",
}
"""Columns that the registry holds as attributes of a device."""


@dataclass(frozen=True, slots=True)
class CameraAsset:
    """One line of the CSV file, or one record of the Table API."""

    name: str  # of the device
    location: str = ""
    serial_number: str = ""
    model_id: str = ""
    asset_tag: str = ""
    warranty_expiration: str = ""  # YYYY-MM-DD
    firmware_version: str = ""
    install_status: str = INSTALLED
    operational_status: str = NON_OPERATIONAL
    u_certificate: str = ""  # its serial number
    u_certificate_ends_on: str = ""  # YYYY-MM-DD
    parent: str = ""  # the site
    relationship: str = ""

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """The asset of a record: unknown columns are ignored, null is an empty text."""
        return cls(**{name: str(values.get(name) or "").strip() for name in COLUMNS})

    def as_record(self) -> dict[str, str]:
        """All columns by name."""
        return asdict(self)


COLUMNS: Final = tuple(one.name for one in fields(CameraAsset))
"""The heading of the CSV file."""
