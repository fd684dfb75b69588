"""A checkpoint is signed only if the log continues the one before."""

import pytest
from sqlalchemy import update

from cloud.database import connect, reading, writing
from cloud.database.receipts import receipt_log_head, receipt_log_nodes
from cloud.receipts.checkpoint_store import LogChangedError, read_checkpoints, sign_head
from cloud.receipts.log_store import append_entries, lock_head
from cloud.receipts.signing_keys import LogKeys
from cloud.receipts.upkeep import ReceiptLog
from tests.cloud.databases import create_tables
from tests.cloud.receipts.receipt_data import DAY, LOG_KEY, NINE, ORIGIN

KEYS = LogKeys(ORIGIN, (LOG_KEY,))
REMOVED = update(receipt_log_head).values(size=3)
CHANGED = (
    update(receipt_log_nodes)
    .where(receipt_log_nodes.c.level == 2, receipt_log_nodes.c.position == 0)
    .values(hash=b"\0" * 32)
)


@pytest.fixture
def engine(tmp_path):
    engine = connect(f"sqlite:///{tmp_path}/onlooker.db")
    create_tables(engine)
    append(engine, 5)
    sign(engine)
    yield engine
    engine.dispose()


def append(engine, count):
    with writing(engine) as connection:
        append_entries(connection, lock_head(connection), [b"entry"] * count)


def sign(engine):
    with writing(engine) as connection:
        return sign_head(connection, KEYS, NINE)


def test_a_log_that_grew_is_signed(engine):
    append(engine, 2)
    assert sign(engine).size == 7


@pytest.mark.parametrize(
    ("change", "added"), [(REMOVED, 0), (CHANGED, 0), (CHANGED, 2)],
    ids=["removed", "changed", "changed and grown"],
)  # fmt: skip
def test_a_log_with_removed_or_changed_entries_is_not_signed(engine, change, added):
    with writing(engine) as connection:
        connection.execute(change)
    if added:
        append(engine, added)
    with pytest.raises(LogChangedError, match="does not continue its checkpoint of 5 entries"):
        sign(engine)


def test_the_program_that_signs_reports_it_and_goes_on(engine, caplog):
    with writing(engine) as connection:
        connection.execute(REMOVED)
    ReceiptLog(engine, KEYS).maintain(NINE + DAY)
    assert [one.message for one in caplog.records] == ["receipts.log_changed"]
    with reading(engine) as connection:
        assert [one.size for one in read_checkpoints(connection)] == [5]
