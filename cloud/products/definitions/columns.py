"""Columns of an upload: under which headings they are found, and how their text is read."""

import re
import unicodedata
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Text = Annotated[str, Meta(min_length=1, max_length=400)]


class DefinitionPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A block of the file: unknown fields are refused."""


class ColumnType(StrEnum):
    """How the text of a column is read."""

    TEXT = "text"
    CODE = "code"  # upper case, no spaces, no leading zeros of a number
    INTEGER = "integer"
    MONEY = "money"  # to minor units: 1,234.50 is 123450
    PERCENT = "percent"  # to basis points: 94.19 % is 9419
    FRACTION = "fraction"  # to basis points: 0.9419 is 9419
    THOUSANDTHS = "thousandths"  # 25.4211 is 25421, rounded
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"
    PSEUDONYM = "pseudonym"  # a keyed hash: the value itself is not stored


SQL_TYPES: Final = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.CODE: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.MONEY: "BIGINT",
    ColumnType.PERCENT: "BIGINT",
    ColumnType.FRACTION: "BIGINT",
    ColumnType.THOUSANDTHS: "BIGINT",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.PSEUDONYM: "VARCHAR",
}
"""The type that the contract of the table must have for it."""


class DayOrder(StrEnum):
    """How dates such as 03/04/2025 are read; without it they are refused."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


class DecimalMark(StrEnum):
    """Which mark precedes the decimals; the other one separates thousands."""

    POINT = "point"
    COMMA = "comma"


class UploadColumn(DefinitionPart, frozen=True, kw_only=True):
    """One column of the table.

    `headings` are those that it may have in a file, in any case and spacing; the name itself is
    always one.
    """

    type: ColumnType
    headings: tuple[Text, ...] = ()
    decimals: Annotated[int, Meta(ge=0, le=4)] = 2
    required: bool = False


def normalise_heading(text: str) -> str:
    """A heading without case, accents, spacing and punctuation."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[^\w%]|_", "", plain)
