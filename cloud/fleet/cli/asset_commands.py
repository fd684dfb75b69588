"""The actions of `fleet assets`: exchange cameras with a CMDB, and compare both."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from cloud.fleet.assets.asset import CameraAsset
from cloud.fleet.assets.csv_file import read_assets, write_assets
from cloud.fleet.assets.reconciliation import reconcile
from cloud.fleet.assets.registry_assets import apply_import, list_assets, plan_import
from cloud.fleet.assets.table_api import ADDRESS_VARIABLE, TableApi
from cloud.fleet.cli.arguments import add_action
from cloud.fleet.history import Author


def add_arguments(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the actions on assets."""
    assets = actions.add_parser("assets", help="cameras as configuration items of ServiceNow")
    below = assets.add_subparsers(dest="below", required=True)
    for name, purpose, run in (
        ("export", "write the cameras to a CSV file or to ServiceNow", export_assets),
        ("import", "take over locations, serial numbers, models and warranties", import_assets),
        ("reconcile", "report missing, extra and different cameras", reconcile_assets),
    ):
        action = add_action(below, f"assets {name}", purpose, run)
        action.add_argument(
            "file", nargs="?", type=Path, metavar="FILE",
            help=f"CSV; without it the Table API of {ADDRESS_VARIABLE}",
        )  # fmt: skip
        if run is import_assets:
            action.add_argument("--apply", action="store_true", help="change the registry")


def export_assets(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Write all cameras."""
    assets = list_assets(connection, author.at)
    if asked.file is not None:
        write_assets(asked.file, assets)
        yield f"{asked.file}: {len(assets)} assets"
        return
    created, changed = TableApi.from_environment().write(assets)
    yield f"{created} records created, {changed} changed, of {len(assets)} assets"


def import_assets(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Take over what the CMDB is the source of."""
    planned = plan_import(connection, _read_cmdb(asked.file))
    for device, what in planned:
        yield f"{device.name}: {what}"
    if asked.apply:
        apply_import(connection, planned, author)
        yield f"{len(planned)} devices written"
    else:
        yield f"{len(planned)} devices would be written: repeat it with --apply"


def reconcile_assets(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Compare the registry with the CMDB."""
    yield from reconcile(list_assets(connection, author.at), _read_cmdb(asked.file)).lines()


def _read_cmdb(file: Path | None) -> list[CameraAsset]:
    if file is not None:
        return read_assets(file)
    return [one.asset for one in TableApi.from_environment().read()]
