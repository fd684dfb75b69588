"""Where data products are declared: a folder each, in the program and in one of the operator.

The lake reads their contracts as data; it imports nothing of `cloud.products`.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

OWN_PRODUCTS: Final = Path(__file__).parents[2] / "products"
FOLDER_VARIABLE: Final = "ONLOOKER_PRODUCTS"
"""A folder of further products, as folders with `product.yaml`."""
DEFINITION: Final = "product.yaml"


def find_product_folders() -> Iterator[Path]:
    """The folders with a `product.yaml`, by name; those of the operator come last."""
    for root in (OWN_PRODUCTS, *_list_further_roots()):
        yield from sorted(path.parent for path in root.glob(f"*/{DEFINITION}"))


def _list_further_roots() -> list[Path]:
    named = os.environ.get(FOLDER_VARIABLE, "")
    return [Path(named)] if named else []
