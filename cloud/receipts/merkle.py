"""The Merkle tree of RFC 6962: hashes, the nodes that proofs need, and verification of proofs.

The nodes of complete subtrees never change and are stored, `(level, position)`: a node covers the
leaves from `position << level` on. Every other hash, such as the root, is computed from at most
log2(size) of them. Verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

Node = tuple[int, int]
"""Level and position of a complete subtree."""
LeafRange = tuple[int, int]
"""Leaves of a subtree, half-open."""
ReadNode = Callable[[Node], bytes]
EMPTY_ROOT = hashlib.sha256().digest()


class ProofError(ValueError):
    """A proof that does not prove what it should."""


def hash_leaf(content: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\x00" + content).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """The hash of a node with two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def add_leaves(size: int, leaves: Sequence[bytes], read: ReadNode) -> dict[Node, bytes]:
    """The nodes that a tree of `size` leaves gains by more leaves, given by their hashes."""
    added: dict[Node, bytes] = {}
    for number, leaf in enumerate(leaves, size):
        level, position, current = 0, number, leaf
        added[level, position] = current
        while position & 1:
            sibling = (level, position - 1)
            current = hash_children(added.get(sibling) or read(sibling), current)
            level, position = level + 1, position >> 1
            added[level, position] = current
    return added


def list_nodes(begin: int, end: int) -> Iterator[Node]:
    """The complete subtrees that make up a subtree, from left to right."""
    while begin < end:
        span = end - begin
        if span & (span - 1) == 0:
            level = span.bit_length() - 1
            yield level, begin >> level
            return
        split = _split(span)
        yield split.bit_length() - 1, begin // split
        begin += split


def hash_range(leaves: LeafRange, read: ReadNode) -> bytes:
    """The hash of a subtree; of no leaves, that of the empty tree."""
    hashes = [read(node) for node in list_nodes(*leaves)]
    if not hashes:
        return EMPTY_ROOT
    current = hashes.pop()
    while hashes:
        current = hash_children(hashes.pop(), current)
    return current


def list_inclusion_ranges(index: int, size: int) -> list[LeafRange]:
    """The subtrees of an inclusion proof, from the leaf's sibling to the root's child."""
    if not 0 <= index < size:
        raise ProofError(f"entry {index} is not in a log of {size} entries")
    begin, end = 0, size
    path: list[LeafRange] = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin = middle
    return path[::-1]


def list_consistency_ranges(first: int, second: int) -> list[LeafRange]:
    """The subtrees of a consistency proof between two sizes (RFC 6962, section 2.1.2)."""
    if not 0 < first <= second:
        raise ProofError(f"sizes of {first} and {second}: expected a smaller one above 0 first")
    begin, end = 0, second
    path: list[LeafRange] = []
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin = middle
    if begin:
        path.append((begin, end))
    return path[::-1]


def compute_root(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to; raises ProofError for a path of wrong length."""
    if not 0 <= index < size:
        raise ProofError(f"entry {index} is not in a log of {size} entries")
    position, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if position & 1 or position == last:
            current = hash_children(sibling, current)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            current = hash_children(current, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofError("the inclusion proof is too short")
    return current


def require_consistency(
    sizes: tuple[int, int], roots: tuple[bytes, bytes], path: Sequence[bytes]
) -> None:
    """Raise ProofError unless the larger tree continues the smaller one."""
    first, second = sizes
    if not 0 < first <= second:
        raise ProofError(f"sizes of {first} and {second}: expected a smaller one above 0 first")
    if first == second:
        if path or roots[0] != roots[1]:
            raise ProofError("two trees of one size differ")
        return
    if _compute_both_roots(first, second, roots[0], path) != roots:
        raise ProofError(f"the log of {second} entries does not continue that of {first}")


def _compute_both_roots(
    first: int, second: int, root: bytes, path: Sequence[bytes]
) -> tuple[bytes, bytes]:
    hashes = list(path) if first & (first - 1) else [root, *path]
    if not hashes:
        raise ProofError("the consistency proof is empty")
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if position & 1 or position == last:
            old, new = hash_children(sibling, old), hash_children(sibling, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = hash_children(new, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofError("the consistency proof is too short")
    return old, new


def read_from(nodes: Mapping[Node, bytes]) -> ReadNode:
    """A reader of nodes that raises ProofError for one that is missing."""

    def read(node: Node) -> bytes:
        if node not in nodes:
            raise ProofError(f"the log lacks the node {node[1]} of level {node[0]}")
        return nodes[node]

    return read


def _split(span: int) -> int:
    """The largest power of two below `span`."""
    return 1 << (span - 1).bit_length() - 1
