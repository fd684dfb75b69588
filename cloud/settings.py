"""Settings of the cloud's programs: from the command line, then from the environment.

A program reads them once, when it starts.
"""

import argparse
import copy
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cloud.remote_settings import SCHEME, fetch_file, read_secret
from wire.addresses import REDIS_SCHEMES, AddressError, parse_address
from wire.command_line import FROM_FILE, address_argument, address_in, subcommands

DATABASE_URL: Final = "sqlite:///var/onlooker.db"
MOST_PEOPLE: Final = 100_000
MOST_PER_SECOND: Final = 10_000
BROKER_URL: Final = "mqtt://127.0.0.1:1883"
DATABASE_NUMBER: Final = re.compile(r"(/\d{0,5})?")


OFFERS: Final = {
    "database": f"SQLite or PostgreSQL (ONLOOKER_DATABASE_URL, {DATABASE_URL}); {FROM_FILE}",
    "broker": f"mqtt:// or mqtts:// (ONLOOKER_BROKER_URL, {BROKER_URL}); {FROM_FILE}",
    "redis": "Redis that several API processes share (ONLOOKER_REDIS_URL; without one, none); "
    f"{FROM_FILE}",
    "sites": "sites file in YAML, or s3://bucket/key of one, which is read once "
    "(ONLOOKER_SITES; without one, the sample sites)",
    "billing": "billing file in YAML: seller, VAT, terms (ONLOOKER_BILLING; without one, "
    "the sample)",
    "booking": "booking file in YAML: terms of cancellation, changes and discounts "
    "(ONLOOKER_BOOKING; without one, the sample terms)",
    "people-per-camera": "people that one camera can see at once; a report of more is "
    "implausible (ONLOOKER_PEOPLE_PER_CAMERA, 500; the sites file may set another limit)",
    "people-per-second": "people that can enter, or leave, the view of one camera in a second; a "
    "report of more is implausible (ONLOOKER_PEOPLE_PER_SECOND, 30)",
}
METAVARS: Final = {
    "sites": "FILE",
    "billing": "FILE",
    "booking": "FILE",
    "people-per-camera": "N",
    "people-per-second": "N",
}


class SettingsError(ValueError):
    """A setting that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What every program of the cloud shares. A file that is None means the sample's."""

    database_url: str = field(default=DATABASE_URL, repr=False)
    broker_url: str = field(default=BROKER_URL, repr=False)
    sites: Path | None = None
    redis_url: str | None = field(default=None, repr=False)
    people_per_camera: int | None = None
    people_per_second: int | None = None
    billing: Path | None = None
    booking: Path | None = None


def add_arguments(parser: argparse.ArgumentParser, *names: str) -> None:
    """Offer the named settings on a command line, such as `database` or `people-per-camera`."""
    for name in names:
        parser.add_argument(
            f"--{name}",
            metavar=METAVARS.get(name, "URL"),
            type=str if name in METAVARS else address_argument,
            default=argparse.SUPPRESS,  # else a subcommand's default hides the option before it
            help=OFFERS[name],
        )


def share_options(parser: argparse.ArgumentParser) -> None:
    """Accept the options of a command before its subcommands as well as after them.

    Settings such as `--database` are shared by every subcommand. Other options of a command are
    those of all its subcommands too; options of one subcommand stay its own.
    """
    _offer_what_subcommands_offer(parser)
    _hand_down(parser)


def _offer_what_subcommands_offer(parser: argparse.ArgumentParser) -> None:
    below = subcommands(parser).values()
    for child in below:
        _offer_what_subcommands_offer(child)
    add_arguments(parser, *sorted(set().union(*map(_offered, below)) - _offered(parser)))


def _hand_down(parser: argparse.ArgumentParser) -> None:
    for child in subcommands(parser).values():
        add_arguments(child, *sorted(_offered(parser) - _offered(child)))
        _inherit(parser, child)
        _hand_down(child)


