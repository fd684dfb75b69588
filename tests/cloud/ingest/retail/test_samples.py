"""The sample files can be loaded as they are."""

from datetime import UTC, datetime
from pathlib import Path

from cloud.database import reading, writing
from cloud.ingest.retail.commit import IngestContext
from cloud.ingest.retail.csv_import import CsvFile, import_file
from cloud.ingest.retail.master_data import read_master_data
from cloud.ingest.retail.master_data_files import PRODUCTS, RATES, STORES, load_master_file
from cloud.ingest.retail.rules import IngestRules
from tests.cloud.databases import new_engine
from tests.cloud.ingest.retail.price_messages import read_points

SAMPLES = Path(__file__).resolve().parents[4] / "cloud" / "samples" / "retail"


def test_the_samples_are_committed_without_an_error(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        for kind, name in ((STORES, "stores"), (PRODUCTS, "products"), (RATES, "rates")):
            assert load_master_file(connection, kind, SAMPLES / f"{name}.csv")
    with reading(engine) as connection:
        context = IngestContext(read_master_data(connection, IngestRules()))
    now = datetime(2026, 3, 3, tzinfo=UTC)
    file = CsvFile(SAMPLES / "price_points.csv", "csv")
    progress = import_file(engine, file, context, clock=lambda: now)
    assert (progress.committed, progress.errors) == (15, 0)
    rated = {row.currency: str(row.rated_on) for row in read_points(engine) if row.rated_on}
    assert rated == {"EUR": "2026-02-27"}
    engine.dispose()
