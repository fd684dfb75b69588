"""`python -m provisioning ...`: certificates, broker, CA service and AWS deployment."""

import logging
import sys
from collections.abc import Mapping
from typing import Any, Final

from provisioning import ca_service, release
from provisioning.authority import command as authority_command
from provisioning.authority.ca import AuthorityError
from provisioning.authority.register import RegisterError
from provisioning.authority.revocation import ReasonError
from provisioning.authority.signing_request import SigningRequestError
from provisioning.aws import command as aws_command
from provisioning.aws.lake.upload import UploadError
from provisioning.aws.stack import StackError
from provisioning.broker import command as broker_command
from provisioning.broker.settings import BrokerError
from provisioning.examples import EXAMPLES
from provisioning.folder_lock import FolderLockedError
from provisioning.key_store import KeyStoreError
from provisioning.kms import KmsError
from provisioning.release import ReleaseError
from wire.aws import AwsError
from wire.clock import utc_now
from wire.command_line import OptionError, Parser, add_examples, sentence
from wire.process.type_info import build_type_info

DESCRIPTION: Final = "Issue certificates, run the broker and the CA service, and deploy on AWS."
COMMANDS: Final[Mapping[str, tuple[Any, str]]] = {
    "ca": (authority_command, "create a certificate authority; issue, renew, revoke certificates"),
    "broker": (broker_command, "run Mosquitto with client certificates, access rules and an audit"),
    "ca-service": (ca_service, "sign requests of the enrolment service on a local socket"),
    "aws": (aws_command, "plan, deploy or delete the cloud on AWS, or estimate its cost"),
    "release": (release, "print the changelog of a version, if it is ready for release"),
}
REFUSALS: Final = (
    BrokerError,
    FolderLockedError,
    AwsError,
    KmsError,
    AuthorityError,
    OptionError,
    ReleaseError,
    RegisterError,
    ReasonError,
    SigningRequestError,
    StackError,
    UploadError,
    KeyStoreError,
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 on success, 1 with one sentence on stderr if it is refused."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    options = parser().parse_args(arguments)
    build_type_info()
    try:
        for line in options.run(options, utc_now()):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    except REFUSALS as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except OSError as error:
        where = f"{error.filename} cannot be used: " if error.filename is not None else ""
        sys.stderr.write(f"error: {where}{error.strerror or error}\n")
        return 1
    return 0


def parser() -> Parser:
    """Every command with its options."""
    program = Parser(prog="python -m provisioning", description=DESCRIPTION)
    commands = program.add_subparsers(dest="command", required=True)
    for name, (module, what) in COMMANDS.items():
        module.add_arguments(commands.add_parser(name, help=what, description=sentence(what)))
    add_examples(program, "python -m provisioning", EXAMPLES)
    return program
