"""`python -m cloud nightly`: from committed reports to prices, killed, resumed and repeated."""

import functools
import os
import signal
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from cloud.__main__ import main
from cloud.cli.lake import catalogue
from cloud.cli.nightly import lake_steps
from cloud.cli.nightly.commands import is_transient
from cloud.cli.nightly.lake_steps import BUILD_MARTS, LakeSteps
from cloud.cli.nightly.sales_steps import SalesSteps
from cloud.database import connect, reading, writing
from cloud.ingest import report_store
from cloud.lake.manifest import LakeConflictError
from cloud.lake.registry import TABLES
from cloud.lake.storage import StorageError
from cloud.nightly.lock import LockOwner, hold_lock
from cloud.nightly.runs import read_last_run, read_steps, read_unbuilt_days, start_run
from cloud.nightly.steps import StepResult
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import new_database
from wire.clock import utc_now

Run = Callable[..., tuple[int, str, str]]
STEPS = (
    "land", "promote-raw", "promote-trusted", "build-marts", "publish-marts", "compact",
    "catalogue", "build-retail-marts", "expire", "train-demand", "propose-prices", "products",
    "forecast", "publish-prices", "check-receipts",
)  # fmt: skip
TOTALS = (
    "SELECT count(*), sum(visits) FROM mart_audience_metrics",
    "SELECT count(*), count(DISTINCT location) FROM price_sheets",
    "SELECT count(*), sum(rows) FROM lake_files WHERE removed_in IS NULL"
    " AND table_name LIKE '%audience%'",
)


@pytest.fixture
def engine(tmp_path: Path, report: Reports) -> Iterator[Engine]:
    """A database with two reports."""
    engine = connect(new_database(tmp_path))
    with writing(engine) as connection:
        report_store.write_reports(connection, [report(1), report(2)], NINE)
    yield engine
    engine.dispose()


@pytest.fixture
def run(tmp_path: Path, engine: Engine, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> tuple[int, str, str]:
        url = f"sqlite:///{tmp_path}/onlooker.db"
        status = main(["nightly", "--database", url, "--lake", str(tmp_path / "lake"), *words])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return run


@pytest.fixture(autouse=True)
def _few_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue of three tables: its tests have the pages of all."""
    write = functools.partial(catalogue.write_catalogue, tables=TABLES[:3])
    monkeypatch.setattr(catalogue, "write_catalogue", write)


@pytest.fixture
def no_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the slow steps, where a test is about others."""
    for name in ("forecast", "publish_prices"):
        monkeypatch.setattr(SalesSteps, name, lambda self: StepResult(0))


def read_totals(engine: Engine) -> list[tuple[int, ...]]:
    with reading(engine) as connection:
        return [tuple(connection.execute(text(sql)).one()) for sql in TOTALS]


def rows_of(out: str) -> dict[str, int]:
    """The rows of each step that is done."""
    found = (line.split(": done, ") for line in out.splitlines() if ": done, " in line)
    return {name: int(rest.split()[0]) for name, rest in found}


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_killed_run_is_resumed_and_a_day_built_anew_with_equal_totals(
    run: Run, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def kill(self: LakeSteps) -> StepResult:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    engine.dispose()
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(LakeSteps, "promote_trusted", kill)
        run()
        os._exit(3)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL

    status, out, _ = run("--resume", "--metrics-file", str(tmp_path / "nightly.prom"))
    assert status == 0
    assert rows_of(out).keys() == set(STEPS) - {"land", "promote-raw"}
    resumed = read_totals(engine)
    assert resumed[0][1] == 4
    assert 'step_done{step="land"} 1.0' in (tmp_path / "nightly.prom").read_text()

    last = read_last_run(engine)
    assert last is not None
    assert [one.name for one in read_steps(engine, last.id)] == list(STEPS)
    assert run("--resume")[1].startswith(f"run {last.id} is complete since ")

    status, out, _ = run("--day", "2026-11-20")
    rows = rows_of(out)
    assert (status, rows.keys()) == (0, set(STEPS))
    assert rows["land"] == resumed[1][0]  # the price sheets of the first run
    assert rows["publish-prices"] == 0
    assert rows["build-marts"] > 0
    assert read_totals(engine) == resumed


@pytest.mark.usefixtures("no_prices")
def test_a_failed_step_is_repeated_alone_and_the_days_of_an_earlier_run_are_built(
    run: Run,
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    days = (date(2026, 11, 20), date(2026, 11, 20))
    start_run(engine, days, utc_now())  # and its program ends

    def fail(*_: object) -> Iterator[object]:
        raise ArithmeticError("no such figure")

    with monkeypatch.context() as patch:
        patch.setattr(lake_steps, "publish_marts", fail)
        status, out, err = run()
    assert status == 1
    assert "the days from 2026-11-20 to 2026-11-20 anew: this run does" in out
    assert (last := read_last_run(engine)) is not None
    assert last.days == days
    assert "publish-marts: failed, " in out
    assert "ArithmeticError: no such figure" in out
    assert "expire: blocked\n  not started: publish-marts is not done" in out
    assert "continue with `python -m cloud nightly --resume`" in err
    assert rows_of(out).keys() == set(STEPS) - {"publish-marts", "expire", "catalogue"}
    assert read_unbuilt_days(engine, BUILD_MARTS) is None

    with monkeypatch.context() as patch:
        patch.setattr(lake_steps, "write_and_record", fail)
        status, out, _ = run("--resume")
    assert (status, rows_of(out).keys()) == (1, {"publish-marts", "expire"})

    with caplog.at_level("INFO"):
        status, out, _ = run("--resume")
    assert (status, rows_of(out).keys()) == (0, {"catalogue"})
    [ended] = [one for one in caplog.records if one.getMessage() == "nightly.ended"]
    assert vars(ended)["status"] == "complete"  # the alarm `NightlyIsLate` counts these
    assert (tmp_path / "catalogue" / "index.html").exists()


def test_a_second_run_says_who_has_the_lock(run: Run, engine: Engine):
    owner = LockOwner.current(utc_now())
    with hold_lock(engine, owner, utc_now):
        status, out, err = run()
    assert (status, out) == (2, "")
    assert f"locked by process {os.getpid()} of {owner.user} on {owner.host}" in err
    assert read_last_run(engine) is None


def test_what_cannot_be_run_is_refused(run: Run):
    assert run("--resume") == (2, "", "there is no run to resume: run it without --resume\n")
    refused = run("--resume", "--lake", "s3://a-bucket")
    assert (refused[0], "by --catalogue" in refused[2]) == (2, True)
    status, _, err = run("--days", "2026-11-21", "2026-11-19")
    assert (status, "comes before the first day" in err) == (2, True)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (LakeConflictError("run it again"), True),
        (OperationalError("", {}, ConnectionError("connection refused")), True),
        (ConnectionResetError(), True),
        (OSError("the service answered 503"), True),
        (StorageError("no bucket"), False),
        (FileNotFoundError(), False),
        (ValueError(), False),
    ],
)
def test_errors_that_may_pass(error: Exception, expected: bool):
    assert is_transient(error) is expected