def _inherit(parser: argparse.ArgumentParser, child: argparse.ArgumentParser) -> None:
    """Offer the options of a command to a subcommand that has none of the same name."""
    taken = {flag for action in child._actions for flag in action.option_strings}
    for action in parser._actions:
        if action.option_strings and taken.isdisjoint(action.option_strings):
            shared = copy.copy(action)
            shared.default = argparse.SUPPRESS  # else it would hide the option before it
            shared.required = False
            child._add_action(shared)


def _offered(parser: argparse.ArgumentParser) -> set[str]:
    flags = {flag for action in parser._actions for flag in action.option_strings}
    return {name for name in OFFERS if f"--{name}" in flags}


def read(arguments: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force: what was typed, else the environment, else the default."""
    if environment.get("ONLOOKER_ESTATE"):
        raise SettingsError("ONLOOKER_ESTATE is not read any more: set ONLOOKER_SITES instead")
    sites = _chosen(arguments, "sites", environment.get("ONLOOKER_SITES"))
    billing = _chosen(arguments, "billing", environment.get("ONLOOKER_BILLING"))
    booking = _chosen(arguments, "booking", environment.get("ONLOOKER_BOOKING"))
    database = _address(arguments, "database", environment) or _read_secret(environment)
    return Settings(
        database_url=database or DATABASE_URL,
        broker_url=_address(arguments, "broker", environment) or BROKER_URL,
        sites=_locate_file(sites) if sites else None,
        redis_url=_redis(_address(arguments, "redis", environment)),
        people_per_camera=_people(arguments, environment, "camera", MOST_PEOPLE),
        people_per_second=_people(arguments, environment, "second", MOST_PER_SECOND),
        billing=_locate_file(billing) if billing else None,
        booking=_locate_file(booking) if booking else None,
    )


def _locate_file(given: str) -> Path:
    return fetch_file(given) if given.startswith(SCHEME) else Path(given)


def _read_secret(environment: Mapping[str, str]) -> str | None:
    """The address of the database from AWS Secrets Manager, where no other is given."""
    name = environment.get("ONLOOKER_DATABASE_SECRET")
    try:
        return address_in(read_secret(name)) if name else None
    except AddressError as error:
        raise SettingsError(f"ONLOOKER_DATABASE_SECRET: {error}") from None


def _address(
    arguments: argparse.Namespace, name: str, environment: Mapping[str, str]
) -> str | None:
    variable = f"ONLOOKER_{name.upper()}_URL"
    given = environment.get(variable)
    try:
        return _chosen(arguments, name, address_in(given) if given else None)
    except AddressError as error:
        raise SettingsError(f"{variable}: {error}") from None


def _people(
    arguments: argparse.Namespace, environment: Mapping[str, str], per: str, most: int
) -> int | None:
    variable = f"ONLOOKER_PEOPLE_PER_{per.upper()}"
    written = _chosen(arguments, f"people_per_{per}", environment.get(variable))
    if written is None:
        return None
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= most):
        raise SettingsError(
            f"people per {per} is {written[:20]!r}: write a whole number from 1 to {most}"
        )
    return int(written)


def _redis(url: str | None) -> str | None:
    if not url:
        return None
    try:
        address = parse_address(url, REDIS_SCHEMES)
    except AddressError as error:
        raise SettingsError(f"Redis: {error}. Write redis://host:6379/0 or unix:///path") from None
    if address.scheme != "unix" and not DATABASE_NUMBER.fullmatch(address.path):
        raise SettingsError("Redis: after the host comes the number of a database: write /0")
    return address.with_credentials_uri()


def _chosen(arguments: argparse.Namespace, name: str, otherwise: str | None) -> str | None:
    typed: str | None = getattr(arguments, name, None)
    return typed or otherwise


def warn_without_sites(chosen: Settings) -> None:
    """Say on standard error that figures will be those of the sample sites, when no file is named.

    For programs that write what other programs read.
    """
    if chosen.sites is None:
        sys.stderr.write(
            "no sites file is named: the sample sites are used. "
            "Name yours with --sites or ONLOOKER_SITES\n"
        )
