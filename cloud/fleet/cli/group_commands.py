"""The actions of `fleet group`: change the members of device groups."""

import argparse
from collections.abc import Iterator

from sqlalchemy import Connection

from cloud.fleet.cli.arguments import add_action
from cloud.fleet.history import Author
from cloud.fleet.registry import devices


def add_arguments(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the actions on groups."""
    groups = actions.add_parser("group", help="change the members of device groups")
    members = groups.add_subparsers(dest="below", required=True)
    for name, purpose, run in (
        ("add", "add devices to a group", add_to_group),
        ("remove", "remove devices from a group", remove_from_group),
    ):
        membership = add_action(members, f"group {name}", purpose, run)
        membership.add_argument("group", help="name of the group")
        membership.add_argument("device", nargs="+", help="names of devices")


def add_to_group(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Put devices into a group."""
    for name in asked.device:
        devices.get_device(connection, name)
    devices.add_to_group(connection, asked.group, asked.device, author)
    yield f"{len(asked.device)} in {asked.group}"


def remove_from_group(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Take devices out of a group."""
    devices.remove_from_group(connection, asked.group, asked.device, author)
    yield f"{len(asked.device)} out of {asked.group}"
