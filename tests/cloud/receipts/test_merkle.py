"""Roots and proofs of the tree against the vectors of RFC 6962's reference implementation."""

import hashlib

import pytest

from cloud.receipts.merkle import (
    ProofError,
    add_leaves,
    compute_root,
    hash_leaf,
    hash_range,
    list_consistency_ranges,
    list_inclusion_ranges,
    read_from,
    require_consistency,
)

# certificate-transparency-go, merkle tree tests
INPUTS = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 40


def build(contents):
    nodes = {}
    read = read_from(nodes)
    for size, content in enumerate(contents):  # one at a time
        nodes.update(add_leaves(size, [hash_leaf(content)], read))
    return nodes, read


CONTENTS = [bytes([number]) * number for number in range(MOST)]
READ = build(CONTENTS)[1]


def root_of(size):
    return hash_range((0, size), READ)


def hashes(ranges):
    return [hash_range(one, READ) for one in ranges]


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_are_those_of_the_reference(size):
    _, read = build(list(map(bytes.fromhex, INPUTS[:size])))
    assert hash_range((0, size), read).hex() == ROOTS[size]


def test_leaves_added_together_give_the_same_nodes():
    one_by_one, _ = build(CONTENTS)
    together = {}
    for begin, end in ((0, 13), (13, 14), (14, MOST)):
        leaves = [hash_leaf(one) for one in CONTENTS[begin:end]]
        together.update(add_leaves(begin, leaves, read_from(together)))
    assert together == one_by_one


def test_every_inclusion_proof_leads_to_the_root_and_to_no_other_entry():
    for size in range(1, MOST + 1):
        for index in range(size):
            path = hashes(list_inclusion_ranges(index, size))
            assert compute_root(index, size, hash_leaf(CONTENTS[index]), path) == root_of(size)
            assert compute_root(index, size, hash_leaf(b"other"), path) != root_of(size)


def test_every_consistency_proof_holds_between_its_trees_only():
    for second in range(1, MOST + 1):
        for first in range(1, second + 1):
            path = hashes(list_consistency_ranges(first, second))
            roots = root_of(first), root_of(second)
            require_consistency((first, second), roots, path)
            if first < second:
                with pytest.raises(ProofError):
                    require_consistency((first, second), (hashlib.sha256(b"x").digest(), roots[1]),
                                        path)  # fmt: skip


def test_proofs_have_logarithmic_length():
    assert len(list_inclusion_ranges(77_777, 100_000)) == 17


@pytest.mark.parametrize("change", [lambda path: path[:-1], lambda path: [*path, path[0]]])
def test_a_path_of_wrong_length_proves_nothing(change):
    path = change(hashes(list_inclusion_ranges(5, 8)))
    with pytest.raises(ProofError, match="too"):
        compute_root(5, 8, hash_leaf(CONTENTS[5]), path)
    path = change(hashes(list_consistency_ranges(5, 8)))
    with pytest.raises(ProofError):
        require_consistency((5, 8), (root_of(5), root_of(8)), path)


def test_what_cannot_be_proved():
    with pytest.raises(ProofError, match="not in a log of 4"):
        list_inclusion_ranges(4, 4)
    with pytest.raises(ProofError, match="above 0"):
        list_consistency_ranges(0, 4)
    with pytest.raises(ProofError, match="lacks the node 0 of level 3"):
        read_from({})((3, 0))
