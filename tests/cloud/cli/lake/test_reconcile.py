"""`python -m cloud lake reconcile`: an operator whose database is older than the lake."""

from pathlib import Path

from cloud.__main__ import main
from cloud.lake.lake import Lake
from cloud.lake.raw.audience import RAW_SENSORS
from cloud.lake.storage import open_storage
from cloud.lake.writer import append
from tests.cloud.databases import new_database, new_engine
from tests.cloud.lake.conftest import NOW
from tests.cloud.lake.trusted.rows import build_rows, to_raw


def test_the_snapshots_that_the_database_lacks_are_listed_and_adopted(tmp_path: Path, capsys):
    lost = Lake(open_storage(str(tmp_path / "lake")), new_engine(tmp_path, "lost.db"))
    _, rows = to_raw("audience_sensors", build_rows(1)["audience_sensors"])
    append(lost, RAW_SENSORS, rows, now=NOW)
    lost.engine.dispose()

    def run(*words: str) -> tuple[int, str, str]:
        url = new_database(tmp_path)
        status = main(["lake", "--database", url, "--lake", str(tmp_path / "lake"), *words])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    status, _, err = run("update")
    assert (status, "`python -m cloud lake reconcile list` shows what it lacks" in err) == (2, True)
    found = "raw.audience_sensors: snapshots 1 to 1, 1 files, 1 rows added\n"
    assert run("reconcile", "list") == (1, found, "")
    assert run("reconcile", "adopt")[0] == 0
    assert run("reconcile", "list")[:2] == (
        0, "the database has every snapshot that the lake has\n",
    )  # fmt: skip
    assert run("verify")[0] == 0
