"""Verifies a file of receipts without network or database.

Trusted are the root certificate of the devices and, if given, the public keys of the log and its
cosigners. Without a key of the log the keys that the file states are used: then it is only
established that nothing was changed after someone signed it, and the outcome says so. After a fault
verification goes on, so that all faults are found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from cloud.receipts.coverage import (
    find_missing,
    find_overlaps,
    is_overlapping,
    list_booked_at,
)
from cloud.receipts.device_certificates import DeviceCertificate
from cloud.receipts.faults import (
    CreativeTotals,
    FaultKind,
    SumKey,
    Verification,
)
from cloud.receipts.merkle import ProofError, compute_root, hash_leaf
from cloud.receipts.note_verification import NoteVerifier, read_stated_keys
from cloud.receipts.receipt_file import (
    ProvedReceipt,
    ReceiptFile,
    ReceiptFileError,
    ReceiptLine,
    TimeSpan,
    decode_proved,
    parse_file,
)
from cloud.receipts.signed_note import NoteKey
from cloud.receipts.tlog_proof import LogProof
from wire.receipts.receipt import Receipt, ReceiptError, decode_receipt, encode_canonical


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """What the verifier trusts. A checkpoint needs the signature of every cosigner.

    Without roots (None) chains of certificates are not verified, and the outcome says so.
    """

    roots: Sequence[x509.Certificate] | None
    log_keys: Sequence[NoteKey] = ()
    cosigners: Sequence[NoteKey] = ()


def verify_file(content: bytes, trusted: TrustedKeys) -> Verification:
    """Verify everything in a file; never raises because of its content."""
    outcome = Verification()
    try:
        file = parse_file(content.decode())
    except (ReceiptFileError, UnicodeDecodeError) as error:
        outcome.add(FaultKind.FILE, str(error))
        return outcome
    outcome.manifest = file.manifest
    _Verifier(file, trusted, outcome).run()
    return outcome


class _Verifier:
    """The state of one verification."""

    def __init__(self, file: ReceiptFile, trusted: TrustedKeys, outcome: Verification) -> None:
        self._file = file
        self._trusted = trusted
        self._outcome = outcome
        self._certificates = {one.keyid: one for one in file.certificates}
        self._lines = _lines_by_location(file.manifest.lines)
        self._booked = list_booked_at(file.manifest.lines)
        self._chains: dict[tuple[str, datetime], str] = {}
        self._receipts: list[Receipt] = []
        self._verified: list[tuple[ProvedReceipt, Receipt]] = []
        keys = trusted.log_keys or read_stated_keys(file.manifest.log_keys)
        self._notes = NoteVerifier(keys, trusted.cosigners, outcome)
        outcome.is_key_given = bool(trusted.log_keys)
        outcome.is_root_given = trusted.roots is not None

    def run(self) -> None:
        """Verify the file's signature, then each receipt, then what all of them cover."""
        self._verify_file()
        for proof in self._file.proofs:
            self._verify_proof(proof)
        self._outcome.receipts = len(self._receipts)
        duplicates = self._find_duplicates()
        for proved, receipt in self._verified:
            if id(receipt) not in duplicates:
                self._add_sums(proved, receipt)
        self._find_missing()

    def _verify_file(self) -> None:
        file = self._file
        if key := self._notes.verify_note(file.note, "the file", FaultKind.FILE):
            self._outcome.log_key = key.text
        if not file.is_complete:
            sentence = f"{len(file.proofs)} receipts, and the last line is {file.end[:20]!r}"
            self._outcome.add(FaultKind.FILE, sentence)

    def _verify_proof(self, proof: LogProof) -> None:
        where = f"entry {proof.index}"
        try:
            proved = decode_proved(proof)
            receipt = decode_receipt(proved.envelope)
        except (ReceiptFileError, ReceiptError) as error:
            self._outcome.add(FaultKind.ALTERED, f"{where}: {error}")
            return
        where = f"{where}, {receipt.device} at {receipt.starts_at:%Y-%m-%d %H:%M:%S}Z"
        faults = len(self._outcome.faults)
        is_logged = self._verify_entry(proof, proved, where)
        self._verify_signer(proved, receipt, where)
        self._verify_records(proved, receipt, where)
        self._verify_booking(receipt, where)
        self._receipts.append(receipt)
        if is_logged and len(self._outcome.faults) == faults:
            self._verified.append((proved, receipt))

    def _verify_entry(self, proof: LogProof, proved: ProvedReceipt, where: str) -> bool:
        checkpoint = self._notes.read_checkpoint(proof.checkpoint)
        if checkpoint is None:
            return False
        try:
            leaf = hash_leaf(encode_canonical(proved.envelope))
            if compute_root(proof.index, checkpoint.size, leaf, proof.path) == checkpoint.root:
                return True
            reason = f"the proof does not lead to the checkpoint of {checkpoint.size} entries"
        except ProofError as error:
            reason = str(error)
        self._outcome.add(FaultKind.NOT_IN_LOG, f"{where}: {reason}")
        return False

    def _verify_signer(self, proved: ProvedReceipt, receipt: Receipt, where: str) -> None:
        add, keyid = self._outcome.add, proved.envelope.signature.keyid
        certificate = self._certificates.get(keyid)
        if certificate is None:
            add(FaultKind.NOT_OF_DEVICE, f"{where}: the file lacks certificate {keyid[:16]}...")
            return
        if not certificate.has_signed(proved.envelope):
            add(FaultKind.ALTERED, f"{where}: the signature of the device is wrong")
        if certificate.device != receipt.device:
            of = certificate.device or "nobody"
            add(FaultKind.NOT_OF_DEVICE, f"{where}: signed with the certificate of {of}")
        if fault := certificate.find_time_fault(receipt.starts_at, receipt.ends_at):
            add(FaultKind.CERTIFICATE_TIME, f"{where}: the certificate is {fault}")
        elif fault := self._find_chain_fault(certificate, receipt):
            add(FaultKind.CHAIN, f"{where}: no chain to the root: {fault}")

    def _find_chain_fault(self, certificate: DeviceCertificate, receipt: Receipt) -> str:
        """The fault of the chain then, computed for the first receipt of each hour."""
        if self._trusted.roots is None:
            return ""
        hour = receipt.starts_at.replace(minute=0, second=0, microsecond=0)
        key = certificate.keyid, hour
        if key not in self._chains:
            fault = certificate.find_chain_fault(self._trusted.roots, receipt.starts_at)
            self._chains[key] = fault
        return self._chains[key]

    def _verify_records(self, proved: ProvedReceipt, receipt: Receipt, where: str) -> None:
        digests = [one.digest for one in proved.creatives]
        if len(set(digests)) < len(digests) or not set(digests) <= set(receipt.creatives):
            sentence = f"{where}: sums of a creative are not those that the device signed"
            self._outcome.add(FaultKind.RECORD, sentence)

    def _verify_booking(self, receipt: Receipt, where: str) -> None:
        location = self._lines.get(receipt.location, receipt.location)
        if not is_overlapping(self._booked.get(location, ()), _range_of(receipt)):
            sentence = f"{where}: no line of the campaign has booked {receipt.location} then"
            self._outcome.add(FaultKind.OUTSIDE, sentence)

    def _add_sums(self, proved: ProvedReceipt, receipt: Receipt) -> None:
        outcome = self._outcome
        outcome.observed_ms += receipt.observed_ms
        outcome.blind_ms += sum(receipt.blind_ms.values())
        for record in proved.creatives:
            key = SumKey(record.creative, receipt.location, receipt.device)
            totals, sums = outcome.totals.setdefault(key, CreativeTotals()), record.sums
            totals.receipts += 1
            totals.plays += sums.plays
            totals.observed_ms += sums.observed_ms
            totals.person_ms += sums.person_ms
            totals.facing_ms += sums.facing_ms
            totals.looking_ms += sums.looking_ms

    def _find_duplicates(self) -> set[int]:
        """Identities of the receipts whose time or report another one has, which do not count."""
        found = set()
        for one, other in find_overlaps(self._receipts):
            found.add(id(other))
            self._outcome.add(
                FaultKind.DUPLICATE,
                f"{one.device}: reports {one.report_id} and {other.report_id} both cover "
                f"{other.starts_at:%Y-%m-%d %H:%M:%S}Z",
            )
        return found

    def _find_missing(self) -> None:
        """Booked time that has neither a receipt nor is stated as missing."""
        covered = [
            ((self._lines.get(one.location, one.location), one.device), _range_of(one))
            for one in self._receipts
        ]
        stated = [
            ((one.location, one.device), TimeSpan(starts_at=one.starts_at, ends_at=one.ends_at))
            for one in self._file.manifest.missing
        ]
        for gap in find_missing(self._file.manifest.lines, [*covered, *stated]):
            self._outcome.add(
                FaultKind.MISSING,
                f"{gap.device} at {gap.location}: no receipt from "
                f"{gap.starts_at:%Y-%m-%d %H:%M:%S}Z to {gap.ends_at:%Y-%m-%d %H:%M:%S}Z",
            )


def _lines_by_location(lines: Sequence[ReceiptLine]) -> dict[str, str]:
    """Present location of each id in receipts."""
    return {former: line.location for line in lines for former in line.location_ids}


def _range_of(receipt: Receipt) -> TimeSpan:
    return TimeSpan(starts_at=receipt.starts_at, ends_at=receipt.ends_at)
