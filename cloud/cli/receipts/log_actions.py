"""Actions of `python -m cloud receipts` on the database: export, append, sign, check, list."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, Engine, select

from cloud import database, settings
from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.campaign import (
    Campaign,
    UnknownCampaignError,
    find_campaign,
    make_campaign_id,
)
from cloud.campaigns.receipts.booked_lines import SETTLED_AFTER, request_campaign
from cloud.database import EPOCH
from cloud.database.receipts import receipt_certificates, receipts
from cloud.ingest.receipts.chains import CertificateError
from cloud.receipts.appending import AppendResult, append_pending, has_pending
from cloud.receipts.checkpoint_store import (
    LogChangedError,
    UnknownCheckpointError,
    add_cosignature,
    sign_head,
)
from cloud.receipts.consistency import write_consistency
from cloud.receipts.cose_receipt import CoseUnavailableError, ProvedEntry, build_cose_receipt
from cloud.receipts.device_certificates import (
    read_certificates,
    to_device_certificate,
)
from cloud.receipts.export import ExportTooLargeError, export_receipts
from cloud.receipts.log_check import find_log_faults
from cloud.receipts.log_store import (
    prove_consistency,
    prove_inclusion,
    read_root,
    read_size,
)
from cloud.receipts.merkle import ProofError
from cloud.receipts.options import read_origin, read_receipt_keys, read_receipt_roots
from cloud.receipts.signed_note import NoteError, parse_key
from cloud.receipts.signing_keys import LogKeyError, LogKeys, create_log_key
from cloud.sites.sites import Sites
from cloud.sites.sites_file import SAMPLE, load_sites
from wire.receipts.dsse import Envelope
from wire.receipts.receipt import decode_receipt

LISTED: Final = 100
REFUSED: Final = (
    CertificateError, CoseUnavailableError, ExportTooLargeError, LogChangedError, LogKeyError,
    NoteError, ProofError, UnknownCampaignError, UnknownCheckpointError,
)  # fmt: skip


def report_refusal(run: Callable[[], int]) -> int:
    """The status of `run`; 1 and one sentence when it is refused."""
    try:
        return run()
    except REFUSED as refused:
        sys.stderr.write(f"{refused}\n")
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}\n")
    return 1


def create_key(arguments: argparse.Namespace) -> int:
    """Create the key of the log and print the public one."""
    _print(create_log_key(arguments.file, read_origin(arguments)).text)
    return 0


def export(engine: Engine, arguments: argparse.Namespace, now: datetime) -> int:
    """Write the file of a campaign or line."""
    keys, roots = _require_keys(arguments), read_receipt_roots(arguments)
    sites = load_sites(settings.read(arguments).sites or SAMPLE)
    until = min(arguments.until, now) if arguments.until else now - SETTLED_AFTER
    with database.reading(engine) as connection:
        campaign = _find_campaign(connection, sites, arguments)
    wanted = request_campaign(
        campaign, sites, until, since=arguments.since or EPOCH, line=arguments.line
    )
    _append_all(engine, roots)
    with database.writing(engine) as connection:
        head = sign_head(connection, keys, now)
    with database.reading(engine) as connection:
        content = export_receipts(connection, wanted, head, keys, now)
    _write_new(arguments.out, content)
    _print(f"wrote {arguments.out}")
    return 0


def append(engine: Engine, arguments: argparse.Namespace, _now: datetime) -> int:
    """Append every pending receipt, in transactions of a few hundred."""
    total = _append_all(engine, read_receipt_roots(arguments))
    _print(
        f"{total.appended} appended, {total.rejected} rejected, {total.waiting} wait for a "
        "certificate"
    )
    return 0


def checkpoint(engine: Engine, arguments: argparse.Namespace, now: datetime) -> int:
    """Sign the log as it is, unless that is done, and print the note."""
    keys = _require_keys(arguments)
    with database.writing(engine) as connection:
        sys.stdout.write(sign_head(connection, keys, now).note)
    return 0


def consistency(engine: Engine, arguments: argparse.Namespace, now: datetime) -> int:
    """Sign the log as it is, and print the proof that it continues a smaller one."""
    keys = _require_keys(arguments)
    with database.writing(engine) as connection:
        newest = sign_head(connection, keys, now)
        path = prove_consistency(connection, arguments.size, newest.size)
    sys.stdout.write(write_consistency(arguments.size, path, newest.note))
    return 0


def write_cose(engine: Engine, arguments: argparse.Namespace, now: datetime) -> int:
    """Write the COSE receipt of an entry, and the entry itself."""
    keys, number = _require_keys(arguments), arguments.entry
    with database.reading(engine) as connection:
        query = select(receipts.c.envelope).where(receipts.c.entry == number)
        envelope = connection.execute(query).scalar()
        size = read_size(connection)
        if envelope is None:
            raise ProofError(f"entry {number} is not stored: the log has {size} entries")
        (path,) = prove_inclusion(connection, [number], size)
        receipt = decode_receipt(msgspec.json.decode(envelope, type=Envelope))
        entry = ProvedEntry(receipt.report_id, number, size, read_root(connection, size), path)
    content = build_cose_receipt(entry, keys, now)
    for suffix, written in ((".cose", content), (".json", envelope.encode())):
        with Path(f"{arguments.out}{suffix}").open("xb") as opened:
            opened.write(written)
    _print(f"wrote {arguments.out}.cose and {arguments.out}.json")
    return 0


def cosign(engine: Engine, arguments: argparse.Namespace, _now: datetime) -> int:
    """Store the signature of a cosigner."""
    cosigner = parse_key(arguments.cosigner)
    try:
        content = arguments.file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NoteError(f"{arguments.file} is no note: expected UTF-8") from None
    with database.writing(engine) as connection:
        stored = add_cosignature(connection, content, cosigner)
    _print(f"the checkpoint of {stored.size} entries is signed by {cosigner.name}")
    return 0


def check(engine: Engine, _arguments: argparse.Namespace, _now: datetime) -> int:
    """Compare the log with its entries; 1 when something differs."""
    if engine.dialect.name == "postgresql":  # entries, nodes and head as of one moment
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with database.reading(engine) as connection:
        faults = list(find_log_faults(connection))
        size = read_size(connection)
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    if not faults:
        _print(f"the log of {size} entries matches its receipts and checkpoints")
    return 1 if faults else 0


def list_receipts(engine: Engine, arguments: argparse.Namespace, _now: datetime) -> int:
    """List the newest receipts of a state that is not in the log."""
    columns = receipts.c
    query = select(receipts).where(columns.state == arguments.state).order_by(columns.id.desc())
    with database.reading(engine) as connection:
        for row in connection.execute(query.limit(LISTED)):
            _print(
                f"{row.location}/{row.device}  {row.stream_id}:{row.first_sequence}-"
                f"{row.last_sequence}  {row.starts_at:%Y-%m-%d %H:%M:%S}Z  "
                f"{row.reason or row.keyid[:16]}"
            )
    return 0


def retry(engine: Engine, arguments: argparse.Namespace, _now: datetime) -> int:
    """Verify rejected receipts of a device again; those that cannot be read stay."""
    columns = receipts.c
    with database.writing(engine) as connection:
        changed = connection.execute(
            receipts.update()
            .where(columns.device == arguments.device, columns.state == "rejected")
            .where(columns.keyid != "")
            .values(state="pending", reason=None)
        ).rowcount
    _print(f"{changed} receipts are verified again")
    return 0


def add_certificate(engine: Engine, arguments: argparse.Namespace, now: datetime) -> int:
    """Add the certificate chain of a device, in place of one that the device has sent."""
    found = to_device_certificate(read_certificates(arguments.file.read_bytes()))
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in (found.leaf, *found.intermediates))
    values = {"device": found.device, "chain": chain.decode(), "received_at": now}
    new = database.insert(engine.dialect.name, receipt_certificates).values(
        keyid=found.keyid, **values
    )
    with database.writing(engine) as connection:
        connection.execute(new.on_conflict_do_update(index_elements=["keyid"], set_=values))
    _print(f"certificate {found.keyid} of {found.device}")
    return 0


def _append_all(engine: Engine, roots: Sequence[x509.Certificate]) -> AppendResult:
    total = AppendResult()
    while True:
        with database.writing(engine) as connection:
            total += append_pending(connection, roots)
            if not has_pending(connection):
                return total


def _require_keys(arguments: argparse.Namespace) -> LogKeys:
    keys = read_receipt_keys(arguments)
    if keys is None:
        raise LogKeyError("no key of the log: give --key FILE; `receipts key FILE` creates one")
    return keys


def _find_campaign(connection: Connection, sites: Sites, arguments: argparse.Namespace) -> Campaign:
    if arguments.campaign:
        return find_campaign(connection, sites, arguments.campaign, None)
    line = read_lines(connection, sites, "line_id", [arguments.line]).get(arguments.line)
    if line is None:
        raise UnknownCampaignError(f"there is no line {arguments.line}: `orders list` lists lines")
    key = make_campaign_id((line.account, line.advertiser, line.campaign))
    return find_campaign(connection, sites, key, None)


def _write_new(file: Path, content: str) -> None:
    with file.open("x", encoding="utf-8") as opened:
        opened.write(content)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


ACTIONS: Final[Mapping[str, Callable[[Engine, argparse.Namespace, datetime], int]]] = {
    "export": export,
    "append": append,
    "checkpoint": checkpoint,
    "consistency": consistency,
    "cose": write_cose,
    "cosign": cosign,
    "check": check,
    "list": list_receipts,
    "retry": retry,
    "certificate": add_certificate,
}
