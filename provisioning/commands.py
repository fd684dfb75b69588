"""`python -m provisioning ...`: certificates, broker, CA service and AWS deployment."""

import logging
import sys
from datetime import UTC, datetime

from provisioning import ca_service, release
from provisioning.authority import command as authority_command
from provisioning.authority.ca import AuthorityError
from provisioning.authority.register import RegisterError
from provisioning.authority.revocation import ReasonError
from provisioning.authority.signing_request import SigningRequestError
from provisioning.aws import command as aws_command
from provisioning.aws.stack import StackError
from provisioning.broker import command as broker_command
from provisioning.broker.settings import BrokerError
from provisioning.examples import EXAMPLES
from provisioning.folder_lock import FolderLockedError
from provisioning.key_store import KeyStoreError
from provisioning.kms import KmsError
from provisioning.release import ReleaseError
from wire.aws import AwsError
from wire.command_line import OptionError, Parser, add_examples
from wire.process.type_info import build_type_info

REFUSALS = (
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
    KeyStoreError,
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when done, 1 when refused with a sentence on stderr."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asked = parser().parse_args(arguments)
    build_type_info()
    try:
        for line in asked.run(asked, datetime.now(UTC)):
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
    made = Parser(prog="python -m provisioning", description=__doc__)
    commands = made.add_subparsers(dest="command", required=True)
    authority_command.add_arguments(commands.add_parser("ca", help="the certificate authority"))
    broker_command.add_arguments(commands.add_parser("broker", help="a hardened Mosquitto"))
    ca_service.add_arguments(
        commands.add_parser("ca-service", help="sign for the enrolment service")
    )
    aws_command.add_arguments(commands.add_parser("aws", help="deploy on AWS"))
    release.add_arguments(commands.add_parser("release", help="the notes of a version"))
    add_examples(made, "python -m provisioning", EXAMPLES)
    return made
