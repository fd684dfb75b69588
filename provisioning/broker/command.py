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
from provisioning.broker.settings import BrokerError, BrokerSettings, Limits
from provisioning.broker.supervisor import BrokerSupervisor
from wire.clock import utc_now

DEFAULT_USER: Final = "mosquitto"
PORTS: Final = 65_536


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `broker`."""
    parser.add_argument("--dir", type=Path, required=True, help="the broker's folder")
    parser.add_argument("--authority", type=Path, help="the authority's folder (DIR/ca)")
    parser.add_argument(
        "--host",
        type=arguments.host,
        action="append",
        default=[],
        help="a name cameras reach it by",
    )
    parser.add_argument("--port", type=_port, default=8883)
    parser.add_argument(
        "--bind",
        type=arguments.bind_address,
        default="0.0.0.0",  # noqa: S104 - cameras come from the network; a certificate is needed
        help="address to listen on (%(default)s)",
    )
    parser.add_argument("--websockets", type=_port, metavar="PORT", help="MQTT over websockets too")
    parser.add_argument("--user", help=f"account to run as when started as root ({DEFAULT_USER})")
    plugin = parser.add_mutually_exclusive_group()
    plugin.add_argument(
        "--auth-plugin", type=Path, metavar="FILE", help=f"the auth plugin ({auth_plugin.VARIABLE})"
    )
    plugin.add_argument("--no-auth-plugin", action="store_true", help=auth_plugin.WITHOUT_PLUGIN)
    parser.add_argument(
        "--messages-per-s",
        type=arguments.whole_number(1, 100_000, "messages"),
        default=Limits().messages_per_s,
        help="of one device; more ends its session (%(default)s)",
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Run until SIGTERM or Ctrl-C."""
    if asked.websockets == asked.port:
        raise BrokerError(f"--port and --websockets are both {asked.port}: give two ports")
    settings = read_settings(asked)
    authority = CertificateAuthority(settings.authority, key_store.read_passphrase(os.environ))
    supervisor = BrokerSupervisor(settings, authority, utc_now, tuple(asked.host))
    asked_to_end = _stop_signals()
    supervisor.start()
    try:
        while not (supervisor.is_ready or asked_to_end):
            supervisor.step()
            if supervisor.last_death:
                raise BrokerError(f"Mosquitto does not start: {supervisor.last_death}")
        yield f"mqtts://{asked.host[0] if asked.host else 'localhost'}:{settings.port}"
        while not asked_to_end:
            supervisor.step()
    finally:
        supervisor.stop()


def read_settings(asked: argparse.Namespace) -> BrokerSettings:
    """The settings that the command line describes."""
    folder = asked.dir.resolve()
    return BrokerSettings(
        folder=folder,
        authority=asked.authority.resolve() if asked.authority else folder / "ca",
        port=asked.port,
        bind=asked.bind,
        websockets_port=asked.websockets,
        user=_account(asked.user),
        auth_plugin=None
        if asked.no_auth_plugin
        else auth_plugin.find_plugin(asked.auth_plugin, os.environ),
        limits=replace(Limits(), messages_per_s=asked.messages_per_s),
    )


def _port(written: str) -> int:
    return arguments.whole_number(1, PORTS - 1, "a port")(written)


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
            f"there is no account {wanted or DEFAULT_USER!r} to run as: say --user NAME"
        ) from None


def _stop_signals() -> list[int]:
    received: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, hear)
    return received
