"""A query that an upload takes its rows from, as `product.yaml` declares it."""

import re
from typing import Annotated

from msgspec import Meta

from cloud.products.definitions.columns import DefinitionPart

Variable = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]
Statement = Annotated[str, Meta(min_length=1, max_length=8_000)]
Seconds = Annotated[int, Meta(ge=1, le=3_600)]


class UploadQuery(DefinitionPart, frozen=True, kw_only=True):
    """One SELECT on a database whose address is in the environment variable `address_variable`.

    Its columns are found by the headings of the upload. An ORDER BY makes the same rows the same
    content, which is not loaded again.
    """

    address_variable: Variable
    statement: Statement
    timeout_s: Seconds = 60

    def __post_init__(self) -> None:
        if not re.match(r"\s*(SELECT|WITH)\b", self.statement, re.IGNORECASE):
            raise ValueError("the statement of a query begins with SELECT or WITH")
        if ";" in self.statement:
            raise ValueError("a query is one statement: remove the semicolon")
