"""`python -m provisioning broker`: configure and supervise a hardened Mosquitto."""

import argparse
import os
import pwd
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Final

from provisioning import arguments, key_store
from provisioning.authority.ca import CertificateAuthority
from provisioning.broker import auth_plugin
from provisioning.broker.settings import BrokerError, BrokerSettings, IssuedCertificate, Limits
from provisioning.broker.supervisor import BrokerSupervisor
from wire.clock import utc_now

DEFAULT_USER: Final = "mosquitto"
PORTS: Final = 65_536


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `broker`."""
    parser.add_argument(
        "--dir", type=Path, metavar="FOLDER", required=True, help="working folder of the broker"
    )
    parser.add_argument(
        "--authority",
        type=Path,
        metavar="FOLDER",
        help="folder of the certificate authority (default: ca in the working folder)",
    )
    parser.add_argument(
        "--host",
        type=arguments.host,
        action="append",
        default=[],
        help="host name or IP address for the broker's certificate, repeatable; required to issue "
        "or renew it",
    )
    parser.add_argument(
        "--cert",
        type=Path,
        metavar="FILE",
        help="certificate that `ca issue --server` wrote, in place of --host: the broker then "
        "needs no key of the authority",
    )
    parser.add_argument("--key", type=Path, metavar="FILE", help="private key of --cert")
    _add_network(parser)
    parser.add_argument(
        "--user", help=f"account of Mosquitto if started as root (default: {DEFAULT_USER})"
    )
    plugin = parser.add_mutually_exclusive_group()
    plugin.add_argument(
        "--auth-plugin",
        type=Path,
        metavar="FILE",
        help=f"auth plugin (default: {auth_plugin.VARIABLE}, then the usual paths)",
    )
    plugin.add_argument("--no-auth-plugin", action="store_true", help=auth_plugin.WITHOUT_PLUGIN)
    parser.add_argument(
        "--messages-per-s",
        type=arguments.whole_number(1, 100_000, "a number of messages"),
        metavar="N",
        default=Limits().messages_per_s,
        help="message rate at which a device is disconnected, per second (default: %(default)s)",
    )
    parser.set_defaults(run=run)


def _add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=_port, default=8883, help="port for MQTT over TLS (default: %(default)s)"
    )
    parser.add_argument(
        "--bind",
        type=arguments.bind_address,
        metavar="ADDRESS",
        default="0.0.0.0",  # noqa: S104 - cameras come from the network; a certificate is needed
        help="IP address to listen on (default: %(default)s)",
    )
    parser.add_argument(
        "--websockets",
        type=_port,
        metavar="PORT",
        help="port for MQTT over TLS and websockets (default: none)",
    )


def run(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Run until SIGTERM or Ctrl-C."""
    if options.websockets == options.port:
        raise BrokerError(f"--port and --websockets are both {options.port}: give two ports")
    settings = read_settings(options)
    authority = CertificateAuthority(settings.authority, key_store.read_passphrase(os.environ))
    supervisor = BrokerSupervisor(settings, authority, utc_now, tuple(options.host))
    stop_signals = _stop_signals()
    supervisor.start()
    try:
        while not (supervisor.is_ready or stop_signals):
            supervisor.step()
            if supervisor.last_death:
                raise BrokerError(f"Mosquitto does not start: {supervisor.last_death}")
        yield f"mqtts://{options.host[0] if options.host else 'localhost'}:{settings.port}"
        while not stop_signals:
            supervisor.step()
    finally:
        supervisor.stop()


def read_settings(options: argparse.Namespace) -> BrokerSettings:
    """The settings of the command line."""
    folder = options.dir.resolve()
    return BrokerSettings(
        folder=folder,
        authority=options.authority.resolve() if options.authority else folder / "ca",
        port=options.port,
        bind=options.bind,
        websockets_port=options.websockets,
        user=_account(options.user),
        issued=_read_issued(options),
        auth_plugin=None
        if options.no_auth_plugin
        else auth_plugin.find_plugin(options.auth_plugin, os.environ),
        limits=replace(Limits(), messages_per_s=options.messages_per_s),
    )


def _read_issued(options: argparse.Namespace) -> IssuedCertificate | None:
    if options.cert is None and options.key is None:
        return None
    if options.cert is None or options.key is None or options.host:
        raise BrokerError("give --cert and --key without --host, or --host alone")
    return IssuedCertificate(options.cert.resolve(), options.key.resolve())


def _port(written: str) -> int:
    return arguments.whole_number(1, PORTS - 1, "a port number")(written)


def _account(wanted: str | None) -> str | None:
    if os.geteuid() != 0:
        own = pwd.getpwuid(os.geteuid()).pw_name
        if wanted not in (None, own):
            raise BrokerError(
                f"--user {wanted}: only root can run Mosquitto as another account, and this is "
                f"{own}: leave --user out, or start as root"
            )
        return None
    try:
        return pwd.getpwnam(wanted or DEFAULT_USER).pw_name
    except KeyError:
        raise BrokerError(
            f"there is no account {wanted or DEFAULT_USER!r} to run Mosquitto: give --user NAME"
        ) from None


def _stop_signals() -> list[int]:
    received: list[int] = []

    def record(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, record)
    return received
