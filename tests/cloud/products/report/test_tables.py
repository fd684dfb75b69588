"""Rows as data cannot end their block, and those of the markup are the first only."""

import json

from cloud.products.report.tables import FIRST_ROWS, embed_rows, show_table
from tests.cloud.products.report.small_report import CYCLES, HOSTILE, new_contents

TABLE = "procurement_cycle_times"


def test_embedded_rows_are_inert_and_complete():
    block = embed_rows(new_contents().tables[TABLE])
    content = block.partition(">")[2].removesuffix("</script>")
    assert "<" not in content
    embedded = json.loads(content)
    assert embedded["rows"][0] == [
        "V17", HOSTILE, "paper", "2026-01-01", 10, 1150, None, 4000, 20000,
    ]  # fmt: skip
    assert (len(embedded["rows"]), embedded["total"]) == (len(CYCLES), len(CYCLES))


def test_the_markup_has_the_first_rows_and_the_number_of_all():
    shown = show_table("Days", new_contents({TABLE: CYCLES * 5}).tables[TABLE])
    assert shown.count('scope="row"') == FIRST_ROWS
    assert f"{FIRST_ROWS} of {len(CYCLES) * 5} rows" in shown
