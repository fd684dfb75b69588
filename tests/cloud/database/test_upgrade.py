"""Any older database is upgraded to this version's tables; a newer or foreign one is unchanged."""

import functools
import importlib
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from cloud.__main__ import main
from cloud.database import DatabaseError, connect, create, metadata, reading, writing
from cloud.database.migrations import HEAD
from cloud.database.migrations.versions.r0001_baseline import tables as before
from cloud.database.migrations.versions.r0021_standard_names import TABLES as RENAMED
from cloud.database.migrations.versions.r0023_fleet_names import TABLES as RENAMED_FLEET
from cloud.database.upgrade import revision, upgrade
from tests.cloud.databases import create_tables

ROOT = Path(__file__).resolve().parents[3]


EARLIER = ("0015", "0018", "0029", "0041")
"""The revisions from which tests start, in order."""


@functools.cache
def copy_earlier(to: str) -> bytes:
    """A SQLite database of an earlier revision: each continues the one before it."""
    at = EARLIER.index(to)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "earlier.db")
        if at > 0:
            file.write_bytes(copy_earlier(EARLIER[at - 1]))
        engine = connect(f"sqlite:///{file}")
        upgrade(engine, to=to)
        engine.dispose()
        return file.read_bytes()


def make_earlier(engine: Engine, to: str) -> None:
    """Give an empty database the tables of an earlier revision."""
    if engine.dialect.name == "sqlite":
        Path(str(engine.url.database)).write_bytes(copy_earlier(to))
    else:
        upgrade(engine, to=to)


@pytest.fixture(scope="module", autouse=True)
def every_table() -> None:
    """All rooms that have tables tell the metadata of them."""
    for file in (ROOT / "cloud").rglob("*.py"):
        if "metadata,\n" in file.read_text() and "migrations" not in file.parts:
            importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


def _is_described(held: Any, name: str | None, kind: str, _found: bool, _described: Any) -> bool:
    """Not so partitions, nor what finds a report: a constraint on SQLite, an index elsewhere."""
    if kind == "table":
        return re.search(r"_(before|default|\d{8})$", name or "") is None
    return name not in ("uq_reports_identity", "ix_reports_identity")


def test_the_tables_are_those_that_the_code_describes(engine: Engine) -> None:
    """A difference is shown as the lines that a new revision needs; see docs/ingest.md."""
    with reading(engine) as connection:
        opts = {"compare_server_default": True, "include_object": _is_described}
        context = MigrationContext.configure(connection, opts=opts)
        steps = produce_migrations(context, metadata).upgrade_ops
    assert steps is not None
    assert steps.is_empty(), "add a revision with:\n" + render_python_code(steps)


def test_a_sqlite_table_is_made_word_for_word_as_described(tmp_path: Path) -> None:
    made = {}
    for name, make in (("steps", create_tables), ("described", metadata.create_all)):
        engine = connect(f"sqlite:///{tmp_path}/{name}.db")
        make(engine)
        with reading(engine) as connection:
            rows = connection.execute(text("PRAGMA table_list")).all()
            made[name] = {row.name: row.wr for row in rows if row.name != "alembic_version"}
        engine.dispose()
    assert made["steps"] == made["described"]


