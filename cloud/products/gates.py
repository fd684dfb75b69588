"""Quality gates of a data product: figures of its trusted tables that must hold before its results
are computed anew.

A gate that does not hold leaves all results of the product as they are. A gate over tables without
rows is not checked: there is nothing to compute results from.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import pyarrow as pa

from cloud.lake.lake import Lake
from cloud.lake.tables import LakeColumn, LakeTable, Zone
from cloud.marts.engine import LakeFiles, MartEngine, require_readable_inputs
from cloud.products.build import list_inputs
from cloud.products.definitions.gate import Gate
from cloud.products.definitions.product import DataProduct

FOUND: Final = LakeTable(
    Zone.CURATED, "gate", (LakeColumn("found", pa.int64(), "-", nullable=True),), sort_by=()
)
"""A table for the engine's sake."""


class GateError(ValueError):
    """A gate does not hold: the results stay as they are."""


def require_gates(lake: Lake, engine: MartEngine, product: DataProduct, *, now: datetime) -> None:
    """Check the gates of a product in their order.

    Raises:
        GateError: names each gate that does not hold, with what was found and expected.
        DamagedFileError: a file that a gate reads is damaged.
    """
    problems = list(_find_problems(lake, engine, product, now))
    if problems:
        raise GateError(
            f"{'; '.join(problems)}. The results stay as they are: load corrected rows, or change "
            f"the gate in {product.folder.name}/product.yaml"
        )


def _find_problems(
    lake: Lake, engine: MartEngine, product: DataProduct, now: datetime
) -> Iterator[str]:
    for gate in product.file.gates:
        inputs = list_inputs(lake, gate.reads, now)
        if not any(isinstance(one, LakeFiles) and one.files for one in inputs.values()):
            continue
        require_readable_inputs(inputs)
        [found] = engine.run(write_query(gate), inputs, FOUND)["found"].to_pylist()
        if not gate.holds(found):
            yield (
                f"gate {gate.name}: found {found}, expected {gate.expected} "
                f"({gate.description.rstrip('.')})"
            )


def write_query(gate: Gate) -> str:
    """The statement of a gate as engines run it, with the columns `found` and `day`."""
    return f"SELECT ({gate.query}) AS found, ran_on AS day FROM run_time"  # noqa: S608
