"""Supported database URLs are opened, and others are refused in one sentence."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from cloud.database import (
    EPOCH,
    DatabaseError,
    connect,
    create,
    reading,
    report_streams,
    run_many,
    writing,
)
from cloud.database.engine import write_array


def test_making_the_tables_again_keeps_what_is_there(engine: Engine) -> None:
    row = {
        "device": "d",
        "stream_id": "j",
        "location": "KX-01",
        "through": 7,
        "received_ranges": "[]",
        "acknowledged_at": datetime(2026, 11, 20, tzinfo=UTC),
    }
    with writing(engine) as connection:
        connection.execute(report_streams.insert(), row)
    create(engine)
    with reading(engine) as connection:
        assert connection.execute(select(report_streams.c.through)).scalar_one() == 7


def test_writers_wait_for_each_other_instead_of_failing(engine: Engine) -> None:
    row = {
        "device": "d",
        "stream_id": "j",
        "location": "KX-01",
        "through": 0,
        "received_ranges": "[]",
        "acknowledged_at": datetime(2026, 11, 20, tzinfo=UTC),
    }
    with writing(engine) as connection:
        connection.execute(report_streams.insert(), row)

    def count_up() -> None:
        for _ in range(25):
            with writing(engine) as connection:  # reads first, writes later
                through = connection.execute(
                    select(report_streams.c.through).with_for_update()
                ).scalar()
                connection.execute(report_streams.update().values(through=(through or 0) + 1))

    writers = [threading.Thread(target=count_up) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with reading(engine) as connection:
        assert connection.execute(select(report_streams.c.through)).scalar_one() == 100


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("onlooker.db", "has no scheme"),
        ("mysql://host/name", "begin it with sqlite:// or postgresql://"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_urls_that_cannot_be_used_are_refused(url: str, sentence: str) -> None:
    with pytest.raises(DatabaseError, match=sentence):
        connect(url)


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/var/deep/onlooker.db")
    create(engine)
    engine.dispose()
    assert (tmp_path / "var/deep/onlooker.db").exists()


def test_many_rows_arrive_as_they_were_sent(engine: Engine) -> None:
    names = ("device", "stream_id", "location", "through", "received_ranges", "acknowledged_at")
    nasty = [
        '"',
        "\\",
        '\\"',
        "{a,b}",
        "",
        "NULL",
        "'; --",
        "%s",
        "é\n\t",
        "\\\\",
        '{"a": [1, "b"]}',
    ]
    rows = [(f"d{n}", "j", "KX-01", n, text, -n) for n, text in enumerate(nasty)]
    with writing(engine) as connection:
        run_many(connection, report_streams.insert().inline(), names, rows)
        run_many(connection, report_streams.insert().inline(), names, [])
    with reading(engine) as connection:
        held = connection.execute(select(report_streams).order_by(report_streams.c.through)).all()
    assert [row.received_ranges for row in held] == nasty
    assert [(EPOCH - row.acknowledged_at).microseconds for row in held] == list(range(len(nasty)))


@pytest.mark.parametrize(
    "values",
    [
        ("KX-01", "LB-01"), ('a"b', "c"), ("a\\", "b"), ("a", None), ("NULL", ""), ("{a,b}", " "),
        (1, None, -3),
    ],
)  # fmt: skip
def test_an_array_is_read_back_as_it_was_written(postgresql_engine: Engine, values: tuple) -> None:
    kind = "text" if any(isinstance(one, str) for one in values) else "integer"
    with reading(postgresql_engine) as connection:
        found = connection.exec_driver_sql(f"SELECT %s::{kind}[]", (write_array(values),)).scalar()
    assert tuple(found) == values
