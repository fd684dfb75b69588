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
    LIFETIME,
    ROLES,
    SERVICE_PREFIX,
    CertificateKind,
    CertificateSubject,
)
from provisioning.authority.register import CertificateRecord
from provisioning.authority.revocation import REASONS
from wire.command_line import refuse_options, sentence
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

MAX_DAYS: Final = 3_660


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of `ca`."""
    actions = parser.add_subparsers(dest="action", required=True)
    _action(actions, "init", "create an authority in an empty folder", init_authority).add_argument(
        "--name",
        type=arguments.authority_name,
        default="Onlooker",
        help="name in its certificates (default: %(default)s)",
    )
    _add_issue_arguments(
        _action(
            actions,
            "issue",
            "issue a certificate for a device, service, server or claim",
            issue_certificate,
        )
    )
    renew = _action(
        actions, "renew", "issue a new certificate for the same holder", renew_certificate
    )
    _add_recipient(renew, csr_too=True)
    _add_revoke_arguments(
        _action(actions, "revoke", "revoke certificates and publish the list", revoke_certificates)
    )
    _add_list_arguments(
        _action(actions, "list", "list issued certificates, oldest first", list_certificates)
    )
    _action(actions, "crl", "write the revocation lists again", write_lists)
    what = "create a passphrase that only AWS KMS can decrypt"
    seal = actions.add_parser("seal", help=what, description=sentence(what))
    seal.add_argument(
        "--kms-key", metavar="KEY", required=True, help="id, ARN or alias of the KMS key"
    )
    seal.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        required=True,
        help="new file for the encrypted passphrase",
    )
    seal.set_defaults(run=seal_passphrase)


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    what: str,
    run: object,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=what, description=sentence(what))
    parser.add_argument(
        "--dir", type=Path, metavar="FOLDER", required=True, help="folder of the authority"
    )
    parser.set_defaults(run=run)
    return parser


def _add_issue_arguments(parser: argparse.ArgumentParser) -> None:
    _add_recipient(parser, csr_too=False)
    parser.add_argument(
        "--location",
        type=arguments.location,
        metavar="ID",
        help="location of the device; with --device only",
    )
    parser.add_argument(
        "--csr",
        type=Path,
        metavar="FILE",
        help="signing request of the device (PEM); with --device only",
    )


def _add_revoke_arguments(parser: argparse.ArgumentParser) -> None:
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument(
        "--serial", type=arguments.serial, help="one certificate, as `ca list` shows it"
    )
    whose.add_argument(
        "--name", help="every certificate of this device, service (service:NAME), server or claim"
    )
    parser.add_argument(
        "--reason",
        default="unspecified",
        choices=sorted(REASONS),
        help="reason in the revocation list (default: %(default)s)",
    )


def _add_list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", help="only certificates of this name (default: all)")
    parser.add_argument(
        "--expiring",
        type=arguments.whole_number(0, MAX_DAYS, "a number of days"),
        metavar="DAYS",
        help="only valid certificates that expire within this number of days (default: all)",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON array")


def _add_recipient(parser: argparse.ArgumentParser, *, csr_too: bool) -> None:
    who = parser.add_mutually_exclusive_group(required=True)
    if csr_too:
        who.add_argument(
            "--csr",
            type=Path,
            metavar="FILE",
            help="signing request of a device with a new key (PEM)",
        )
    else:
        who.add_argument(
            "--device",
            type=arguments.device,
            metavar="ID",
            help="a device; requires --location and --csr",
        )
    who.add_argument(
        "--service",
        type=_service,
        help=f"one of {', '.join(ROLES)}; a second instance is {ROLES[0]}.2",
    )
    who.add_argument(
        "--server",
        type=arguments.hosts,
        metavar="HOSTS",
        help="host names or IP addresses of a server, separated by commas; the first is its name",
    )
    who.add_argument(
        "--claim",
        type=arguments.claim,
        metavar="NAME",
        help="a claim, shared by a production batch of cameras",
    )
    parser.add_argument(
        "--days",
        type=arguments.whole_number(1, MAX_DAYS, "a number of days"),
        help=f"days of validity (default: {_lifetimes()})",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", required=True, help="folder for the files written"
    )


def _lifetimes() -> str:
    return ", ".join(f"{kind} {lifetime.days}" for kind, lifetime in LIFETIME.items())


def _open_authority(options: argparse.Namespace) -> CertificateAuthority:
    return CertificateAuthority(options.dir, key_store.read_passphrase(os.environ))


def init_authority(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Create an authority."""
    secret = key_store.read_passphrase(os.environ)
    authority = create_authority(options.dir, name=options.name, secret=secret, at=at)
    yield f"created the authority {options.name!r} in {authority.folder}"
    if secret is None:
        yield "its keys have no passphrase: set one of these variables before `ca init`:"
        yield f"  {key_store.PASSPHRASE}, {key_store.PASSPHRASE_FILE}"
        yield f"  {kms.KMS_FILE_VARIABLE} (written by `ca seal` with AWS KMS)"
    yield "root.key is not needed for daily work: move it to an offline place"


