"""Every kind of faulty point is refused for the reason that the truth names."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cloud.database import reading, writing
from cloud.ingest.retail.commit import IngestContext
from cloud.ingest.retail.csv_import import CsvFile, import_file
from cloud.ingest.retail.error_queue import count_errors
from cloud.ingest.retail.master_data import read_master_data
from cloud.ingest.retail.master_data_files import PRODUCTS, STORES, load_master_file
from cloud.ingest.retail.rules import IngestRules
from cloud.retail_wire import PriceErrorReason
from simulators.shops import faults as simulated_faults
from simulators.shops.chain import draw_chain
from simulators.shops.faults import DUPLICATE, KINDS, FaultInjection
from simulators.shops.files import write_master_data, write_points
from simulators.shops.options import ChainOptions
from tests.cloud.databases import new_engine

OPTIONS = ChainOptions(stores=4, products=6, days=60, first_on=date(2026, 1, 1), seed=2)
NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = new_engine(tmp_path)
    write_master_data(draw_chain(OPTIONS), tmp_path)
    with writing(engine) as connection:
        load_master_file(connection, STORES, tmp_path / "stores.csv")
        load_master_file(connection, PRODUCTS, tmp_path / "products.csv")
    yield engine
    engine.dispose()


def test_ingest_refuses_what_the_truth_says(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated_faults, "EVERY", 20)
    faults = FaultInjection(OPTIONS)
    rows = write_points(draw_chain(OPTIONS), tmp_path / "points.csv", faults=faults)
    assert faults.counts.keys() == KINDS.keys()
    with reading(engine) as connection:
        context = IngestContext(read_master_data(connection, IngestRules()))
    file = CsvFile(tmp_path / "points.csv", "csv")
    progress = import_file(engine, file, context, clock=lambda: NOW)
    with reading(engine) as connection:
        found = Counter({one.reason: one.open for one in count_errors(connection)})
    expected = Counter(faults.counts)
    assert progress.duplicates == expected.pop(DUPLICATE)
    assert found == expected
    assert progress.committed == rows - faults.counts.total()


def test_kinds_are_reasons() -> None:
    assert KINDS.keys() - {DUPLICATE} <= set(PriceErrorReason)
