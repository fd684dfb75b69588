"""`python -m cloud receipts verify|compare`: need no network and no database."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from cloud.ingest.receipts.chains import CertificateError
from cloud.receipts.consistency import ConsistencyError, require_continuation
from cloud.receipts.device_certificates import read_certificates
from cloud.receipts.faults import CreativeTotals, SumKey, Verification
from cloud.receipts.receipt_file import ReceiptFileError, ReceiptLine, parse_file
from cloud.receipts.signed_note import NoteError, NoteKey, parse_key
from cloud.receipts.verification import TrustedKeys, verify_file
from wire.command_line import OptionError

MOST_FAULTS = 50
SECOND_MS = 1_000
HOUR = timedelta(hours=1)


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `receipts verify`."""
    parser.add_argument("file", type=Path, help="the file of receipts")
    parser.add_argument(
        "--root", type=Path, required=True, action="append", metavar="FILE",
        help="root certificate of the devices in PEM; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--log-key", action="append", default=[], metavar="KEY",
        help="public key of the log as the operator publishes it, or a file with it; without one, "
        "that of the file is used",
    )  # fmt: skip
    parser.add_argument(
        "--cosigner", action="append", default=[], metavar="KEY",
        help="public key of a cosigner who must have signed the checkpoint, or a file with it",
    )  # fmt: skip


def verify(arguments: argparse.Namespace) -> int:
    """Print what is proved, and every fault; 1 when there is one."""
    trusted = TrustedKeys(
        roots=[one for file in arguments.root for one in _read_roots(file)],
        log_keys=list(map(_read_key, arguments.log_key)),
        cosigners=list(map(_read_key, arguments.cosigner)),
    )
    outcome = verify_file(_read(arguments.file), trusted)
    sys.stdout.writelines(f"{_to_line(text)}\n" for text in describe(outcome))
    sys.stderr.writelines(f"{_to_line(text)}\n" for text in describe_faults(outcome))
    return 1 if outcome.faults else 0


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `receipts compare`."""
    parser.add_argument("file", type=Path, help="an earlier file of receipts")
    parser.add_argument("proof", type=Path, help="the output of `receipts consistency`")
    what = "public key of the log, or a file with it"
    parser.add_argument("--log-key", action="append", required=True, metavar="KEY", help=what)


def compare(arguments: argparse.Namespace) -> int:
    """Whether the log has only grown since the file; 1 when that is not proved."""
    keys = list(map(_read_key, arguments.log_key))
    try:
        file = parse_file(_read(arguments.file).decode())
        proof = _read(arguments.proof).decode()
        old, new = require_continuation(file, proof, keys)
    except (ReceiptFileError, ConsistencyError, UnicodeDecodeError) as error:
        sys.stderr.write(f"not proved: {error}\n")
        return 1
    sys.stdout.write(
        f"the log of {new.size} entries continues that of {old.size} entries in {arguments.file}\n"
    )
    return 0


def describe(outcome: Verification) -> Iterator[str]:
    """What the file is about and which sums are proved."""
    manifest = outcome.manifest
    if manifest is None:
        return
    yield f"campaign {manifest.campaign} of {manifest.advertiser} ({manifest.account})"
    yield from _describe_booked(manifest.lines)
    observed_s, blind_s = outcome.observed_ms // SECOND_MS, outcome.blind_ms // SECOND_MS
    yield (
        f"{outcome.receipts} receipts; in those that are verified, {observed_s:,} s were observed "
        f"and {blind_s:,} s were not"
    )
    yield from _describe_totals(outcome.totals.items())
    for gap in outcome.missing:
        yield (
            f"stated as missing: {gap.device} at {gap.location} from {_write(gap.starts_at)} to "
            f"{_write(gap.ends_at)}"
        )
    if outcome.log_key and not outcome.is_key_given:
        yield (
            "the key of the log is the one that the file states: compare it with the one that the "
            f"operator publishes, or give --log-key {outcome.log_key}"
        )
    if not outcome.faults:
        yield "verified: nothing is wrong"


def describe_faults(outcome: Verification) -> Iterator[str]:
    """A line for each fault, and how many there are."""
    for fault in outcome.faults[:MOST_FAULTS]:
        yield f"{fault.kind}: {fault.sentence}"
    if (more := len(outcome.faults) - MOST_FAULTS) > 0:
        yield f"and {more} faults more"


def _describe_booked(lines: Iterable[ReceiptLine]) -> Iterator[str]:
    """The booked time as the operator states it, which nothing in the file proves."""
    for line in lines:
        if line.booked:
            hours = sum((one.ends_at - one.starts_at for one in line.booked), timedelta()) / HOUR
            begin = min(one.starts_at for one in line.booked)
            end = max(one.ends_at for one in line.booked)
            yield (
                f"stated as booked: {line.line_id} at {line.location}, {hours:,.2f} h from "
                f"{_write(begin)} to {_write(end)}, measured by {', '.join(line.devices) or 'none'}"
            )


def _describe_totals(totals: Iterable[tuple[SumKey, CreativeTotals]]) -> Iterator[str]:
    for key, one in sorted(totals):
        yield (
            f"  {key.creative} at {key.location}, measured by {key.device}: {one.plays:,} plays, "
            f"{one.observed_ms // SECOND_MS:,} s observed, {one.person_ms // SECOND_MS:,} s of "
            f"people in view, {one.looking_ms // SECOND_MS:,} s looking, {one.receipts} receipts"
        )


def _read_roots(file: Path) -> tuple[x509.Certificate, ...]:
    try:
        return read_certificates(_read(file))
    except CertificateError as error:
        raise OptionError(f"--root {file}: {error}") from None


def _read_key(text: str) -> NoteKey:
    """A key as it is written, or the first line of a file."""
    file = Path(text)
    try:
        return parse_key(_read(file).decode() if "+" not in text or file.is_file() else text)
    except (NoteError, UnicodeDecodeError) as error:
        raise OptionError(f"{error}") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise OptionError(f"{file} cannot be read: {error.strerror}") from None


def _write(at: datetime) -> str:
    try:
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
    except OverflowError:  # the first or last day of the calendar
        return at.isoformat()


def _to_line(text: str) -> str:
    """One line: names in the file could hold line breaks, or codes that control a terminal."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
