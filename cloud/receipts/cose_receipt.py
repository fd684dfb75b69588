"""COSE receipts (RFC 9942) of entries, for programs that read SCITT: one small CBOR message.

A receipt is a COSE_Sign1 (RFC 9052) with the key of the log. Its detached payload is the root of
the tree, which the reader computes from the entry and the inclusion proof in the message. The
protected header names the key, the log (`iss`), the report (`sub`) and the time of signing.
cbor2 is an optional dependency and is imported when a receipt is built.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud.receipts.signing_keys import LogKeys

SIGN1_TAG: Final = 18
ALGORITHM, KEY_ID, CLAIMS, TREE_KIND, PROOFS = 1, 4, 15, 395, 396  # labels of headers
EDDSA: Final = -8
RFC9162_SHA256: Final = 1
INCLUSION: Final = -1
ISSUER, SUBJECT, ISSUED_AT = 1, 2, 6  # labels of claims


class CoseUnavailableError(RuntimeError):
    """cbor2 is not installed."""


@dataclass(frozen=True, slots=True)
class ProvedEntry:
    """An entry of the tree of `size` entries with `root`; `subject` is the id of its report."""

    subject: str
    index: int
    size: int
    root: bytes
    path: Sequence[bytes]


def build_cose_receipt(entry: ProvedEntry, keys: LogKeys, now: datetime) -> bytes:
    """The receipt, signed with the first key of the log."""
    try:
        import cbor2
    except ImportError as error:
        raise CoseUnavailableError("cbor2 is missing: pip install 'onlooker[cose]'") from error
    public, private = keys.public[0], keys.private[0]
    claims = {ISSUER: keys.origin, SUBJECT: entry.subject, ISSUED_AT: int(now.timestamp())}
    protected = cbor2.dumps(
        {ALGORITHM: EDDSA, KEY_ID: public.hash, CLAIMS: claims, TREE_KIND: RFC9162_SHA256}
    )
    signed = cbor2.dumps(["Signature1", protected, b"", entry.root])
    proof = cbor2.dumps([entry.size, entry.index, list(entry.path)])
    message = [protected, {PROOFS: {INCLUSION: [proof]}}, None, private.sign(signed)]
    return cbor2.dumps(cbor2.CBORTag(SIGN1_TAG, message))
