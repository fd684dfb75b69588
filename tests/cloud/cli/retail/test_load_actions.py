"""Files of stores, products and points are loaded once."""

from pathlib import Path

from sqlalchemy import select

from cloud.database import connect, reading
from cloud.database.retail import retail_price_points
from tests.cloud.cli.retail.conftest import Run, load_files


def test_a_simulated_chain_is_loaded_once(retail: Run, shops: Path) -> None:
    status, out, _ = load_files(retail, shops, shops / "points.csv")
    with reading(connect(f"sqlite:///{shops}/onlooker.db")) as connection:
        rows = connection.execute(select(retail_price_points)).all()
    assert status == 0, out
    assert f"points.csv: {len(rows)} points committed, 0 were committed before, 0 refused" in out
    assert len(rows) > 230
    assert {row.source for row in rows} == {"csv"}
    assert load_files(retail, shops, shops / "points.csv")[1] == out
