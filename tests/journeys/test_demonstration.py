"""What `make demo` promises a newcomer: a measured audience, a price, a sale, a portal, an end.

The sale is checked against what was drawn, and amounts against the quote, to the minor unit.
"""

import csv
import json
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, select

from cloud.__main__ import main as cloud
from cloud.auth.audit import read_entries, verify_chain
from cloud.database import connect, hour_tallies, reading
from simulators.demo.sale.settlement import PROMISED_S
from tests.cloud.portal.node_runs import BUNDLE, NOT_BUILT

FACTORS = ("attention", "peak", "demographic", "location", "season")
STEPS = (
    "plan", "quote", "hold", "order", "payment", "guarantee", "plays", "live", "blind", "hours",
    "invoice", "receipts", "make-good", "credit note",
)  # fmt: skip
LOCATION = "WA-01"
POSITIONS = 6
HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000
VAT = Decimal("0.20")
WITHIN_S = 540  # 60 on an idle machine


@dataclass(frozen=True)
class Demonstration:
    """The output of a run that has ended, and its folder."""

    shown: str
    folder: Path
    visit: "Visit"

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    @property
    def plays_drawn(self) -> Counter[datetime]:
        """Plays in the files of the player, by hour."""
        lines = [
            json.loads(line)
            for path in self.folder.glob("*.plays.jsonl")
            for line in path.read_text().splitlines()
        ]
        starts = (datetime.fromisoformat(line["started_at"]) for line in lines)
        return Counter(at.replace(minute=0, second=0) for at in starts)


@dataclass(frozen=True)
class Visit:
    """What the buyer finds at the printed address while the demonstration runs."""

    page: httpx.Response
    me: dict[str, Any]
    campaign: dict[str, Any]
    methods: list[dict[str, Any]]


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory) -> Demonstration:
    assert BUNDLE.is_file(), NOT_BUILT
    folder = tmp_path_factory.mktemp("demonstration") / "d"
    command = [sys.executable, "-m", "simulators", "demo", "--folder", str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        late = threading.Timer(WITHIN_S, running.kill)
        late.start()
        shown = read_until(running, "Press Ctrl-C to end.")
        visit = sign_in_as_printed(shown, folder)
        running.send_signal(signal.SIGINT)
        assert running.stdout is not None
        shown += running.stdout.read()
    late.cancel()
    assert running.returncode == 0, shown
    return Demonstration(shown, folder, visit)


def read_until(running: subprocess.Popen[str], end: str) -> str:
    """What is printed up to a line; fails with it where the program ends before."""
    assert running.stdout is not None
    shown = ""
    for line in running.stdout:
        shown += line
        if end in line:
            return shown
    raise AssertionError(shown)


def sign_in_as_printed(shown: str, folder: Path) -> Visit:
    """Open the printed address, sign in as the buyer, and look at the campaign that was sold."""
    found = re.search(
        r"Open (http://127\.0\.0\.1:\d+)/ and sign in with the password (\S+) as", shown
    )
    assert found is not None, shown
    email = re.search(r"(\S+@harbour-tea\.example) ", shown)
    assert email is not None, shown
    sale = json.loads((folder / "sale.json").read_text())
    with httpx.Client(base_url=found[1], timeout=60) as client:
        page = client.get("/explore")
        assert client.get("/api/campaigns").status_code == 401
        me = client.post("/api/sign-in", json={"email": email[1], "password": found[2]})
        (campaign,) = client.get("/api/campaigns").json()["campaigns"]
        options = client.get(f"/api/orders/{sale['order']['id']}/payment-options")
    return Visit(page, me.json(), campaign, options.json()["providers"])


@pytest.fixture(scope="module")
def sale(demonstration) -> dict[str, Any]:
    return demonstration.read("sale.json")


@pytest.fixture
def connection(demonstration) -> Any:
    engine = connect(f"sqlite:///{demonstration.folder / 'onlooker.db'}")
    with reading(engine) as connection:
        yield connection
    engine.dispose()


pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(WITHIN_S + 60)]


def test_the_demonstration_ends_at_ctrl_c_with_a_price_explained(demonstration):
    assert "onlookers" in demonstration.shown
    for factor in FACTORS:
        assert f"  {factor}" in demonstration.shown
    assert "£" in demonstration.shown
    assert demonstration.shown.endswith("All processes have stopped.\n")


def test_the_printed_address_is_the_portal_of_the_buyer_who_signs_in(demonstration, sale):
    visit = demonstration.visit
    assert (visit.page.status_code, visit.me["roles"]) == (200, ["advertiser"])
    assert visit.page.text.startswith("<!doctype html>")
    assert visit.campaign["orders"] == [sale["order"]["id"]]
    assert {one["name"]: one["is_simulated"] for one in visit.methods}["stripe"] is True
    assert f"/campaigns/{visit.campaign['id']}" in demonstration.shown
    assert "/explore?screens=KX-01&hour=KX-01@" in demonstration.shown


def test_the_passwords_of_the_portal_are_for_the_owner_of_the_folder_only(demonstration):
    file = demonstration.folder / "users.csv"
    assert file.stat().st_mode & 0o077 == 0
    roles = [row["role"] for row in csv.DictReader(file.read_text().splitlines())]
    assert roles == ["advertiser", "agency", "sales", "operations", "finance", "admin"]