def test_the_steps_are_one_line_of_descent_that_ends_at_head() -> None:
    config = Config()
    config.set_main_option("script_location", "cloud.database:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("known", ["all", "some"])
def test_a_database_from_before_there_were_migrations_keeps_what_it_has(
    database_url: str, known: str
) -> None:
    engine = connect(database_url)
    place = before.tables["places"]
    kept = {"device": "d", "journal": "j", "first_sequence": 1, "last_sequence": 1, "body": "{}",
            "location": "KX-01", "starts_at": 0, "received_at": 0}  # fmt: skip
    before.create_all(engine, tables=None if known == "all" else [place])
    with writing(engine) as connection:
        connection.execute(place.insert(), {"location": "KX-01", "venue_type": "station"})
        if known == "all":
            connection.execute(before.tables["reports"].insert(), kept)
    create(engine)
    with reading(engine) as connection:
        assert revision(connection) == HEAD
        assert connection.execute(text("SELECT location FROM location_venues")).scalars().all() == [
            "KX-01"
        ]
        bodies = connection.execute(text("SELECT body FROM reports")).scalars().all()
        assert bodies == (["{}"] if known == "all" else [])
        present = {dict(RENAMED + RENAMED_FLEET).get(name, name) for name in before.tables}
        assert present <= set(inspect(connection).get_table_names())
    engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_notices_from_before_keep_what_became_of_them(database_url: str) -> None:
    engine = connect(database_url)
    make_earlier(engine, "0015")
    alert = {"kind": "camera.unobserved", "location": "KX-01", "device": "cam", "raised_at": 1,
             "seen_at": 1, "value": 0.9, "message": "so"}  # fmt: skip
    names = ", ".join(alert)
    values = ", ".join(f":{name}" for name in alert)
    notice = "INSERT INTO notices (alert, change, recipient, due_at, told_at, tries) VALUES "
    with writing(engine) as connection:
        connection.execute(text(f"INSERT INTO alerts ({names}) VALUES ({values})"), alert)
        for row in ("'a', 1, 2, 1", "'b', 1, NULL, 8", "'c', 1, NULL, 3"):
            connection.execute(text(f"{notice}(1, 'raised', {row})"))
    create(engine)
    with reading(engine) as connection:
        found = connection.execute(
            text("SELECT state FROM alert_notifications ORDER BY recipient")
        ).scalars()
        assert found.all() == ["sent", "given_up", "pending"]
    engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_alerts_and_prices_from_before_are_numbered_for_the_lake(database_url: str) -> None:
    engine = connect(database_url)
    make_earlier(engine, "0029")
    alerts = """INSERT INTO alerts (id, kind, location, device, raised_at, last_held_at, value,
        message, acknowledged_at, cleared_at, closed_by) VALUES
        (1, 'camera.offline', 'KX-01', 'cam', 10, 10, 5, '', 20, 40, NULL),
        (2, 'crowd.surge', 'KX-01', '', 30, 30, 2, '', NULL, 50, 'ann'),
        (3, 'crowd.surge', 'LB-01', '', 60, 60, 2, '', NULL, NULL, NULL)"""
    sheets = """INSERT INTO price_sheets (location, published_on, published_at, first_at, versions,
        body) VALUES ('LB-01', '2026-11-21', 2, 2, 'card', x'01'),
        ('KX-01', '2026-11-20', 1, 1, 'card', x'00')"""
    with writing(engine) as connection:
        connection.execute(text(alerts))
        connection.execute(text(sheets))
    create(engine)
    with reading(engine) as connection:
        changes = connection.execute(
            text("SELECT alert, change, changed_at FROM alert_changes ORDER BY id")
        ).all()
        prices = connection.execute(
            text("SELECT id, location, body, currency FROM price_sheets ORDER BY id")
        ).all()
    engine.dispose()
    assert changes == [
        (1, "raised", 10), (1, "acknowledged", 20), (2, "raised", 30), (1, "cleared", 40),
        (2, "closed", 50), (3, "raised", 60),
    ]  # fmt: skip
    assert prices == [(1, "KX-01", b"\x00", None), (2, "LB-01", b"\x01", None)]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_foreign_database_is_refused_and_left_as_it_was(database_url: str) -> None:
    engine = connect(database_url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT)"))
    with pytest.raises(DatabaseError, match=r"table jobs is not one of ours.*unknown \['title'\]"):
        create(engine)
    with reading(engine) as connection:
        assert inspect(connection).get_table_names() == ["jobs"]
    engine.dispose()


def test_a_database_from_the_future_is_refused_with_words(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match=f"revision 9999.*its newest is {HEAD}"):
        create(engine)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_programs_that_start_together_take_the_steps_once(database_url: str) -> None:
    troubles = list[Exception]()
    ready = threading.Barrier(4)

    def start() -> None:
        engine = connect(database_url)
        ready.wait()
        try:
            create(engine)
        except Exception as error:  # noqa: BLE001  whatever it is, the test must hear of it
            troubles.append(error)
        engine.dispose()

    programs = [threading.Thread(target=start) for _ in range(4)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert troubles == []


def test_the_command_says_what_is_missing_and_takes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--database", f"sqlite:///{tmp_path}/onlooker.db"]
    (tmp_path / "onlooker.db").touch()  # `check` makes none
    assert main(["database", "check", *where]) == 1
    assert "0001: Create the tables of the first version" in capsys.readouterr().out
    assert main(["database", "upgrade", *where]) == 0
    assert main(["database", "current", *where]) == 0
    assert capsys.readouterr().out == f"{HEAD}\n{HEAD}\n"
    assert main(["database", "check", *where]) == 0


def test_the_tables_are_made_without_a_word_of_alembic(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    engine = connect(f"sqlite:///{tmp_path}/onlooker.db")
    upgrade(engine, to="0002")
    engine.dispose()
    assert [one for one in caplog.records if one.name.startswith("alembic")] == []


def test_an_upgrade_logs_nothing_of_the_library_that_makes_it(tmp_path):
    Path(tmp_path, "earlier.db").write_bytes(copy_earlier("0041"))
    words = ["database", "upgrade", "--database", f"sqlite:///{tmp_path}/earlier.db"]
    done = subprocess.run(
        [sys.executable, "-m", "cloud", *words], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == HEAD
    assert "alembic" not in done.stderr


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_renamed_tables_and_columns_keep_their_rows(database_url: str) -> None:
    engine = connect(database_url)
    make_earlier(engine, "0018")
    with writing(engine) as connection:
        for statement in (
            "INSERT INTO journals (device, journal, location, through, islands, settled_at) "
            "VALUES ('cam', 'j', 'KX-01', 7, '[[9, 9]]', 1)",
            "INSERT INTO losses VALUES ('cam', 'j', 3, 4, 'KX-01', 1)",
            "INSERT INTO reports (device, journal, first_sequence, last_sequence, location, "
            "starts_at, received_at, body) VALUES ('cam', 'j', 1, 1, 'KX-01', 0, 0, '{}')",
            "INSERT INTO touched VALUES ('KX-01', 5, 60)",
            "INSERT INTO slot_occupancy VALUES ('KX-01', 3600, 4, '[]', 1)",
            "INSERT INTO alert_holds VALUES ('camera.blind', 'KX-01', 'cam', 'pending', 1)",
            "INSERT INTO things (name, location, kind, attributes, created_at) "
            "VALUES ('cam', 'KX-01', 'camera', '{}', 1)",
            "INSERT INTO thing_groups (name, thing) VALUES ('canary', 'cam')",
            "INSERT INTO jobs (id, document, rollout, targets, told, status, created_at) "
            "VALUES ('j-1', '{}', '{}', '[]', 1, 'COMPLETED', 1)",
            "INSERT INTO job_executions (thing, job, status, body) "
            """VALUES ('cam', 'j-1', 'FAILED', '{"job":"j-1","thing":"cam","x":"\\"thing\\":"}')""",
        ):
            connection.execute(text(statement))
    create(engine)
    with reading(engine) as connection:
        for query, kept in (
            ("stream_id, through, received_ranges FROM report_streams", ("j", 7, "[[9, 9]]")),
            ("stream_id, first_sequence FROM lost_sequences", ("j", 3)),
            ("stream_id, body FROM reports", ("j", "{}")),
            ("location, changed_at FROM location_updates", ("KX-01", 5)),
            ("hour_at, booked, classes FROM slot_occupancy", (3600, 4, "[]")),
            ("kind FROM alert_holds", ("camera.unobserved",)),
            ("location FROM devices", ("KX-01",)),
            ("device FROM device_groups", ("cam",)),
            ("notified FROM jobs", (1,)),
            (
                "body FROM job_executions",
                ('{"job":"j-1","device":"cam","x":"\\"thing\\":"}',),
            ),
        ):
            assert tuple(connection.execute(text(f"SELECT {query}")).one()) == kept
    engine.dispose()


def test_payments_keep_their_addresses(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/payments.db")
    make_earlier(engine, "0041")
    payment = {"id": "p", "account": "acme", "document": "order:SO-1", "provider": "stripe",
               "amount_minor": 1, "currency": "GBP", "refunded_minor": 0, "status": "pending",
               "next_url": "https://bank.example", "created_by": "me", "created_at": 1,
               "changed_at": 1}  # fmt: skip
    values = ", ".join(f":{name}" for name in payment)
    with writing(engine) as connection:
        insert = f"INSERT INTO payments ({', '.join(payment)}) VALUES ({values})"
        connection.execute(text(insert), payment)
    upgrade(engine)
    with reading(engine) as connection:
        found = connection.execute(text("SELECT next_url, vat_minor FROM payments")).one()
    assert tuple(found) == ("https://bank.example", None)
    engine.dispose()


def test_lines_from_before_get_their_cost(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/lines.db")
    make_earlier(engine, "0041")
    insert = """INSERT INTO booked_lines (line_id, order_id, booking_status, delivery, location,
        starts_at, ends_at, positions, slots, currency, discount_bp, quote_id, quote_ends_at,
        creatives, cancellation_minor, changed_by, changed_at) VALUES ('l', 'o', 'Booked', 'g',
        'KX-01', 0, 1, 3, '[[0,2,3,65],[9000,1,3,90]]', 'GBP', 1000, 'q', 1, '[]', 0, 'me', 1)"""
    with writing(engine) as connection:
        connection.execute(text(insert))
    create(engine)
    with reading(engine) as connection:
        cost = connection.execute(text("SELECT cost_minor FROM booked_lines")).scalar_one()
    engine.dispose()
    assert cost == 3 * (59 + 59 + 81)
