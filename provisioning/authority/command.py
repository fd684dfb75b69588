"""`python -m provisioning ca ...`: open an authority, sign, renew, take back, list.

Every action yields the lines to show; the front door prints them.
"""

import argparse
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from provisioning import arguments, kms, vault
from provisioning.authority import signing_request
from provisioning.authority.office import Office, OfficeError, open_office
from provisioning.authority.profiles import ROLES, SERVICE_PREFIX, Kind, Subject
from provisioning.authority.register import Entry
from provisioning.authority.revocation import REASONS
from wire.command_line import refuse_options
from wire.scalars import DeviceId, LocationId
from wire.topics import DeviceAddress

MOST_DAYS: Final = 3_660


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of `ca`."""
    actions = parser.add_subparsers(dest="action", required=True)
    _action(actions, "init", "open a new authority", opened).add_argument(
        "--name", type=arguments.authority_name, default="Onlooker"
    )
    _issue_arguments(_action(actions, "issue", "sign for somebody new", issued))
    renew = _action(actions, "renew", "sign again for somebody known", renewed)
    _recipient(renew, csr_too=True)
    revoke = _action(actions, "revoke", "take certificates back", revoked)
    whose = revoke.add_mutually_exclusive_group(required=True)
    whose.add_argument(
        "--serial", type=arguments.serial, help="one certificate, as `ca list` shows it"
    )
    whose.add_argument("--name", help="every certificate of that device, service, server or claim")
    revoke.add_argument("--reason", default="unspecified", choices=sorted(REASONS))
    listing = _action(actions, "list", "show what was signed", listed)
    listing.add_argument("--name")
    listing.add_argument(
        "--expiring",
        type=arguments.whole(0, MOST_DAYS, "days"),
        metavar="DAYS",
        help="those that end by then",
    )
    listing.add_argument("--json", action="store_true")
    _action(actions, "crl", "write the revocation lists again", published)
    seal = actions.add_parser("seal", help="a new passphrase that only AWS KMS can open")
    seal.add_argument("--kms-key", required=True, help="the KMS key's id, ARN or alias")
    seal.add_argument("--out", type=Path, required=True, help="the file that holds it, sealed")
    seal.set_defaults(run=sealed)


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
    _recipient(parser, csr_too=False)
    parser.add_argument("--location", type=arguments.location, help="where a device's camera hangs")
    parser.add_argument("--csr", type=Path, help="a device's signing request (PEM)")


def _recipient(parser: argparse.ArgumentParser, *, csr_too: bool) -> None:
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
        "--days", type=arguments.whole(1, MOST_DAYS, "days"), help="how long it stands"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for what is made")


def _office(asked: argparse.Namespace) -> Office:
    return Office(asked.dir, vault.passphrase(os.environ))


def opened(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Open an authority."""
    secret = vault.passphrase(os.environ)
    office = open_office(asked.dir, name=asked.name, secret=secret, at=at)
    yield f"opened the authority {asked.name!r} in {office.folder}"
    if secret is None:
        yield "its keys have no passphrase: set one of these variables before `ca init`:"
        yield f"  {vault.PASSPHRASE}, {vault.PASSPHRASE_FILE}"
        yield f"  {kms.SEALED_FILE} (made by `ca seal` with AWS KMS)"
    yield "root.key is not needed for daily work: move it to an offline place"


