"""`python -m cloud products`: statuses, and what it says about files."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.cli.products import load_actions, run_all, watch_action
from cloud.lake.manifest import LakeConflictError
from tests.cloud.databases import new_database
from tests.cloud.products.conftest import HEADING
from tests.cloud.products.pulls.test_pull import with_query

TODAY = datetime.now(UTC).date()
GOOD = f"A1,c1,{TODAY},paid,12.50,GBP\n"
OLD = f"A2,c1,{TODAY - timedelta(days=60)},pending,12.50,GBP\n"


@pytest.fixture
def products(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", new_database(tmp_path))
    monkeypatch.setenv("ONLOOKER_LAKE", str(tmp_path / "lake"))
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        status = main(["products", *words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_a_file_is_previewed_loaded_and_listed(products, tmp_path: Path):
    (tmp_path / "orders.csv").write_text(HEADING + GOOD + OLD + "A3,c1,x,paid,1,GBP\n")
    status, out, _ = products("preview", "orders.csv", "--product", "orders")
    assert (status, "2 rows can be read, 1 cannot" in out) == (0, True)
    status, out, _ = products("load", "orders.csv", "--product", "orders")
    assert status == 0
    assert "2 rows loaded, 1 refused" in out
    assert "5 tables changed" in out
    assert "nothing to do" in products("load", "orders.csv", "--product", "orders")[1]
    assert "raw.orders_placed orders.csv 2/1" in products("uploads", "--product", "orders")[1]
    assert "; run 20" in products("list")[1]
    status, out, _ = products("profile", "orders", "trusted.orders_placed")
    assert (status, "status VARCHAR: 0 null, 2 distinct" in out) == (0, True)
    assert products("report", "orders", "--out", "orders.html")[0] == 0
    assert "<h1>Orders</h1>" in (tmp_path / "orders.html").read_text()
    table = ("--format", "csv", "--table", "orders_by_status")
    assert products("report", "orders", *table, "--out", "orders_by_status.csv")[0] == 0
    assert (tmp_path / "orders_by_status.csv").read_text().splitlines() == [
        "status,received,kept,left_out", "paid,1,1,0", "pending,1,0,1",
    ]  # fmt: skip


def test_a_refused_file_does_not_stop_the_others(products, tmp_path: Path):
    (tmp_path / "orders-1.csv").write_text("")
    (tmp_path / "orders-2.csv").write_text(HEADING + GOOD)
    status, out, err = products("load", "orders-1.csv", "orders-2.csv", "--product", "orders")
    assert status == 1
    assert "refused: orders-1.csv: the file is empty" in err
    assert "orders-2.csv: 1 rows loaded" in out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["load", "x.csv", "--product", "orders"], "expected one of orders\\*.csv"),
        (["load", "x.csv", "--product", "ordres"], "did you mean 'orders'"),
        (["load", "x.csv", "--product", "orders", "--table", "y"], "table 'y' is not known"),
        (["profile", "orders", "orders_placed"], "table 'orders_placed' is not known"),
        (["report", "orders", "--format", "csv", "--out", "x.csv"], "give both or neither"),
        (["report", "orders", "--format", "csv", "--out", "x.csv", "--table", "y"], "table 'y'"),
        (["report", "orders", "--out", "absent/x.html"], "absent/\\.x\\.html\\.part"),
        (["run", "nothing"], "data product 'nothing' is not known"),
    ],
)
def test_unknown_words_are_refused(products, words, reason):
    status, _, err = products(*words)
    assert status == 2
    assert re.search(reason, err)


def test_a_watched_folder_is_loaded_once(products, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(watch_action.time, "sleep", lambda seconds: None)
    folder = tmp_path / "incoming" / "orders"
    folder.mkdir(parents=True)
    (folder / "orders.csv").write_text(HEADING + GOOD)
    (folder / "notes.txt").write_text("no order")
    status, out, err = products("watch", "incoming", "--once")
    assert status == 0
    assert "orders.csv: 1 rows loaded, 0 refused" in out
    assert "notes.txt: found no upload of orders" in err
    assert "nothing to do" in products("watch", "incoming", "--once")[1]


def test_pull_names_what_is_not_loaded(products, monkeypatch):
    monkeypatch.setattr(load_actions, "find_product", lambda name: with_query())
    monkeypatch.delenv("VENDORS_DATABASE", raising=False)
    status, _, err = products("pull", "sales")
    assert status == 1
    assert "not loaded: sales, table sales_vendors: found no VENDORS_DATABASE" in err


def test_a_product_without_a_query_is_not_pulled(products):
    status, _, err = products("pull", "orders")
    assert status == 2
    assert "orders: found no upload with `query`" in err


def test_a_watch_goes_on_after_a_conflict_with_another_program(
    products, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(watch_action.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(watch_action, "LOOKS", 3)
    promote, calls = run_all.promote_uploads, []

    def conflict_once(*words, **options):
        calls.append(words)
        if len(calls) == 1:
            raise LakeConflictError("another program promotes")
        return promote(*words, **options)

    monkeypatch.setattr(run_all, "promote_uploads", conflict_once)
    folder = tmp_path / "incoming" / "orders"
    folder.mkdir(parents=True)
    (folder / "orders.csv").write_text(HEADING + GOOD)
    status, out, err = products("watch", "incoming", "--once")
    assert (status, "5 tables changed" in out) == (0, True)
    assert "tried again later: orders: another program promotes" in err


def test_a_file_or_folder_that_is_not_there_is_named_and_nothing_is_run(products):
    for action in ("preview", "load"):
        status, out, err = products(action, "orders-9.csv", "--product", "orders")
        assert (status, out, "orders-9.csv is not a file" in err) == (1, "", True)
    status, _, err = products("watch", "nowhere", "--once")
    assert (status, "nowhere is not a folder" in err) == (2, True)
