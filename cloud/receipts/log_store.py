"""The log in the database: its head, the nodes of its tree, and proofs from them.

A proof reads at most 2 log2(size) nodes. Whoever appends first locks the head until the end of the
transaction, so that the log never forks.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, and_, or_, select

from cloud.database import insert
from cloud.database.receipts import receipt_log_head, receipt_log_nodes
from cloud.receipts.merkle import (
    LeafRange,
    Node,
    add_leaves,
    hash_leaf,
    hash_range,
    list_consistency_ranges,
    list_inclusion_ranges,
    list_nodes,
    read_from,
)

HEAD_ID: Final = 1
NODES_AT_ONCE: Final = 10_000


def lock_head(connection: Connection) -> int:
    """Lock the log for this transaction; returns its size. SQLite has one writer at a time."""
    head = receipt_log_head
    new = insert(connection.dialect.name, head).values(id=HEAD_ID, size=0)
    connection.execute(new.on_conflict_do_nothing())
    query = select(head.c.size).where(head.c.id == HEAD_ID).with_for_update()
    return int(connection.execute(query).scalar_one())


def read_size(connection: Connection) -> int:
    """The number of entries."""
    return int(connection.execute(select(receipt_log_head.c.size)).scalar() or 0)


def append_entries(connection: Connection, size: int, entries: Sequence[bytes]) -> None:
    """Append entries to the log of `size` entries, whose head is locked."""
    frontier = read_nodes(connection, list_nodes(0, size))
    leaves = [hash_leaf(one) for one in entries]
    added = add_leaves(size, leaves, read_from(frontier))
    rows = [
        {"level": level, "position": position, "hash": digest}
        for (level, position), digest in added.items()
    ]
    connection.execute(receipt_log_nodes.insert(), rows)
    head = receipt_log_head
    moved = head.update().where(head.c.id == HEAD_ID, head.c.size == size)
    changed = connection.execute(moved.values(size=size + len(entries))).rowcount
    assert changed == 1, "the head is locked"


def read_root(connection: Connection, size: int) -> bytes:
    """The root of the first `size` entries."""
    return _hash_ranges(connection, [(0, size)])[0]


def prove_inclusion(
    connection: Connection, indices: Sequence[int], size: int
) -> list[tuple[bytes, ...]]:
    """The inclusion proof of each entry in the tree of `size` entries."""
    paths = [list_inclusion_ranges(index, size) for index in indices]
    every = sorted({one for path in paths for one in path})
    hashes = dict(zip(every, _hash_ranges(connection, every), strict=True))
    return [tuple(hashes[one] for one in path) for path in paths]


def prove_consistency(connection: Connection, first: int, second: int) -> list[bytes]:
    """The proof that the tree of `second` entries continues that of `first`."""
    return _hash_ranges(connection, list_consistency_ranges(first, second))


def read_nodes(connection: Connection, nodes: Iterable[Node]) -> Mapping[Node, bytes]:
    """Stored nodes, those of each level in one query for each run of positions."""
    table, found = receipt_log_nodes, {}
    for runs in _chunks(_list_runs(sorted(set(nodes)))):
        wanted = or_(
            *(
                and_(table.c.level == level, table.c.position.between(first, last))
                for level, first, last in runs
            )
        )
        for level, position, digest in connection.execute(select(table).where(wanted)):
            found[level, position] = bytes(digest)
    return found


def _hash_ranges(connection: Connection, ranges: Sequence[LeafRange]) -> list[bytes]:
    nodes = read_nodes(connection, (node for one in ranges for node in list_nodes(*one)))
    return [hash_range(one, read_from(nodes)) for one in ranges]


Run = tuple[int, int, int]


def _list_runs(nodes: Sequence[Node]) -> list[Run]:
    """Level, first and last position of consecutive nodes; at most `NODES_AT_ONCE` in a run."""
    runs: list[Run] = []
    for level, position in nodes:
        if runs:
            before, first, last = runs[-1]
            if (before, last + 1) == (level, position) and last - first < NODES_AT_ONCE:
                runs[-1] = level, first, position
                continue
        runs.append((level, position, position))
    return runs


def _chunks(runs: Sequence[Run], length: int = 200) -> Iterable[Sequence[Run]]:
    for start in range(0, len(runs), length):
        yield runs[start : start + length]
