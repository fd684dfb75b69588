"""`orders show|approve|decline|cancel|sweep`: orders that were placed through the API."""

import argparse
from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.booking.orders.approvals import give_discount
from cloud.cli.orders import order_files
from cloud.sites.sites_file import SAMPLE
from tests.cloud.booking.orders.order_steps import NOON, SALES, Steps, priced_quote
from tests.cloud.databases import new_engine
from tests.cloud.rates import SITES_FILE


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(new_engine(tmp_path)).open_accounts()


def test_orders_are_shown_decided_and_cancelled(
    steps: Steps, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str) -> int:
        url = f"sqlite:///{tmp_path}/onlooker.db"
        parser = argparse.ArgumentParser()
        order_files.add_arguments(parser)
        where = ["--database", url, "--sites", str(SITES_FILE)]
        return order_files.run(parser.parse_args([*where, *words]), lambda: NOON)

    approved, declined = steps.place(), steps.place(priced_quote((5,), prices=(10,)))
    for order_id in (approved, declined):
        steps.run(lambda work, order_id=order_id: give_discount(work, order_id, 2000, "ok"), SALES)
        steps.book(order_id)
    assert run("approve", approved) == 0
    assert run("decline", declined, "--reason", "too low") == 0
    assert run("approve", declined) == 1
    assert run("cancel", "f" * 32, "--reason", "no budget") == 1
    assert run("sweep") == 0
    found = capsys.readouterr()
    assert found.out.splitlines() == ["1 lines changed", "1 lines changed", "0 lines changed"]
    assert "no line waits for a decision" in found.err
    assert f"no order '{'f' * 32}'" in found.err
    assert run("show", declined) == 0
    shown = capsys.readouterr().out
    assert "discount 2000 basis points, approval declined" in shown
    assert "1 hours x 1  0.08 GBP  (too low)" in shown


def test_a_file_cannot_change_an_order_that_was_placed(
    steps: Steps, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id = steps.place()
    file = tmp_path / "orders.csv"
    rows = SAMPLE.with_name("orders.csv").read_text().splitlines()
    file.write_text("\n".join([rows[0], rows[1].replace("SO-2041,", f"{order_id},", 1)]) + "\n")
    database = f"sqlite:///{tmp_path}/onlooker.db"
    assert main(["orders", "--database", database, "load", str(file)]) == 1
    assert "was placed through the API" in capsys.readouterr().err
