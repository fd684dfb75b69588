"""`python -m provisioning ca ...`: create an authority; issue, renew, revoke and list certificates.

Every action yields the lines that `provisioning/commands.py` prints.
"""

import argparse
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from provisioning import arguments, key_store, kms
from provisioning.authority import signing_request
from provisioning.authority.ca import AuthorityError, CertificateAuthority, create_authority
from provisioning.authority.profiles import (
    ROLES,
    SERVICE_PREFIX,
    CertificateKind,
    CertificateSubject,
)
from provisioning.authority.register import CertificateRecord
from provisioning.authority.revocation import REASONS
from wire.command_line import refuse_options
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

MAX_DAYS: Final = 3_660


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of `ca`."""
    actions = parser.add_subparsers(dest="action", required=True)
    _action(actions, "init", "open a new authority", init_authority).add_argument(
        "--name", type=arguments.authority_name, default="Onlooker"
    )
    _issue_arguments(_action(actions, "issue", "issue a new certificate", issue_certificate))
    renew = _action(actions, "renew", "renew a certificate", renew_certificate)
    _add_recipient(renew, csr_too=True)
    revoke = _action(actions, "revoke", "revoke certificates", revoke_certificates)
    whose = revoke.add_mutually_exclusive_group(required=True)
    whose.add_argument(
        "--serial", type=arguments.serial, help="one certificate, as `ca list` shows it"
    )
    whose.add_argument("--name", help="every certificate of that device, service, server or claim")
    revoke.add_argument("--reason", default="unspecified", choices=sorted(REASONS))
    listing = _action(actions, "list", "show what was signed", list_certificates)
    listing.add_argument("--name")
    listing.add_argument(
        "--expiring",
        type=arguments.whole_number(0, MAX_DAYS, "days"),
        metavar="DAYS",
        help="those that end by then",
    )
    listing.add_argument("--json", action="store_true")
    _action(actions, "crl", "write the revocation lists again", write_lists)
    seal = actions.add_parser("seal", help="a new passphrase that only AWS KMS can open")
    seal.add_argument("--kms-key", required=True, help="the KMS key's id, ARN or alias")
    seal.add_argument("--out", type=Path, required=True, help="the file that holds it, sealed")
    seal.set_defaults(run=seal_passphrase)


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    what: str,
    run: object,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=what, description=what)
    parser.add_argument("--dir", type=Path, required=True, help="the authority's folder")
    parser.set_defaults(run=run)
    return parser


def _issue_arguments(parser: argparse.ArgumentParser) -> None:
    _add_recipient(parser, csr_too=False)
    parser.add_argument("--location", type=arguments.location, help="where a device's camera hangs")
    parser.add_argument("--csr", type=Path, help="a device's signing request (PEM)")


def _add_recipient(parser: argparse.ArgumentParser, *, csr_too: bool) -> None:
    who = parser.add_mutually_exclusive_group(required=True)
    if csr_too:
        who.add_argument("--csr", type=Path, help="a device's request with its new key (PEM)")
    else:
        who.add_argument(
            "--device", type=arguments.device, help="a device; needs --location and --csr"
        )
    who.add_argument(
        "--service", type=_service, help=f"one of {', '.join(ROLES)}; its second as stream.2"
    )
    who.add_argument(
        "--server",
        type=arguments.hosts,
        metavar="HOSTS",
        help="hosts of a broker, with commas: the first is its name",
    )
    who.add_argument(
        "--claim", type=arguments.claim, help="a factory claim, shared by a batch of cameras"
    )
    parser.add_argument(
        "--days",
        type=arguments.whole_number(1, MAX_DAYS, "days"),
        help="days of validity",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")


def _open_authority(asked: argparse.Namespace) -> CertificateAuthority:
    return CertificateAuthority(asked.dir, key_store.read_passphrase(os.environ))


def init_authority(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Open an authority."""
    secret = key_store.read_passphrase(os.environ)
    authority = create_authority(asked.dir, name=asked.name, secret=secret, at=at)
    yield f"opened the authority {asked.name!r} in {authority.folder}"
    if secret is None:
        yield "its keys have no passphrase: set one of these variables before `ca init`:"
        yield f"  {key_store.PASSPHRASE}, {key_store.PASSPHRASE_FILE}"
        yield f"  {kms.KMS_FILE_VARIABLE} (made by `ca seal` with AWS KMS)"
    yield "root.key is not needed for daily work: move it to an offline place"


