"""Read a data contract: a file of the Open Data Contract Standard v3.1, read strictly.

A rule is one SQL condition that each row must meet. The contract has it within the query that the
standard asks for, which counts the rows that do not meet it; nothing else is accepted there. A
condition that is null counts as not met: unknown is not good.

Every table of the lake has a contract. Those of trusted tables also say when a day is stopped, and
those of trusted and curated tables which columns identify a row.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from cloud.lake.tables import Zone
from cloud.yaml_document import DocumentError, read_document

CONTRACTS: Final = Path(__file__).parents[1] / "contracts"
QUERY: Final = re.compile(
    r"SELECT count\(\*\) FROM \{object\} WHERE \((?P<condition>.+)\) IS NOT TRUE", re.DOTALL
)
QUERY_FORM: Final = "SELECT count(*) FROM {object} WHERE (CONDITION) IS NOT TRUE"
Text = Annotated[str, Meta(min_length=1)]
Positive = Annotated[int, Meta(ge=1)]


@dataclass(frozen=True, slots=True)
class QualityRule:
    """A condition of one row; `name` is what the quarantine lists it under."""

    name: str
    dimension: str
    description: str
    condition: str


@dataclass(frozen=True, slots=True)
class ContractColumn:
    """A column as the contract promises it; `type` is the SQL type."""

    name: str
    type: str
    description: str
    required: bool


@dataclass(frozen=True, slots=True)
class DayLimits:
    """When a day is not promoted, and when its number of rows is reported as unusual.

    A day is stopped when more than `max_quarantined_percent` of its rows are quarantined, and at
    least `min_quarantined_rows`. The number of rows is compared with the median of the days
    before it.
    """

    max_quarantined_percent: int
    min_quarantined_rows: int
    row_count_history_days: int
    row_count_tolerance_percent: int


NOT_LIMITED: Final = DayLimits(100, 1, 1, 100)
"""Of a table whose days are not stopped."""
NOT_PROMISED: Final = timedelta.max
"""Freshness of a table that may have no new rows for long."""
NOT_DELETED: Final = timedelta.max
"""Retention of a table whose rows are not deleted by age."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What the owner of a table promises to those who read it."""

    table_name: str
    title: str
    version: str
    status: str
    owner: str
    purpose: str
    usage: str
    limitations: str
    columns: tuple[ContractColumn, ...]
    identity: tuple[str, ...]
    rules: tuple[QualityRule, ...]
    freshness: timedelta
    retention: timedelta
    limits: DayLimits


def read_contract(table_name: str, folder: Path = CONTRACTS) -> Contract:
    """The contract of a table, `zone.table`, from `zone.table.yaml`.

    Raises:
        DocumentError: the file is missing or is not a contract of this table; it names the place.
    """
    path = folder / f"{table_name}.yaml"
    document = read_document(path, _Document)
    (table,) = document.schema
    zone, _, name = table_name.partition(".")
    if document.id != table_name or table.name != name:
        raise DocumentError(
            f"{path}: found the contract of {document.id} about {table.name}, expected {table_name}"
        )
    sla = {one.property: timedelta(**{one.unit: one.value}) for one in document.sla_properties}
    is_trusted = zone == Zone.TRUSTED
    limits: dict[str, int] = {one.property: one.value for one in document.custom_properties}
    try:
        return Contract(
            table_name=table_name,
            title=document.name,
            version=document.version,
            status=document.status,
            owner=document.team.name,
            purpose=document.description.purpose,
            usage=document.description.usage,
            limitations=document.description.limitations,
            columns=tuple(
                ContractColumn(one.name, one.physical_type, one.description, one.required)
                for one in table.properties
            ),
            identity=_read_identity(table, is_required=zone in (Zone.TRUSTED, Zone.CURATED)),
            rules=tuple(_read_rule(one) for one in table.quality),
            freshness=sla["freshness"] if is_trusted else sla.get("freshness", NOT_PROMISED),
            retention=NOT_DELETED if zone == Zone.CURATED else sla["retention"],
            limits=_read_limits(limits) if limits else NOT_LIMITED,
        )
    except KeyError as error:
        raise DocumentError(f"{path}: {error.args[0]} is missing") from error
    except ValueError as error:
        raise DocumentError(f"{path}: {error}") from error


def _read_rule(quality: "_Quality") -> QualityRule:
    found = QUERY.fullmatch(quality.query.strip())
    if found is None:
        raise ValueError(
            f"rule {quality.name}: found the query {quality.query.strip()!r}, expected the form "
            f"{QUERY_FORM!r}"
        )
    condition = " ".join(found["condition"].split())
    return QualityRule(quality.name, quality.dimension, quality.description, condition)


def _read_limits(limits: Mapping[str, int]) -> DayLimits:
    return DayLimits(**{field: limits[name] for name, field in LIMITS.items()})


def _read_identity(table: "_Table", *, is_required: bool) -> tuple[str, ...]:
    keys = sorted(
        (one.primary_key_position, one.name) for one in table.properties if one.primary_key
    )
    positions = [position for position, _ in keys]
    if (is_required and not keys) or positions != list(range(1, len(keys) + 1)):
        raise ValueError("primaryKeyPosition must count the columns of the identity: 1, 2, 3")
    return tuple(name for _, name in keys)


LIMITS: Final = {
    "maxQuarantinedPercent": "max_quarantined_percent",
    "minQuarantinedRows": "min_quarantined_rows",
    "rowCountHistoryDays": "row_count_history_days",
    "rowCountTolerancePercent": "row_count_tolerance_percent",
}


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A block of the file: unknown fields are refused."""


class _Description(_Part, frozen=True, kw_only=True):
    purpose: Text
    usage: Text
    limitations: Text


class _Team(_Part, frozen=True, kw_only=True):
    name: Text
    description: Text


class _Property(_Part, frozen=True, kw_only=True):
    name: Text
    logical_type: Literal["integer", "string", "boolean", "date", "timestamp"]
    physical_type: Text
    description: Text
    required: bool = False
    primary_key: bool = False
    primary_key_position: int = -1  # as the standard's


class _Quality(_Part, frozen=True, kw_only=True):
    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$")]
    type: Literal["sql"]
    dimension: Literal["accuracy", "completeness", "conformity", "consistency", "uniqueness"]
    description: Text
    query: Text
    must_be: Literal[0]


class _Table(_Part, frozen=True, kw_only=True):
    name: Text
    logical_type: Literal["object"]
    physical_type: Literal["table"]
    description: Text
    properties: Annotated[tuple[_Property, ...], Meta(min_length=1)]
    quality: tuple[_Quality, ...] = ()


class _ServiceLevel(_Part, frozen=True, kw_only=True):
    property: Literal["freshness", "retention"]
    value: Positive
    unit: Literal["hours", "days"]
    description: Text


class _Limit(_Part, frozen=True, kw_only=True):
    property: Literal[
        "maxQuarantinedPercent", "minQuarantinedRows", "rowCountHistoryDays",
        "rowCountTolerancePercent",
    ]  # fmt: skip
    value: Positive
    description: Text = "-"


class _Document(_Part, frozen=True, kw_only=True):
    api_version: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: Text
    name: Text
    version: Text
    status: Literal["draft", "active", "deprecated", "retired"]
    domain: Text
    description: _Description
    team: _Team
    schema: Annotated[tuple[_Table, ...], Meta(min_length=1, max_length=1)]
    sla_properties: tuple[_ServiceLevel, ...] = ()
    custom_properties: tuple[_Limit, ...] = ()
