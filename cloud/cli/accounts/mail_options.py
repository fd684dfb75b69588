"""Options of programs that send mails: the relay, the sender, and the address for links."""

import argparse
from typing import Final

from cloud.alerting.targets import TargetError, parse_target
from cloud.app.sign_in.mailer import Mailer
from cloud.messaging.smtp import MailRelay
from cloud.settings import SettingsError
from wire.addresses import WEB_SCHEMES, parse_address
from wire.hosts import AddressError, parse_host_and_port

SMTP_PORT: Final = 25


def add_mail_arguments(parser: argparse.ArgumentParser, *, relay: str | None = None) -> None:
    """Offer `--smtp`, `--mail-from` and `--link`; `relay` is the default of the first."""
    default = f"({relay})" if relay else "(none: no mails)"
    parser.add_argument("--smtp", default=relay, metavar="HOST:PORT", help=f"mail relay {default}")
    parser.add_argument(
        "--mail-from", default=MailRelay().sender, metavar="ADDRESS", help="sender (%(default)s)"
    )
    parser.add_argument("--link", default="", metavar="URL", help="address of the API, for links")


def read_relay(where: str, sender: str) -> MailRelay:
    """The relay of `--smtp` and `--mail-from`; raises SettingsError."""
    try:
        host, port = parse_host_and_port(where)
        if not host:
            raise TargetError("it names no host")
        parse_target(f"mailto:{sender}")
    except (AddressError, TargetError) as error:
        raise SettingsError(
            f"--smtp or --mail-from cannot be read, {error}: write --smtp HOST:PORT and "
            "--mail-from name@example.com"
        ) from None
    return MailRelay(host, port or SMTP_PORT, sender)


def read_link(url: str) -> str:
    """The address of `--link` without its last slash, or nothing; raises SettingsError."""
    if not url:
        return ""
    try:
        address = parse_address(url, WEB_SCHEMES)
    except AddressError as error:
        raise SettingsError(f"--link cannot be read: {error}") from None
    return address.without_credentials_uri().rstrip("/")


def read_mailer(arguments: argparse.Namespace) -> Mailer | None:
    """The mailer, or None without a relay; raises SettingsError where only one is given."""
    link = read_link(arguments.link)
    if arguments.smtp is None:
        return None
    if not link:
        raise SettingsError(
            "--smtp without --link: mails need the address of the pages, such as "
            "--link https://sales.example.org"
        )
    return Mailer(read_relay(arguments.smtp, arguments.mail_from), link)
