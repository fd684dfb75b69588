"""The options that several actions of `fleet` share."""

import argparse
from collections.abc import Callable, Iterator

from sqlalchemy import Connection

from cloud import settings
from cloud.fleet.cli import aws_commands
from cloud.fleet.history import Author
from cloud.sites.sites import Sites
from cloud.sites.sites_file import SAMPLE, load_sites

Action = Callable[[Connection, argparse.Namespace, Author], Iterator[str]]


def add_action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    purpose: str,
    run: Action,
) -> argparse.ArgumentParser:
    """Declare one action; its name is unique in `fleet`, such as `job list`."""
    parser = actions.add_parser(name.split()[-1], help=purpose, description=purpose)
    settings.add_arguments(parser, "database")
    if name in aws_commands.ACTIONS:
        parser.add_argument("--on-aws", metavar="REGION", help="the fleet on AWS IoT Core")
    parser.set_defaults(act=run, name=name)
    return parser


def add_selectors(parser: argparse.ArgumentParser) -> None:
    """Declare the options that select devices."""
    parser.add_argument("--device", help="one device, by name")
    parser.add_argument("--group", help="devices of this group")
    parser.add_argument("--location", help="devices of this location")
    parser.add_argument(
        "--where", action="append", default=[], metavar="NAME=VALUE",
        help="devices with this attribute; may be repeated, all must hold",
    )  # fmt: skip


def add_sites_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of actions that check locations against the sites file."""
    settings.add_arguments(parser, "sites")
    parser.add_argument(
        "--force", action="store_true", help="accept a location that the sites file does not list"
    )


def add_all_option(parser: argparse.ArgumentParser) -> None:
    """Declare `--all`, which selects the whole fleet."""
    parser.add_argument("--all", action="store_true", help="the whole fleet")


def load_chosen_sites(asked: argparse.Namespace) -> Sites:
    """Read the sites file, or the sample."""
    return load_sites(settings.read(asked).sites or SAMPLE)
