"""`python -m cloud bookings`: what it prints, and its status."""

from pathlib import Path

import pytest
from sqlalchemy import text

from cloud.__main__ import main
from cloud.booking.holds import place_hold
from cloud.cli import bookings
from cloud.database import connect, writing
from tests.cloud.booking.capacity_data import HOUR, NOW, SITES, demand
from tests.cloud.booking.test_holds import hold
from tests.cloud.databases import new_database
from tests.cloud.rates import SITES_FILE


@pytest.fixture
def run(tmp_path: Path, capsys, monkeypatch):
    """Runs a command at NOW on a database with one hold; its status and what it printed."""
    url = new_database(tmp_path)
    engine = connect(url)
    with writing(engine) as connection:
        place_hold(connection, SITES, hold("h" * 32, demand([0, 1], 5)))
    engine.dispose()
    monkeypatch.setattr(bookings.run, "__defaults__", (lambda: NOW,))

    def run(*words: str) -> tuple[int, str]:
        where = ["--database", url, "--sites", str(SITES_FILE)]
        status = main(["bookings", *where, *words])
        return status, "".join(capsys.readouterr())

    run.url = url
    return run


def test_avails_are_runs_of_hours_on_the_clock_of_the_screen(run) -> None:
    status, shown = run(
        "avails", "KX-01", "--from", "2026-11-23", "--days", "1", "--positions", "2"
    )
    assert status == 0
    assert shown.splitlines() == [
        "KX-01  2026-11-23T00:00+00:00    8 h  6 of 6 free  Available",
        "KX-01  2026-11-23T08:00+00:00    2 h  1 of 6 free  Partially Available (Optioned)",
        "KX-01  2026-11-23T10:00+00:00   14 h  6 of 6 free  Available",
    ]
    status, shown = run("avails", "XX-99")
    assert (status, "no location 'XX-99'" in shown) == (1, True)


def test_holds_are_listed_and_swept(run, monkeypatch) -> None:
    assert "acme  held" in run("holds")[1]
    assert run("holds", "--account", "zeta") == (0, "")
    assert run("sweep") == (0, "0 expired lines gave their positions back\n")
    monkeypatch.setattr(bookings.run, "__defaults__", (lambda: NOW + 2 * HOUR,))
    assert run("sweep") == (0, "1 expired lines gave their positions back\n")
    assert "acme  expired" in run("holds", "--account", "acme")[1]


def test_verify_names_what_does_not_fit(run) -> None:
    assert run("verify") == (
        0, "2 slots, 1 lines and 1 holds compared: 0 faults, 0 slots oversold\n",
    )  # fmt: skip
    engine = connect(run.url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE booking_slots SET used = 4"))
    engine.dispose()
    status, shown = run("verify")
    assert status == 1
    assert "KX-01 at 2026-11-23T08:00Z: 4 positions are used, the ledger has 5" in shown


def test_a_blackout_is_added_listed_and_removed(run) -> None:
    times = ["2026-11-23T22:00", "2026-11-24T04:00"]
    status, added = run("blackout", "add", "KX-01", *times, "--reason", "new panel")
    assert (status, "2026-11-23T22:00Z to 2026-11-24T04:00Z  maintenance" in added) == (0, True)
    assert run("blackout", "list") == (0, added)
    assert run("blackout", "remove", added.split()[0])[0] == 0
    assert run("blackout", "list") == (0, "")
    assert run("blackout", "remove", "99")[0] == 1
    assert run("blackout", "add", "KX-01", *reversed(times), "--reason", "x")[0] == 1
