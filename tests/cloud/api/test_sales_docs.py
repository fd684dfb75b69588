"""The commands, requests and figures of docs/sales-api.md are correct."""

import json
import re
import shlex
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from cloud.__main__ import main
from cloud.cli import serve
from cloud.pricing.rate_card import REFERENCE
from tests.cloud.databases import new_database
from tests.cloud.rates import CARD_FILE

PAGE = Path(__file__).resolve().parents[3] / "docs" / "sales-api.md"
TEXT = PAGE.read_text()
TYPED = re.findall(r"^    \$ (.*?)(?:\s{2,}#.*)?$", TEXT, re.MULTILINE)
COMMANDS = [line for line in TYPED if "python -m cloud" in line]
BATCH = "/api/pricing/batch"
SHOWN_PATHS = re.findall(r"(?:curl \"?localhost:8080|`GET )(/[^\s`?\"]+(?:\?[^\s`\"]+)?)", TEXT)
OF_ORDERS = re.compile(r"/api/orders/\{order\}")
"""An order of their own is read in the tests of the routes."""
SERVED = [path for path in SHOWN_PATHS if path != BATCH and not OF_ORDERS.match(path)]


def test_the_page_shows_every_command_of_the_sales_floor():
    names = {shlex.split(line.partition("python -m cloud ")[2])[0] for line in COMMANDS}
    assert names >= {"keys", "forecast", "publish", "occupancy", "override", "rate-card", "serve"}
    assert "cloud audit verify" in TEXT
    assert "cloud price KX-01" in TEXT


def write_shown_rows(file: str, row: str) -> None:
    Path(file).write_text("\n".join(re.findall(rf"^    ({row})$", TEXT, re.MULTILINE)) + "\n")


@pytest.mark.parametrize("line", [one for one in COMMANDS if not re.search("serve|override", one)])
def test_what_is_shown_can_be_typed(line: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", f"sqlite:///{tmp_path}/onlooker.db")
    Path("DIR").mkdir()
    if "database upgrade" not in line:
        new_database(tmp_path)
    write_shown_rows("occupancy.csv", r"location,time_slot.*|[A-Z]{2}-\d\d,2.*")
    write_shown_rows("orders.csv", r"order_id,.*|SO-\d+,.*")
    card = CARD_FILE.read_text().replace("version: reference-2", "version: my-card-1")
    Path("my-card.yaml").write_text(card)
    if "--key audit.pem" in line:
        assert main(["audit", "key", "audit.pem"]) == 0

    assert main(shlex.split(line.partition("python -m cloud ")[2])) == 0


def test_a_price_is_set_by_hand_as_shown(override, capsys, monkeypatch):
    """One after another, at the time of the page, with the sample sites and the reference card."""
    monkeypatch.delenv("ONLOOKER_SITES")
    monkeypatch.setattr(serve, "REFERENCE", REFERENCE)
    shown = [line.partition(" override ")[2] for line in COMMANDS if " override " in line]
    assert [shlex.split(line)[0] for line in shown] == [
        "set",
        "list",
        "withdraw",
        "set",
        "withdraw",
    ]
    assert [override(*shlex.split(line)) for line in shown] == [0] * 5
    assert capsys.readouterr().out.count("Mary Poole: agreed in March") == 3


def test_the_commands_in_the_text_can_be_typed_too(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", new_database(tmp_path))
    shown = re.findall(r"`python -m cloud ((?:price|audit)[^`]*)`", TEXT)

    assert [main(shlex.split(line)) for line in shown] == [0] * len(shown)
    assert "base rate" in capsys.readouterr().out


@pytest.mark.parametrize("path", SERVED)
def test_what_is_shown_is_served(ask, path: str):
    filled = path.replace("{location}", "KX-01").rstrip("…")
    if filled == "/api/inventory":
        filled += "?time_slot=2027-11-22T08:00"
    assert ask.get(filled).status_code == 200


def test_the_batch_shown_is_answered_slot_by_slot(ask):
    shown = re.search(r"localhost:8080/api/pricing/batch .*?-d '([^']+)'", TEXT, re.DOTALL)
    assert shown
    body = json.loads(shown[1])
    response = ask("POST", BATCH, json=body)
    assert response.status_code == 200
    answers = response.json()["answers"]
    assert [one["time_slot"] for one in answers] == [one["time_slot"] for one in body["slots"]]
    assert all(one["price"] for one in answers)


def test_the_table_multiplies_to_its_price():
    rows = re.findall(r"^    (\w+) +x ([\d.]+) +£([\d.]+)", TEXT, re.MULTILINE)
    base = re.search(r"^    base rate +£([\d.]+)$", TEXT, re.MULTILINE)
    price = re.search(r"^    price +£([\d.]+)", TEXT, re.MULTILINE)
    assert base
    assert price
    running = Decimal(base[1])
    for _, factor, shown in rows:
        running *= Decimal(factor)
        assert running.quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal(shown)
    assert Decimal(price[1]) == Decimal(rows[-1][2])


def test_the_card_that_is_to_be_copied_is_there():
    assert "cloud/pricing/reference.yaml" in TEXT
    assert REFERENCE.match("cloud/pricing/reference.yaml")
