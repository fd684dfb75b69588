"""SQL that reads the text of a column as its type; null where it cannot be read.

A value is never guessed: a number must fit the declared decimal mark, and a date such as 03/04/2025
needs the declared order of day and month. The engine is DuckDB.
"""

from collections.abc import Callable, Mapping
from typing import Final

from cloud.lake.trusted.rules import quote
from cloud.products.definitions.columns import ColumnType, DayOrder, DecimalMark, UploadColumn
from cloud.products.definitions.product import Upload

ISO_DATES: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")
NAMED_DATES: Final = ("%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%B %d, %Y", "%b %d, %Y")
DAY_FIRST: Final = ("%d/%m/%Y", "%d-%m-%Y")
MONTH_FIRST: Final = ("%m/%d/%Y", "%m-%d-%Y")
WITH_POINTS: Final = ("%d.%m.%Y",)
"""Dates with points are written in the order day, month, year."""
TIMES: Final = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M %p")
FIRST_DAY, LAST_DAY = "DATE '1900-01-01'", "DATE '2200-01-01'"
TRUE: Final = ("true", "yes", "y", "1", "t", "x")
FALSE: Final = ("false", "no", "n", "0", "f")
EXPECTED: Final = {
    ColumnType.TEXT: "text",
    ColumnType.CODE: "a code",
    ColumnType.INTEGER: "a whole number",
    ColumnType.MONEY: "an amount such as 1234.50",
    ColumnType.PERCENT: "a percentage such as 94.19",
    ColumnType.FRACTION: "a share such as 0.9419, or 94.19 %",
    ColumnType.THOUSANDTHS: "a number",
    ColumnType.DATE: "a date such as 2025-03-31",
    ColumnType.TIMESTAMP: "a time such as 2025-03-31T09:30:00Z",
    ColumnType.BOOLEAN: "yes or no",
    ColumnType.PSEUDONYM: "text",
}


def expected(upload: Upload, column: UploadColumn) -> str:
    """What a value of the column must look like."""
    words = EXPECTED[column.type]
    if column.type is ColumnType.MONEY:
        words = f"{words} with at most {column.decimals} decimals"
    if column.type in (ColumnType.DATE, ColumnType.TIMESTAMP) and upload.day_order is None:
        return f"{words}; 03/04/2025 is read only with day_order in product.yaml"
    return words


def typed(upload: Upload, name: str, column: UploadColumn) -> str:
    """An expression for the value of the text column `name`."""
    return _READERS[column.type](f"trim({name})", upload, column)


def _code(text: str) -> str:
    plain = f"regexp_replace(upper({text}), '[^A-Z0-9]', '', 'g')"
    return f"nullif(regexp_replace({plain}, '(^|[A-Z])0+([0-9])', '\\1\\2', 'g'), '')"


def _amount(text: str) -> str:
    """Without the sign or code of a currency."""
    return (
        f"regexp_replace({text}, '^[A-Z]{{3}}\\s*|\\s*[A-Z]{{3}}$|[£$€¥\\s\\x{{00A0}}]', '', 'g')"
    )


def _number(text: str, mark: DecimalMark) -> str:
    """The number as text with a point, null when the marks do not fit."""
    point, comma = ("\\.", ",") if mark is DecimalMark.POINT else (",", "\\.")
    pattern = (
        f"[-+(]?([0-9]+|[0-9]{{1,3}}([{comma}'' ][0-9]{{3}})+)?({point}[0-9]*)?\\)?-?"
    )  # fmt: skip
    digits = f"regexp_replace({text}, '[{comma}'' ()+-]', '', 'g')"
    decimal = digits if mark is DecimalMark.POINT else f"replace({digits}, ',', '.')"
    sign = f"CASE WHEN regexp_matches({text}, '^[-(]|-$') THEN '-' ELSE '' END"
    return (
        f"CASE WHEN regexp_full_match({text}, '-?[0-9]+') THEN {text} "
        f"WHEN regexp_full_match({text}, '{pattern}') THEN {sign} || {decimal} END"
    )


MOST_DECIMALS: Final = 4
"""Of an amount, as `UploadColumn.decimals` has it."""


def _scaled(text: str, cleaned: str, decimals: int, mark: DecimalMark) -> str:
    """A whole number of the smallest unit, null when there are more decimals.

    Plain numbers, which most are, are cast at once; the others are taken apart.
    """
    number = _number(cleaned, mark)
    exact = f"TRY_CAST({number} AS DECIMAL(28, 8)) * {10**decimals}"
    slow = f"TRY(CASE WHEN {exact} = floor({exact}) THEN CAST({exact} AS BIGINT) END)"
    if mark is DecimalMark.COMMA:
        return slow
    plain = f"TRY_CAST({text} AS DECIMAL(18, {MOST_DECIMALS}))"
    unit = 10 ** (MOST_DECIMALS - decimals)
    whole = f"CAST({plain} * {10**MOST_DECIMALS} AS BIGINT)"
    is_plain = (
        f"{plain} IS NOT NULL AND NOT contains(translate({text}, 'E_', 'ee'), 'e') AND "
        f"(NOT contains({text}, '.') OR length({text}) - strpos({text}, '.') <= {MOST_DECIMALS})"
    )
    fast = f"CASE WHEN {whole} % {unit} = 0 THEN {whole} // {unit} END"
    return f"CASE WHEN {is_plain} THEN {fast} ELSE {slow} END"


