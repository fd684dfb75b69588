"""What runs the SQL of a mart: DuckDB on one machine, or Spark on a cluster.

The same text runs on both and gives the same rows. It therefore keeps to whole numbers, CASE, CAST,
COALESCE, NULLIF, FLOOR, SQRT, LN, EXTRACT(HOUR ...), sums, MAX_BY without ties, PERCENTILE_CONT and
window functions with a total order.
Weekdays and local hours are columns of small tables: engines number and convert them differently.
The session's time zone is UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Final, Protocol

import pyarrow as pa

from cloud.lake.file_checks import DamagedFileError, require_readable
from cloud.lake.manifest import DataFile
from cloud.lake.storage import Storage
from cloud.lake.tables import LakeTable


@dataclass(frozen=True, slots=True)
class InstantRange:
    """The rows whose instant in a column lies in the half-open interval."""

    column: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class LakeFiles:
    """Some files of a table of the lake, and which of their rows: all without a range."""

    storage: Storage
    table: LakeTable
    files: Sequence[DataFile]
    within: InstantRange | None = None


MartInputs = Mapping[str, LakeFiles | pa.Table]
"""The tables that the SQL of a mart reads, by the name that it uses."""


class MartValueError(ValueError):
    """Rows with values that a mart cannot be computed from, such as sums that do not fit."""


UNUSABLE_INPUTS: Final = (DamagedFileError, MartValueError)
"""Why one mart or day is left as it is; the others go on."""


class MartEngine(Protocol):
    """Runs one SQL text over some tables."""

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        """The rows of the statement, in no order: the columns of `result`, and `day`.

        Raises:
            MartValueError: a value does not fit, with the engine's reason.
        """
        ...


def read_sql(name: str) -> str:
    """The SQL text of a mart."""
    return resources.files("cloud.marts").joinpath("sql", f"{name}.sql").read_text("utf-8")


def require_readable_inputs(inputs: MartInputs) -> None:
    """Check the files that the SQL will read; raises DamagedFileError for the first damaged one."""
    for one in inputs.values():
        if isinstance(one, LakeFiles):
            require_readable(one.storage, one.table, one.files)


def compute_mart(engine: MartEngine, mart: LakeTable, inputs: MartInputs) -> pa.Table:
    """The rows of a mart, with `day`; raises MartValueError with the tables that it reads."""
    try:
        return engine.run(read_sql(mart.name), inputs, mart)
    except MartValueError as error:
        read = [one.table.full_name for one in inputs.values() if isinstance(one, LakeFiles)]
        raise MartValueError(
            f"{mart.full_name} cannot be computed from the rows of {', '.join(read)}: {error}. "
            "Write the day anew: trusted rows by `python -m cloud lake replay` with --first-on and "
            "--last-on, those of a mart by `python -m cloud marts build` with --since"
        ) from error
