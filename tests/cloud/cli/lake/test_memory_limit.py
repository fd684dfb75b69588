"""Allocations beyond the limit fail; the limit ends with the block."""

import resource

import duckdb
import pytest

from cloud.cli.lake.memory_limit import limit_memory


def test_a_text_that_duckdb_does_not_count_is_refused() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with duckdb.connect(config={"threads": 1}) as connection, limit_memory(256 << 20):
        with pytest.raises(duckdb.OutOfMemoryException):
            connection.execute("SELECT length(repeat('x', 1000000000))")
        assert connection.execute("SELECT length(repeat('x', 1000))").fetchall() == [(1_000,)]
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
