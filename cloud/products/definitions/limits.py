"""Limits of a data product, as `product.yaml` declares them: beyond them an alert is raised."""

from typing import Annotated

from msgspec import Meta

from cloud.products.definitions.columns import DefinitionPart

Amount = Annotated[float, Meta(gt=0)]


class LoadLimit(DefinitionPart, frozen=True, kw_only=True):
    """Rows of the newest file, in percent of the median of the files before it."""

    at_least_percent: Annotated[int, Meta(ge=1, le=100)] = 50
    at_most_percent: Annotated[int, Meta(ge=100)] = 300


class UsageLimits(DefinitionPart, frozen=True, kw_only=True):
    """What a product may store and cost, and how much one load may differ from the others."""

    stored_mb: Amount | None = None
    usd_a_month: Amount | None = None
    load: LoadLimit | None = None
