"""Files that appear in a folder, one folder for each product; each is given once.

A file is given when its size and time of change are the same at two looks in a row: it is written
completely then. Hidden files, and folders of no product, are left alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cloud.products.definitions.product import DataProduct, list_products

SECONDS: Final = 5
State = tuple[int, int]


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A complete file in the folder of a product."""

    product: DataProduct
    path: Path


@dataclass(slots=True)
class FolderWatch:
    """Looks at `FOLDER/PRODUCT/`; it only reads."""

    folder: Path
    _before: dict[Path, State] = field(default_factory=dict)
    _given: dict[Path, State] = field(default_factory=dict)

    def look(self) -> Iterator[FoundFile]:
        """The files that are complete and new, or changed since they were given."""
        present: dict[Path, State] = {}
        for product in list_products():
            for path in sorted((self.folder / product.name).glob("*")):
                state = _read_state(path)
                if state is None or path.name.startswith("."):
                    continue
                present[path] = state
                if self._before.get(path) == state and self._given.get(path) != state:
                    self._given[path] = state
                    yield FoundFile(product, path)
        self._before = present

    def give_again(self, path: Path) -> None:
        """Give a file at the next look too: it could not be loaded now."""
        self._given.pop(path, None)


def _read_state(path: Path) -> State | None:
    """None: it is gone, or no plain file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns) if path.is_file() and not path.is_symlink() else None
