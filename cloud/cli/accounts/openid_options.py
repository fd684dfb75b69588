"""Options that name the OpenID provider of `serve`. The secret is read from a file."""

import argparse
from pathlib import Path

from cloud.app.sign_in.openid_provider import OpenIdProvider, OpenIdProviderError, read_issuer
from cloud.cli.accounts.mail_options import read_link
from cloud.settings import SettingsError


def add_openid_arguments(parser: argparse.ArgumentParser) -> None:
    """Offer `--openid-issuer`, `--openid-client` and `--openid-secret-file`."""
    parser.add_argument(
        "--openid-issuer", metavar="URL", help="OpenID provider with which users may sign in"
    )
    parser.add_argument("--openid-client", metavar="ID", help="id of this client at the provider")
    parser.add_argument(
        "--openid-secret-file",
        type=Path,
        metavar="FILE",
        help="secret of the client, if any",
    )


def read_openid_provider(arguments: argparse.Namespace) -> OpenIdProvider | None:
    """The provider, or None without an issuer; raises SettingsError."""
    if arguments.openid_issuer is None:
        return None
    link = read_link(arguments.link)
    if not (link and arguments.openid_client):
        raise SettingsError("--openid-issuer needs --openid-client and --link, for the callback")
    try:
        issuer = read_issuer(arguments.openid_issuer)
    except OpenIdProviderError as error:
        raise SettingsError(f"--openid-issuer: {error}") from None
    secret = _read_secret(arguments.openid_secret_file)
    return OpenIdProvider(issuer, arguments.openid_client, secret, link)


def _read_secret(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        kind = type(error).__name__
        raise SettingsError(f"--openid-secret-file {file} cannot be read: {kind}") from None
