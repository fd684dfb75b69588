"""Write the catalogue: each page replaces the earlier one when it is complete."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from cloud.database import reading
from cloud.lake.catalogue.data_subjects import build_data_subject_page
from cloud.lake.catalogue.facts import read_facts
from cloud.lake.catalogue.index_page import build_index_page
from cloud.lake.catalogue.openlineage import list_run_events
from cloud.lake.catalogue.table_page import build_table_page
from cloud.lake.lake import Lake
from cloud.lake.registry import TABLES
from cloud.lake.tables import LakeTable

INDEX: Final = "index.html"
DATA_SUBJECTS: Final = "data-subjects.html"
EVENTS: Final = "lineage.jsonl"


def write_catalogue(
    lake: Lake, folder: Path, *, now: datetime, tables: Sequence[LakeTable] = TABLES
) -> int:
    """Write the pages and the lineage events; returns the number of pages.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = read_facts(lake, tables)
    pages = {f"{one.table.full_name}.html": build_table_page(one, now) for one in facts}
    pages[DATA_SUBJECTS] = build_data_subject_page(facts, now)
    pages[INDEX] = build_index_page(facts, now)
    _replace(folder / EVENTS, _list_lines(lake))
    for name, content in pages.items():
        _replace(folder / name, [content])
    return len(pages)


def _list_lines(lake: Lake) -> Iterator[str]:
    with reading(lake.engine) as connection:
        for event in list_run_events(connection):
            yield json.dumps(event, separators=(",", ":")) + "\n"


def _replace(path: Path, parts: Sequence[str] | Iterator[str]) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.writelines(parts)
    part.replace(path)