def issue_certificate(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Sign for somebody new."""
    if asked.device is None:
        refuse_options(
            asked, "location", "csr", because="they belong to --device, whose request is signed"
        )
        yield from _issue_with_key(asked, at)
        return
    if asked.csr is None or asked.location is None:
        raise AuthorityError("a device needs --location and --csr: its key is made on the device")
    address = DeviceAddress(LocationId(asked.location), DeviceId(asked.device))
    pem = _request(asked.csr)
    name, _ = signing_request.read(pem)
    if name != address.device:
        raise AuthorityError(f"the request is for {name!r}, not {address.device!r}")
    entry = _open_authority(asked).sign_device(pem, address.location, at=at, days=asked.days)
    yield from _write_certificate(entry, asked)


def renew_certificate(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Sign again; the old certificate runs out by itself or is revoked."""
    authority = _open_authority(asked)
    if asked.csr is not None:
        entry = authority.renew_device(_request(asked.csr), at=at, days=asked.days)
        yield from _write_certificate(entry, asked)
        return
    authority.standing(_subject(asked).name, at=at)
    yield from _issue_with_key(asked, at)


def revoke_certificates(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Take certificates back."""
    authority = _open_authority(asked)
    if asked.serial:
        serials = [asked.serial.lower()]
    else:
        authority.standing(asked.name, at=at)
        held = authority.register.entries(name=asked.name)
        serials = [entry.serial for entry in held if entry.stands(at)]
    for entry in authority.revoke(serials, reason=asked.reason, at=at):
        yield f"revoked {entry.serial} of {entry.kind} {entry.name} ({entry.reason})"


def list_certificates(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Show what was signed, oldest first."""
    entries = _open_authority(asked).register.entries(name=asked.name)
    if asked.expiring is not None:
        until = at + timedelta(days=asked.expiring)
        entries = [entry for entry in entries if entry.stands(at) and entry.ends_at <= until]
    if asked.json:
        yield msgspec.json.encode(entries).decode()
        return
    for entry in entries:
        yield _format_record(entry, at)
    yield f"{len(entries)} certificates"


def write_lists(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Write the revocation lists again."""
    yield f"wrote {_open_authority(asked).publish(at=at)}"


def seal_passphrase(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Have AWS KMS make and seal a passphrase for an authority that is to be opened."""
    if asked.out.exists():
        raise AuthorityError(f"{asked.out} exists: an authority that needs it could not be opened")
    key_store.write_private(asked.out, kms.create_passphrase(asked.kms_key))
    variable = kms.KMS_FILE_VARIABLE
    yield f"wrote {asked.out}: set {variable} to this path for every command that signs"


def _issue_with_key(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    authority = _open_authority(asked)
    who = _subject(asked)
    entry, key = authority.equip(who, at=at, days=asked.days)
    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / f"{_file_name(entry)}.key"
    key_store.write_private(path, key_store.encode_key(key, None))
    yield f"wrote {path}"
    yield from _write_certificate(entry, asked)


def _subject(asked: argparse.Namespace) -> CertificateSubject:
    if asked.service:
        return CertificateSubject(CertificateKind.SERVICE, asked.service)
    if asked.claim:
        return CertificateSubject(CertificateKind.CLAIM, asked.claim)
    return CertificateSubject(CertificateKind.SERVER, asked.server[0], hosts=asked.server)


def _service(written: str) -> str:
    role, dot, number = written.partition(".")
    if role not in ROLES or (dot and not re.fullmatch("[1-9][0-9]{0,2}", number)):
        raise argparse.ArgumentTypeError(
            f"{written[:80]!r} is no service: give one of {', '.join(ROLES)}, its second as "
            f"{ROLES[0]}.2"
        )
    return SERVICE_PREFIX + written


def _write_certificate(entry: CertificateRecord, asked: argparse.Namespace) -> Iterator[str]:
    authority = _open_authority(asked)
    asked.out.mkdir(parents=True, exist_ok=True)
    certificate = asked.out / f"{_file_name(entry)}.crt"
    chain = b"" if entry.kind is CertificateKind.CLAIM else authority.chain
    key_store.write_public(certificate, entry.certificate.encode() + chain)
    key_store.write_public(asked.out / "trust.pem", authority.trust)
    yield f"wrote {certificate} and trust.pem: serial {entry.serial}, until {entry.ends_at}"


def _file_name(entry: CertificateRecord) -> str:
    return entry.name.removeprefix(SERVICE_PREFIX)


def _request(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(signing_request.MAX_BYTES + 1)
    except OSError as error:
        raise AuthorityError(f"{path} cannot be read: {error.strerror}") from error


def _format_record(entry: CertificateRecord, at: datetime) -> str:
    left = entry.ends_at - at
    if entry.revoked_at is not None:
        state = f"revoked {entry.revoked_at:%Y-%m-%d} ({entry.reason})"
    else:
        state = f"ends {entry.ends_at:%Y-%m-%d %H:%MZ}" + (
            f", in {left.days} days" if left > timedelta(0) else ", over"
        )
    where = f" at {entry.location}" if entry.location else ""
    return f"{entry.serial:>40}  {entry.kind:<7}  {entry.name}{where}  {state}"
