"""What a report costs in the lake: bytes of its rows in each zone, and processor time.

`python tests/benchmarks/lake_size.py` with invented reports of one day, one a minute and camera, as
`simulators fleet` sends them: without demographics, creatives and sensors. They are in the database
already; the time is that of landing them and of promoting them to the raw zone.
"""

import argparse
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path

from cloud.database import connect, create, reading, writing
from cloud.ingest import report_store
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import land_reports
from cloud.lake.manifest import read_files
from cloud.lake.raw.reports import promote_reports
from cloud.lake.registry import TABLES
from cloud.lake.storage import open_storage
from simulators.synthetic.cameras import Period, create_sites, generate_reports

DAY = datetime(2026, 11, 18, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/onlooker.db")
        create(engine)
        lake = Lake(open_storage(str(Path(folder) / "lake")), engine)
        reports = _fill(lake, options.cameras)
        began = time.process_time()
        landed = sum(one.rows_added for one in land_reports(lake, now=DAY))
        between = time.process_time()
        promoted = sum(one.promoted for one in promote_reports(lake, now=DAY))
        ended = time.process_time()
        assert landed == promoted == reports, (landed, promoted, reports)
        print(f"{reports:,} reports of {options.cameras} cameras")
        for name, size in _sizes(lake).items():
            print(f"  {name:28} {size / reports:8.1f} bytes a report")
        print(f"  land    {(between - began) / reports * 1e6:6.1f} us a report")
        print(f"  promote {(ended - between) / reports * 1e6:6.1f} us a report")
        engine.dispose()
    return 0


def _fill(lake: Lake, cameras: int) -> int:
    period = Period(DAY, DAY + timedelta(days=1), timedelta(minutes=1))
    sites = create_sites(cameras, seed=1)
    together = chain.from_iterable(
        zip(*(generate_reports(site, period) for site in sites), strict=True)
    )
    count = 0
    while some := list(islice(together, 1_000)):
        with writing(lake.engine) as connection:
            report_store.write_reports(connection, some, DAY)
        count += len(some)
    return count


def _sizes(lake: Lake) -> Counter[str]:
    sizes: Counter[str] = Counter()
    with reading(lake.engine) as connection:
        for table in TABLES:
            files = read_files(connection, table.full_name)
            sizes[table.full_name] = sum(file.size_bytes for file in files)
    return sizes


if __name__ == "__main__":
    raise SystemExit(main())
