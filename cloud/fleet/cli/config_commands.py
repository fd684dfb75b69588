"""The actions of `fleet` on the configuration of devices: set and drift."""

import argparse
from collections.abc import Iterator

from sqlalchemy import Connection

from cloud.fleet.cli import formatting
from cloud.fleet.cli.arguments import add_action, add_all_option, add_selectors
from cloud.fleet.history import Author
from cloud.fleet.shadows import desired_config


def add_arguments(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the actions on the configuration."""
    sets = add_action(actions, "set", "set the desired config of devices", set_config)
    sets.add_argument(
        "setting", nargs="+", metavar="SETTING=VALUE", help="VALUE is JSON or plain text"
    )
    add_selectors(sets)
    add_all_option(sets)
    sets.add_argument("--apply", action="store_true", help="make the change (without it: preview)")
    add_selectors(
        add_action(
            actions,
            "drift",
            "list devices whose reported config differs from the desired one",
            list_drift,
        )
    )


def set_config(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Show what would change; with --apply, change it."""
    act = desired_config.set_desired if asked.apply else desired_config.preview_changes
    changes = act(
        connection, formatting.read_target(asked), formatting.read_settings(asked), author
    )
    yield from formatting.format_changes(changes, done=asked.apply)


def list_drift(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """List devices whose reported config differs from the desired one."""
    yield from formatting.format_drift(
        desired_config.find_drift(connection, formatting.read_selector(asked))
    )
