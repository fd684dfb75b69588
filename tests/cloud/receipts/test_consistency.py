"""A later log is proved to continue an earlier file's, and nothing else is accepted."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.receipts import merkle
from cloud.receipts.consistency import ConsistencyError, require_continuation, write_consistency
from cloud.receipts.receipt_file import parse_file
from tests.cloud.receipts.receipt_data import (
    PUBLIC_LOG_KEY,
    Authority,
    MemoryLog,
    measure,
    sign_all,
    write_file,
)
from wire.receipts.receipt import encode_canonical

PAIR = Authority().enrol()
ENTRIES = sign_all(PAIR, [measure(number) for number in range(1, 8)])
CONTENTS = [encode_canonical(one.signed.envelope) for one in ENTRIES]
OLD = parse_file(write_file(ENTRIES[:3], [PAIR]).decode())


def prove(log, first=3, **signing):
    ranges = merkle.list_consistency_ranges(first, log.size)
    path = [merkle.hash_range(one, log.read) for one in ranges]
    return write_consistency(first, path, log.checkpoint(**signing))


def test_a_log_that_has_grown():
    old, new = require_continuation(OLD, prove(MemoryLog(CONTENTS)), [PUBLIC_LOG_KEY])
    assert (old.size, new.size) == (3, 7)


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        (prove(MemoryLog([b"other", *CONTENTS[1:]])), "does not continue"),
        (prove(MemoryLog(CONTENTS), 2), "expected old 3"),
        (prove(MemoryLog(CONTENTS), key=Ed25519PrivateKey.generate()), "not signed with a given"),
        (prove(MemoryLog(CONTENTS)).replace("\n7\n", "\n8\n"), "signature .* is wrong"),
        ("old 3\n*\n\n" + MemoryLog(CONTENTS).checkpoint(), "no base64"),
        ("old 3\n", "no signed note"),
    ],
)
def test_what_does_not_prove_that(proof, reason):
    with pytest.raises(ConsistencyError, match=reason):
        require_continuation(OLD, proof, [PUBLIC_LOG_KEY])
