"""Write the catalogue: each page replaces the earlier one when it is complete."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from cloud.database import reading
from cloud.lake.catalogue.data_subjects import build_data_subject_page
from cloud.lake.catalogue.facts import read_facts
from cloud.lake.catalogue.index_page import build_index_page
from cloud.lake.catalogue.openlineage import list_run_events
from cloud.lake.catalogue.page_folder import PageFolder
from cloud.lake.catalogue.table_page import build_table_page
from cloud.lake.lake import Lake
from cloud.lake.registry import all_tables
from cloud.lake.tables import LakeTable

INDEX: Final = "index.html"
DATA_SUBJECTS: Final = "data-subjects.html"
EVENTS: Final = "lineage.jsonl"


def write_catalogue(
    lake: Lake, folder: PageFolder, *, now: datetime, tables: Sequence[LakeTable] | None = None
) -> int:
    """Write the pages and the lineage events; returns the number of pages.

    Raises:
        OSError: the folder cannot be written.
    """
    facts = read_facts(lake, all_tables() if tables is None else tables)
    pages = {f"{one.table.full_name}.html": build_table_page(one, now) for one in facts}
    pages[DATA_SUBJECTS] = build_data_subject_page(facts, now)
    pages[INDEX] = build_index_page(facts, now)
    folder.write(EVENTS, _list_lines(lake))
    for name, content in pages.items():
        folder.write(name, [content])
    return len(pages)


def _list_lines(lake: Lake) -> Iterator[str]:
    with reading(lake.engine) as connection:
        for event in list_run_events(connection):
            yield json.dumps(event, separators=(",", ":")) + "\n"
