"""Compares the log with its stored entries: their nodes are computed again from the receipts.

Retention deletes the oldest entries; their nodes stay, and stand for them here.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from cloud.database.receipts import receipt_log_nodes, receipts
from cloud.receipts.checkpoint import parse_checkpoint
from cloud.receipts.checkpoint_store import StoredCheckpoint, read_checkpoints
from cloud.receipts.log_store import prove_consistency, read_nodes, read_root, read_size
from cloud.receipts.merkle import (
    Node,
    ProofError,
    add_leaves,
    hash_leaf,
    list_nodes,
    read_from,
    require_consistency,
)
from cloud.receipts.signed_note import NoteError, parse_note

AT_ONCE = 1_000
MOST_FAULTS = 20


def find_log_faults(connection: Connection) -> Iterator[str]:
    """One sentence for each difference between entries, nodes, head and checkpoints."""
    size = read_size(connection)
    first, found = _measure_entries(connection, size)
    if found != size - first:
        yield (
            f"the log has {size} entries, the oldest stored one is {first}, and {found} receipts "
            "have a number in it"
        )
    stored = connection.execute(select(func.count()).select_from(receipt_log_nodes)).scalar_one()
    nodes = 2 * size - size.bit_count()
    if stored != nodes:
        yield f"the tree has {stored} nodes: expected {nodes}"
    yield from _compare_nodes(connection, first)
    for checkpoint in read_checkpoints(connection):
        yield from _compare_checkpoint(connection, checkpoint, size)


def _compare_nodes(connection: Connection, first: int) -> Iterator[str]:
    """Compare every node above the entries from `first` on."""
    computed = dict(read_nodes(connection, list_nodes(0, first)))
    number, faults = first, 0
    while contents := _read_entries(connection, number):
        if [index for index, _ in contents] != list(range(number, number + len(contents))):
            yield f"an entry between {number} and {number + AT_ONCE} is missing"
            return
        leaves = [hash_leaf(content.encode()) for _, content in contents]
        added = add_leaves(number, leaves, read_from(computed))
        stored = read_nodes(connection, added)
        for node, digest in sorted(added.items()):
            if stored.get(node) != digest and faults < MOST_FAULTS:
                faults += 1
                yield _describe_node(node)
        number += len(contents)
        every = {**computed, **added}
        computed = {node: every[node] for node in list_nodes(0, number)}


def _describe_node(node: Node) -> str:
    level, position = node
    if level == 0:
        return f"entry {position} is not the one that was logged"
    first = position << level
    return f"the node of entries {first} to {first + (1 << level) - 1} is not that of its entries"


def _compare_checkpoint(
    connection: Connection, stored: StoredCheckpoint, size: int
) -> Iterator[str]:
    what = f"the checkpoint of {stored.size} entries"
    try:
        found = parse_checkpoint(parse_note(stored.note).text)
        if (found.size, found.root) != (stored.size, stored.root):
            yield f"{what} was altered"
        if stored.size > size:
            yield f"{what} is of more entries than the log has ({size})"
        elif stored.size:
            path = prove_consistency(connection, stored.size, size)
            roots = stored.root, read_root(connection, size)
            require_consistency((stored.size, size), roots, path)
    except (NoteError, ProofError) as error:
        yield f"{what}: {error}"


def _read_entries(connection: Connection, first: int) -> list[tuple[int, str]]:
    entry = receipts.c.entry
    query = select(entry, receipts.c.envelope).where(entry >= first).order_by(entry)
    return [(int(number), text) for number, text in connection.execute(query.limit(AT_ONCE))]


def _measure_entries(connection: Connection, size: int) -> tuple[int, int]:
    """The number of the oldest stored entry, and how many are stored."""
    entry = receipts.c.entry
    query = select(func.min(entry), func.count(entry))
    first, found = connection.execute(query).one()
    return (size if first is None else int(first)), int(found)
