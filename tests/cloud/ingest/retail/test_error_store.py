"""The error queue is bounded for each source, and counts what it leaves out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from cloud.database import reading
from cloud.database.retail import retail_error_counts
from cloud.ingest.retail.error_store import ErrorLimits, show_payload
from cloud.ingest.retail.price_error import LONGEST_PAYLOAD
from tests.cloud.databases import new_engine
from tests.cloud.ingest.retail.price_messages import CONTEXT, message_of, read_errors, send

SMALL = replace(CONTEXT, limits=ErrorLimits(of_source=3, in_all=4))


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    engine = new_engine(tmp_path)
    yield engine
    engine.dispose()


def _bad(n: int) -> bytes:
    return message_of(event_id=f"e{n}", units=-1)


def test_the_same_error_is_one_entry(engine: Engine) -> None:
    send(engine, _bad(1), _bad(1))
    send(engine, _bad(1))
    (row,) = read_errors(engine)
    assert row.times == 3


def test_beyond_the_limit_errors_are_counted(engine: Engine) -> None:
    result = send(engine, *map(_bad, range(5)), context=SMALL)
    assert (len(result.errors), result.left_out) == (5, 2)
    assert send(engine, _bad(9), context=SMALL).left_out == 1
    assert send(engine, _bad(0), context=SMALL).left_out == 0, "it is stored already"
    with reading(engine) as connection:
        (row,) = connection.execute(select(retail_error_counts)).all()
    assert (row.source, row.reason, row.stored, row.left_out) == ("till", "negative_units", 3, 3)


def test_another_source_has_its_own_limit_within_that_of_all(engine: Engine) -> None:
    send(engine, *map(_bad, range(3)), context=SMALL)
    assert send(engine, *map(_bad, range(3)), source="other", context=SMALL).left_out == 2
    assert len(read_errors(engine)) == 4


def test_a_long_payload_is_cut(engine: Engine) -> None:
    send(engine, message_of(city="x" * 20_000))
    (row,) = read_errors(engine)
    assert row.payload_bytes > 20_000
    assert len(row.payload) == LONGEST_PAYLOAD


def test_a_payload_is_text_that_every_database_stores() -> None:
    assert show_payload(b"a\0\xff") == "a\\x00\\xff"