def issued(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Sign for somebody new."""
    if asked.device is None:
        refuse_options(
            asked, "location", "csr", because="they belong to --device, whose request is signed"
        )
        yield from _equipped(asked, at)
        return
    if asked.csr is None or asked.location is None:
        raise OfficeError("a device needs --location and --csr: its key is made on the device")
    address = DeviceAddress(LocationId(asked.location), DeviceId(asked.device))
    pem = _request(asked.csr)
    name, _ = signing_request.read(pem)
    if name != address.device:
        raise OfficeError(f"the request is for {name!r}, not {address.device!r}")
    entry = _office(asked).sign_device(pem, address.location, at=at, days=asked.days)
    yield from _handed_out(entry, asked)


def renewed(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Sign again; the old certificate runs out by itself or is revoked."""
    office = _office(asked)
    if asked.csr is not None:
        entry = office.renew_device(_request(asked.csr), at=at, days=asked.days)
        yield from _handed_out(entry, asked)
        return
    office.standing(_subject(asked).name, at=at)
    yield from _equipped(asked, at)


def revoked(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Take certificates back."""
    office = _office(asked)
    if asked.serial:
        serials = [asked.serial.lower()]
    else:
        office.standing(asked.name, at=at)
        held = office.register.entries(name=asked.name)
        serials = [entry.serial for entry in held if entry.stands(at)]
    for entry in office.revoke(serials, reason=asked.reason, at=at):
        yield f"revoked {entry.serial} of {entry.kind} {entry.name} ({entry.reason})"


def listed(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Show what was signed, oldest first."""
    entries = _office(asked).register.entries(name=asked.name)
    if asked.expiring is not None:
        until = at + timedelta(days=asked.expiring)
        entries = [entry for entry in entries if entry.stands(at) and entry.ends_at <= until]
    if asked.json:
        yield msgspec.json.encode(entries).decode()
        return
    for entry in entries:
        yield _line(entry, at)
    yield f"{len(entries)} certificates"


def published(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Write the revocation lists again."""
    yield f"wrote {_office(asked).publish(at=at)}"


def sealed(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Have AWS KMS make and seal a passphrase for an authority that is to be opened."""
    if asked.out.exists():
        raise OfficeError(f"{asked.out} exists: an authority that needs it could not be opened")
    vault.write_private(asked.out, kms.sealed(asked.kms_key))
    variable = kms.SEALED_FILE
    yield f"wrote {asked.out}: set {variable} to this path for every command that signs"


def _equipped(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    office = _office(asked)
    who = _subject(asked)
    entry, key = office.equip(who, at=at, days=asked.days)
    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / f"{_file_name(entry)}.key"
    vault.write_private(path, vault.sealed(key, None))
    yield f"wrote {path}"
    yield from _handed_out(entry, asked)


def _subject(asked: argparse.Namespace) -> Subject:
    if asked.service:
        return Subject(Kind.SERVICE, asked.service)
    if asked.claim:
        return Subject(Kind.CLAIM, asked.claim)
    return Subject(Kind.SERVER, asked.server[0], hosts=asked.server)


def _service(written: str) -> str:
    role, dot, number = written.partition(".")
    if role not in ROLES or (dot and not re.fullmatch("[1-9][0-9]{0,2}", number)):
        raise argparse.ArgumentTypeError(
            f"{written[:80]!r} is no service: give one of {', '.join(ROLES)}, its second as "
            f"{ROLES[0]}.2"
        )
    return SERVICE_PREFIX + written


def _handed_out(entry: Entry, asked: argparse.Namespace) -> Iterator[str]:
    office = _office(asked)
    asked.out.mkdir(parents=True, exist_ok=True)
    certificate = asked.out / f"{_file_name(entry)}.crt"
    chain = b"" if entry.kind is Kind.CLAIM else office.chain
    vault.write_public(certificate, entry.certificate.encode() + chain)
    vault.write_public(asked.out / "trust.pem", office.trust)
    yield f"wrote {certificate} and trust.pem: serial {entry.serial}, until {entry.ends_at}"


def _file_name(entry: Entry) -> str:
    return entry.name.removeprefix(SERVICE_PREFIX)


def _request(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(signing_request.LARGEST_BYTES + 1)
    except OSError as error:
        raise OfficeError(f"{path} cannot be read: {error.strerror}") from error


def _line(entry: Entry, at: datetime) -> str:
    left = entry.ends_at - at
    if entry.revoked_at is not None:
        state = f"revoked {entry.revoked_at:%Y-%m-%d} ({entry.reason})"
    else:
        state = f"ends {entry.ends_at:%Y-%m-%d %H:%MZ}" + (
            f", in {left.days} days" if left > timedelta(0) else ", over"
        )
    where = f" at {entry.location}" if entry.location else ""
    return f"{entry.serial:>40}  {entry.kind:<7}  {entry.name}{where}  {state}"
