"""Assets as a CSV file with the heading of `asset.COLUMNS`."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from cloud.fleet.assets.asset import COLUMNS, CameraAsset
from cloud.fleet.registry.devices import RegistryError
from wire.whole_file import write_whole_file


def write_assets(path: Path, assets: Iterable[CameraAsset]) -> None:
    """Write the file completely or not at all."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(one.as_record() for one in assets)
    with write_whole_file(path) as file:
        file.write(text.getvalue().encode())


def read_assets(path: Path) -> list[CameraAsset]:
    """The assets of a file; columns that are not known are ignored.

    Raises:
        RegistryError: it cannot be read, or a line has no name or repeats one.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RegistryError(f"{path} cannot be read as CSV: {error}") from error
    lines: dict[str, int] = {}
    found = []
    for number, row in enumerate(rows, 2):
        asset = CameraAsset.of(row)
        if not asset.name:
            raise RegistryError(f"{path}, line {number}: found no name, expected that of a camera")
        first = lines.setdefault(asset.name, number)
        if first != number:
            raise RegistryError(
                f"{path}, line {number}: {asset.name[:63]!r} is also in line {first}: list it once"
            )
        found.append(asset)
    return found
