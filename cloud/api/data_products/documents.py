"""Answers about data products."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field


class UnitDocument(BaseModel):
    """How the numbers of a column are shown."""

    kind: str = Field(examples=["money"])
    currency: str | None = Field(examples=["GBP"], description="null: a column has it, or none")


class ColumnDocument(BaseModel):
    """A column as people read it."""

    name: str
    title: str
    unit: UnitDocument


class ShownTableDocument(BaseModel):
    """A result that can be asked for."""

    table: str = Field(examples=["orders_by_month"])
    title: str
    description: str
    columns: list[ColumnDocument]
    filters: list[str]
    can_search: bool


class SectionDocument(BaseModel):
    """One part of the product's page."""

    show: str = Field(examples=["bars"])
    table: str
    title: str
    x: str | None
    y: list[str]


class UploadSpecification(BaseModel):
    """Files that the product takes."""

    table: str
    title: str
    files: list[str] = Field(examples=[["orders*.csv"]], description="patterns of file names")
    required: list[str] = Field(description="columns that a file must have")


class RunDocument(BaseModel):
    """The newest run."""

    started_at: datetime
    rows_written: int
    tables_changed: int
    failure: str | None = Field(description="why its results are as they were; null: it worked")


class ProductCost(BaseModel):
    """A month in US dollars, estimated from the product's own figures."""

    stored_bytes: int
    scanned_bytes: int = Field(description="in the last 30 days")
    runs: int = Field(description="in the last 30 days")
    cpu_s: float
    storage_usd: Decimal
    scans_usd: Decimal
    runs_usd: Decimal
    total_usd: Decimal


class KpiDocument(BaseModel):
    """A key figure that can be asked for."""

    name: str = Field(examples=["revenue"])
    title: str
    description: str
    unit: UnitDocument
    dimensions: list[str]


class ProductSummary(BaseModel):
    """One data product."""

    name: str = Field(examples=["orders"])
    title: str
    purpose: str
    owner: str
    last_run: RunDocument | None = Field(description="null: not run yet")


class DataProductsResponse(BaseModel):
    """The data products that the caller may read."""

    configured: bool = Field(description="false: this server was started without a lake")
    products: list[ProductSummary]


class ProductDetail(ProductSummary):
    """One data product in full."""

    tables: list[ShownTableDocument]
    page: list[SectionDocument]
    uploads: list[UploadSpecification]
    kpis: list[KpiDocument]
    cost: ProductCost


class TableResponse(BaseModel):
    """One page of a result."""

    columns: list[ColumnDocument]
    rows: list[list[Any]] = Field(description="in the order of the columns; null: unknown")
    total: int
    computed_at: datetime | None = Field(description="null: not computed yet")
    age_s: float | None


class KpiPointDocument(BaseModel):
    """The figure of one period."""

    starts_on: date
    dimensions: dict[str, Any]
    value: float | None = Field(description="null: unknown, such as a share of nothing")
    base: float | None = Field(description="the denominator of a share, or the value before")
    is_complete: bool = Field(description="false: the data do not reach its last day")


class KpiResponse(BaseModel):
    """Points of a key figure."""

    name: str
    title: str
    unit: UnitDocument
    grain: str
    points: list[KpiPointDocument]
    total: int
    data_until: date | None
    read_at: datetime = Field(description="when the rows were read from the lake")
    age_s: float
    problem: str | None = Field(description="why newer rows are not used; null: none is known")


class BadRowDocument(BaseModel):
    """A row that is not read."""

    row: int = Field(description="counted from 1 below the heading")
    rule: str
    reason: str


class FilePreviewResponse(BaseModel):
    """How a file would be read; nothing is stored."""

    description: str = Field(examples=["text in utf-8, separated by ','"])
    columns: list[list[str]] = Field(description="name and type of each")
    ignored: list[str] = Field(description="headings that are left out")
    rows: list[list[Any]]
    good: int
    bad: int
    bad_rows: list[BadRowDocument] = Field(description="the first of them")


class UploadDocument(BaseModel):
    """One file and what became of it."""

    id: str
    table: str
    file_name: str
    sha256: str
    size_bytes: int
    received_at: datetime
    received_by: str
    state: str = Field(examples=["loaded"])
    rows_loaded: int | None
    rows_refused: int | None
    reason: str | None = Field(description="how it was read; of a refused file why")


class UploadResponse(BaseModel):
    """What became of a file that was sent."""

    upload: UploadDocument
    is_duplicate: bool = Field(description="the same content was loaded before: nothing was done")
    stopped: list[str] = Field(description="days that are not promoted, each with the reason")
    failure: str | None = Field(description="why the results are as they were; null: none")


class UploadsResponse(BaseModel):
    """The newest files, newest first."""

    uploads: list[UploadDocument]