def _basis_points(text: str, mark: DecimalMark, kind: ColumnType) -> str:
    number = _number(f"trim(replace({text}, '%', ''))", mark)
    plain = 100 if kind is ColumnType.PERCENT else 10_000
    scale = f"CASE WHEN contains({text}, '%') THEN 100 ELSE {plain} END"
    return f"TRY(CAST(round(TRY_CAST({number} AS DECIMAL(18, 8)) * {scale}) AS BIGINT))"


def _thousandths(text: str, mark: DecimalMark) -> str:
    number = f"TRY_CAST({_number(text, mark)} AS DECIMAL(18, 8))"
    return f"TRY(CAST(round({number} * 1000) AS BIGINT))"


def _day(text: str, order: DayOrder | None) -> str:
    """A date; those that ISO 8601 writes, which most are, are cast at once."""
    iso = f"TRY_CAST({text} AS DATE)"
    return (
        f"CASE WHEN length({text}) = 10 AND {iso} BETWEEN {FIRST_DAY} AND {LAST_DAY} THEN {iso} "
        f"ELSE {_within(_date(text, order))} END"
    )


def _date(text: str, order: DayOrder | None) -> str:
    certain = _parse(text, (*ISO_DATES, *NAMED_DATES, *WITH_POINTS))
    day_first, month_first = _parse(text, DAY_FIRST), _parse(text, MONTH_FIRST)
    if order is not None:
        chosen = day_first if order is DayOrder.DAY_FIRST else month_first
        return f"coalesce({certain}, {chosen})"
    return (
        f"coalesce({certain}, CASE WHEN {day_first} IS NULL THEN {month_first} "
        f"WHEN {month_first} IS NULL OR {day_first} = {month_first} THEN {day_first} END)"
    )


def _parse(text: str, formats: tuple[str, ...]) -> str:
    return f"CAST(try_strptime({text}, [{', '.join(map(quote, formats))}]) AS DATE)"


def _within(value: str) -> str:
    return f"CASE WHEN {value} BETWEEN {FIRST_DAY} AND {LAST_DAY} THEN {value} END"


def _timestamp(text: str, upload: Upload) -> str:
    """With an offset as written; without, in the time zone of the upload."""
    has_offset = f"regexp_matches({text}, '(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$')"
    day = _date(f"regexp_extract({text}, '^(.*[0-9]{{4}}|[0-9]{{4}}.[0-9]{{2}}.[0-9]{{2}})', 1)",
                upload.day_order)  # fmt: skip
    clock = f"regexp_extract({text}, '[0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}})?(\\.[0-9]+)?$')"
    naive = (
        f"coalesce(TRY_CAST({text} AS TIMESTAMP), "
        f"CASE WHEN {clock} <> '' THEN {day} + TRY_CAST({clock} AS TIME) ELSE {day} END)"
    )
    zone = quote(upload.time_zone)
    return (
        f"CASE WHEN {has_offset} THEN TRY_CAST({text} AS TIMESTAMPTZ) "
        f"ELSE timezone({zone}, {_within(naive)}) END"
    )


def _boolean(text: str) -> str:
    true, false = (", ".join(map(quote, words)) for words in (TRUE, FALSE))
    return (
        f"CASE WHEN lower({text}) IN ({true}) THEN true "
        f"WHEN lower({text}) IN ({false}) THEN false END"
    )


def _plain(text: str) -> str:
    return f"nullif({text}, '')"


_READERS: Final[Mapping[ColumnType, Callable[[str, Upload, UploadColumn], str]]] = {
    ColumnType.TEXT: lambda text, upload, column: _plain(text),
    ColumnType.PSEUDONYM: lambda text, upload, column: _plain(text),
    ColumnType.CODE: lambda text, upload, column: _code(text),
    ColumnType.INTEGER: lambda text, upload, column: _scaled(text, text, 0, upload.decimal_mark),
    ColumnType.MONEY: lambda text, upload, column: _scaled(
        text, _amount(text), column.decimals, upload.decimal_mark
    ),
    ColumnType.PERCENT: lambda text, upload, column: _basis_points(
        text, upload.decimal_mark, column.type
    ),
    ColumnType.FRACTION: lambda text, upload, column: _basis_points(
        text, upload.decimal_mark, column.type
    ),
    ColumnType.THOUSANDTHS: lambda text, upload, column: _thousandths(text, upload.decimal_mark),
    ColumnType.DATE: lambda text, upload, column: _day(text, upload.day_order),
    ColumnType.TIMESTAMP: lambda text, upload, column: _timestamp(text, upload),
    ColumnType.BOOLEAN: lambda text, upload, column: _boolean(text),
}