def test_every_step_of_the_sale_is_printed_with_its_figures(demonstration, sale):
    assert tuple(sale) == STEPS
    for position, step in enumerate(STEPS, 1):
        assert f"  {position:>2} {step:<13}" in demonstration.shown
    for step in ("plan", "quote", "hold", "order", "payment", "make-good"):
        assert sale[step]["id"] in demonstration.shown
    for document in ("invoice", "credit note"):
        pdf = demonstration.folder / f"{sale[document]['number']}.pdf"
        assert pdf.read_bytes().startswith(b"%PDF-")
        assert sale[document]["number"] in demonstration.shown


def test_what_is_paid_and_billed_is_the_quoted_price(sale):
    quote, order, payment, invoice = (
        sale[step] for step in ("quote", "order", "payment", "invoice")
    )
    bought = {(one["time_slot"], one["positions"]) for one in sale["plan"]["answer"]["lines"]}
    assert len(bought) == len(quote["slots"]) == len(sale["hours"]) == 3
    assert {one["positions"] for one in quote["slots"]} == {POSITIONS}
    net = sum(POSITIONS * one["price_minor"] for one in quote["slots"])
    assert net == quote["total_minor"] == order["lines"][0]["cost_minor"] > 0
    assert sale["hold"]["quote"] == quote["id"]
    total = net + round_half_up(VAT * net)
    assert payment["amount_minor"] == total
    assert payment["document"] == f"order:{order['id']}"
    assert (invoice["net_minor"], invoice["total_minor"]) == (net, total)
    assert invoice["prepaid_minor"] == total


def test_plays_and_attention_are_those_that_were_drawn(demonstration, sale):
    drawn = demonstration.plays_drawn
    reported = {datetime.fromisoformat(one["starts_at"]): one["plays"] for one in sale["hours"]}
    assert reported == drawn
    assert set(drawn.values()) == {360}
    truth = demonstration.read("truth.json")["totals"]
    measured = sale["hours"][0]["measured"]
    assert measured["attention_s"] == pytest.approx(truth["attention_s"], rel=0.2)
    assert measured["person_s"] == pytest.approx(truth["face_visible_s"], rel=0.2)


def test_what_is_not_measured_is_unknown_or_estimated_and_never_zero(sale):
    live = sale["live"]["totals"]
    assert (live["plays"], live["unknown_plays"], live["booked_plays"]) == (360, 360, 720)
    assert live["attention_s"]["low"] < live["attention_s"]["value"] < live["attention_s"]["high"]
    seen, *blind = sale["hours"]
    assert seen["observed_share"] > 0.99
    assert seen["estimated_plays"] == 0
    for hour in blind:
        assert (hour["observed_share"], hour["estimated_plays"]) == (0.0, 360)
        assert 0 < hour["attention_s"]["low"] < hour["attention_s"]["high"]


def test_the_agent_reports_the_covered_hours_as_dark(connection: Connection):
    columns = hour_tallies.c
    rows = connection.execute(
        select(columns.observed_ms, columns.blind_dark_ms)
        .where(columns.location == LOCATION)
        .order_by(columns.hour_at)
    ).all()
    (observed_ms, _), *covered = rows
    assert observed_ms > 0.99 * HOUR_MS
    assert [row.observed_ms for row in covered] == [0, 0]
    assert all(row.blind_dark_ms > 0.99 * HOUR_MS for row in covered)


def test_the_credit_is_the_measured_shortfall_of_the_price(sale):
    net = sale["quote"]["total_minor"]
    attention_s = sum(Decimal(str(one["measured"]["attention_s"])) for one in sale["hours"])
    credit = round_half_up(net * (PROMISED_S - attention_s) / PROMISED_S)
    note = sale["credit note"]
    assert sale["make-good"]["credit_minor"] == note["net_minor"] == credit
    assert (sale["make-good"]["status"], note["corrects"]) == ("approved", sale["invoice"]["id"])
    assert note["total_minor"] == credit + round_half_up(VAT * credit)


def test_the_receipts_of_the_camera_prove_its_plays_offline(demonstration, sale, capsys):
    stated = sale["receipts"]
    root = demonstration.folder / "ca" / "root.crt"
    assert cloud(["receipts", "verify", stated["file"], "--root", str(root)]) == 0
    *_, creative, _, result = capsys.readouterr().out.strip().splitlines()
    assert f"{sum(demonstration.plays_drawn.values()):,} plays" in creative
    assert result == stated["verified"][-1] == "verified: nothing is wrong"
    assert stated["altered"].startswith("file: the file was changed after it was signed")


def test_every_change_is_audited_at_the_time_of_its_clock(connection: Connection, sale):
    verify_chain(connection)
    at = {one.action: one.at for one in read_entries(connection)}
    starts_at, *_, last = (datetime.fromisoformat(one["starts_at"]) for one in sale["hours"])
    assert at["quote.lock"] < at["hold.place"] < at["order.line.book"] < starts_at
    assert last + HOUR + timedelta(days=7) <= at["invoice.finalise"] < at["make_good.approve"]
    assert at["make_good.approve"] < at["make_good.settle"]


def round_half_up(amount_minor: Decimal) -> int:
    return int(amount_minor.quantize(Decimal(1), ROUND_HALF_UP))
