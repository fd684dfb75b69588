"""Files as people send them: cleaned with a count, or refused with the reason; good rows arrive."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import openpyxl
import pytest

from cloud.lake.lake import Lake
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.reader import read_table
from cloud.lake.registry import find_table
from cloud.products.uploads.refusal import UploadRefusedError
from tests.cloud.products.conftest import HEADING, Load

GOOD = "A1,c1,2026-11-01,paid,12.50,GBP\n"
RAW = find_table("raw.orders_placed")


def workbook(change: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.Workbook()
    change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def fill(book: openpyxl.Workbook) -> None:
    sheet = book.active
    sheet.append(["Orders of November"])
    sheet.append([])
    sheet.append(["Order", "Customer", "Date", "Status", "Total", "Currency"])
    sheet.append(["A1", "c1", "2026-11-01", "paid", 12.5, "GBP"])
    sheet.append(["A2", None, "2026-11-02", "paid", 7, "GBP"])
    sheet.merge_cells("B4:B5")


def with_formula(book: openpyxl.Workbook) -> None:
    fill(book)
    book.active.append(["A3", "c3", "2026-11-03", "paid", "=SUM(E4:E5)", "GBP"])


def archive(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, data in members.items():
            file.writestr(name.replace("__", "/").replace("_bin", ".bin"), data)
    return content.getvalue()


def bomb() -> bytes:
    """A member that says that it expands to two gigabytes."""
    content = bytearray(archive(xl__sheet=b"x"))
    place = content.index(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 2_000_000_000)
    return bytes(content)


CLEANED = {
    "plain": (HEADING + GOOD, 1, 0),
    "byte order mark": (b"\xef\xbb\xbf" + (HEADING + GOOD).encode(), 1, 0),
    "UTF-16": ((HEADING + GOOD).encode("utf-16"), 1, 0),
    "UTF-16 without a mark": ((HEADING + GOOD).encode("utf-16-le"), 1, 0),
    "Windows-1252": ((HEADING + GOOD.replace("c1", "Müller")).encode("cp1252"), 1, 0),
    "semicolons": ((HEADING + GOOD).replace(",", ";"), 1, 0),
    "tabs": ((HEADING + GOOD).replace(",", "\t"), 1, 0),
    "bars": ((HEADING + GOOD).replace(",", "|"), 1, 0),
    "lines of Windows": ((HEADING + GOOD).replace("\n", "\r\n"), 1, 0),
    "no line end at the end": (HEADING + GOOD.strip(), 1, 0),
    "a title above": ("Export,,,,,\n\n" + HEADING + GOOD, 1, 0),
    "headings in other words": ("Order No,Client,Ordered,STATE,Order value,Currency code\n" + GOOD,
                                1, 0),
    "columns in another order": ("currency,amount,status,ordered_on,customer_id,order_id,note\n"
                                 "GBP,1,paid,2026-11-01,c1,A1,hello\n", 1, 0),
    "quotes, separators and line ends in a cell": (
        HEADING + '"A1","c ""1"", Ltd\nLondon",2026-11-01,paid,12.50,GBP\n', 1, 0),
    "thousands": (HEADING + 'A1,c1,2026-11-01,paid,"1,234,567.50",GBP\n', 1, 0),
    "signs of currencies": (HEADING + "A1,c1,2026-11-01,paid,£12.50,GBP\n", 1, 0),
    "dates in three styles": (
        HEADING + GOOD + "A2,c1,25/11/2026,paid,1,GBP\nA3,c1,3 November 2026,paid,1,GBP\n", 3, 0),
    "a date of two readings": (HEADING + GOOD + "A2,c1,03/04/2026,paid,1,GBP\n", 1, 1),
    "ragged rows": (HEADING + GOOD + "A2,c1\nA3,c1,2026-11-01,paid,1,GBP,,,\n" + GOOD, 2, 2),
    "blank rows": (HEADING + "\n" + GOOD + "\n,,,,,\n\n" + GOOD, 2, 0),
    "a sum at the end": (HEADING + GOOD + "Total,,,,12.50,\n", 1, 1),
    "a formula for a number": (HEADING + GOOD + "A2,c1,2026-11-01,paid,=1+1,GBP\n", 1, 1),
    "too many decimals": (HEADING + GOOD + "A2,c1,2026-11-01,paid,1.005,GBP\n", 1, 1),
    "a number that does not fit": (
        HEADING + GOOD + f"A2,c1,2026-11-01,paid,{'9' * 30},GBP\n", 1, 1),
    "a day that does not exist": (HEADING + GOOD + "A2,c1,2026-02-30,paid,1,GBP\n", 1, 1),
    "a required cell is empty": (HEADING + GOOD + "A2,,2026-11-01,paid,1,GBP\n", 1, 1),
    "a workbook with merged cells": (workbook(fill), 2, 0),
    "a formula in a workbook": (workbook(with_formula), 2, 1),
}  # fmt: skip
REFUSED = {
    "empty": (b"", "the file is empty"),
    "only a heading": (HEADING, "a heading and no rows"),
    "no heading": (GOOD, "found the headings 'A1'"),
    "a column is missing": ("order_id,status\nA1,paid\n", "expected also customer_id"),
    "a heading twice": ("order,order_id,customer,date,status,total,currency\n" + GOOD,
                        "found the column order_id 2 times"),
    "no row is readable": (HEADING + "A1,c1,x,paid,1,GBP\n", "none of its 1 rows"),
    "a million columns": (",".join(f"c{n}" for n in range(1_000_000)), "columns, expected at most"),
    "a row without an end": (b"a" * 3_000_000, "expected"),
    "binary": (bytes(range(256)) * 10, "a binary file"),
    "an image": (b"\x89PNG\r\n\x1a\n" + zlib.compress(b"x" * 1000), "a binary file"),
    "compressed": (b"\x1f\x8b" + bytes(100), "a compressed file"),
    "an archive of text": (archive(orders_csv=b"x"), "found a ZIP archive"),
    "a damaged archive": (b"PK\x03\x04" + bytes(100), "the workbook is damaged"),
    "macros": (archive(xl__vbaProject_bin=b"x"), "a workbook with macros"),
    "old macros": (b"\xd0\xcf\x11\xe0" + "_VBA_PROJECT".encode("utf-16-le"), "with macros"),
    "an old workbook that is cut": (b"\xd0\xcf\x11\xe0" + bytes(600), "cannot be read"),
    "a bomb": (bomb(), "expands to 2,000,000,000 bytes"),
    "an empty workbook": (workbook(lambda book: None), "has no rows"),
}  # fmt: skip


@pytest.mark.parametrize("case", CLEANED)
def test_good_rows_are_loaded_and_the_others_counted(case, load: Load, lake: Lake):
    content, good, bad = CLEANED[case]
    name = "orders.xlsx" if isinstance(content, bytes) and content[:2] == b"PK" else "orders.csv"
    record = load(content, name=name).record
    assert (record.state, record.rows_loaded, record.rows_refused) == ("loaded", good, bad)
    rows = read_table(lake, RAW)
    assert (len(rows), rows["amount_minor"].null_count) == (good, 0)
    reasons = read_table(lake, QUARANTINE)["reason"].to_pylist()
    assert len(reasons) == bad
    assert all("found" in reason and "expected" in reason for reason in reasons)


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_and_leaves_nothing(case, load: Load, lake: Lake):
    content, reason = REFUSED[case]
    with pytest.raises(UploadRefusedError, match=reason):
        load(content)
    assert len(read_table(lake, RAW)) == 0
    assert list(lake.storage.list_files("_uploads")) == []