def issue_certificate(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Issue a certificate."""
    if options.device is None:
        refuse_options(
            options, "location", "csr", because="they belong to --device, whose request is signed"
        )
        yield from _issue_with_key(options, at)
        return
    if options.csr is None or options.location is None:
        raise AuthorityError("a device needs --location and --csr: it generates its own key")
    address = DeviceAddress(LocationId(options.location), DeviceId(options.device))
    pem = _request(options.csr)
    name, _ = signing_request.read(pem)
    if name != address.device:
        raise AuthorityError(f"the request is for {name!r}, not {address.device!r}")
    entry = _open_authority(options).sign_device(pem, address.location, at=at, days=options.days)
    yield from _write_certificate(entry, options)


def renew_certificate(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Issue a new certificate; the old one stays valid until it expires or is revoked."""
    authority = _open_authority(options)
    if options.csr is not None:
        entry = authority.renew_device(_request(options.csr), at=at, days=options.days)
        yield from _write_certificate(entry, options)
        return
    authority.find_valid(_subject(options).name, at=at)
    yield from _issue_with_key(options, at)


def revoke_certificates(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Revoke certificates."""
    authority = _open_authority(options)
    if options.serial:
        serials = [options.serial.lower()]
    else:
        authority.find_valid(options.name, at=at)
        held = authority.register.entries(name=options.name)
        serials = [entry.serial for entry in held if entry.is_valid(at)]
    for entry in authority.revoke(serials, reason=options.reason, at=at):
        yield f"revoked {entry.serial} of {entry.kind} {entry.name} ({entry.reason})"


def list_certificates(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """List certificates, oldest first."""
    entries = _open_authority(options).register.entries(name=options.name)
    if options.expiring is not None:
        until = at + timedelta(days=options.expiring)
        entries = [entry for entry in entries if entry.is_valid(at) and entry.ends_at <= until]
    if options.json:
        yield msgspec.json.encode(entries).decode()
        return
    for entry in entries:
        yield _format_record(entry, at)
    yield f"{len(entries)} certificates"


def write_lists(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Write the revocation lists again."""
    yield f"wrote {_open_authority(options).publish(at=at)}"


def seal_passphrase(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Have AWS KMS create and encrypt a passphrase for a new authority."""
    if options.out.exists():
        raise AuthorityError(f"{options.out} exists: an authority may need it; give a new file")
    key_store.write_private(options.out, kms.create_passphrase(options.kms_key))
    variable = kms.KMS_FILE_VARIABLE
    yield f"wrote {options.out}: set {variable} to this path for every command that signs"


def _issue_with_key(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    authority = _open_authority(options)
    who = _subject(options)
    entry, key = authority.equip(who, at=at, days=options.days)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{_file_name(entry)}.key"
    key_store.write_private(path, key_store.encode_key(key, None))
    yield f"wrote {path}"
    yield from _write_certificate(entry, options)


def _subject(options: argparse.Namespace) -> CertificateSubject:
    if options.service:
        return CertificateSubject(CertificateKind.SERVICE, options.service)
    if options.claim:
        return CertificateSubject(CertificateKind.CLAIM, options.claim)
    return CertificateSubject(CertificateKind.SERVER, options.server[0], hosts=options.server)


def _service(written: str) -> str:
    role, dot, number = written.partition(".")
    if role not in ROLES or (dot and not re.fullmatch("[1-9][0-9]{0,2}", number)):
        raise argparse.ArgumentTypeError(
            f"{written[:80]!r} is not a service: give one of {', '.join(ROLES)}; "
            f"a second instance is {ROLES[0]}.2"
        )
    return SERVICE_PREFIX + written


def _write_certificate(entry: CertificateRecord, options: argparse.Namespace) -> Iterator[str]:
    authority = _open_authority(options)
    options.out.mkdir(parents=True, exist_ok=True)
    certificate = options.out / f"{_file_name(entry)}.crt"
    chain = b"" if entry.kind is CertificateKind.CLAIM else authority.chain
    key_store.write_public(certificate, entry.certificate.encode() + chain)
    key_store.write_public(options.out / "trust.pem", authority.trust)
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
        state = f"expires {entry.ends_at:%Y-%m-%d %H:%MZ}" + (
            f", in {left.days} days" if left > timedelta(0) else ", expired"
        )
    where = f" at {entry.location}" if entry.location else ""
    return f"{entry.serial:>40}  {entry.kind:<7}  {entry.name}{where}  {state}"
