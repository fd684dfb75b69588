"""Rows of other databases become uploads; a query that fails leaves the rows before it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from cloud.database import reading, writing
from cloud.lake.lake import Lake
from cloud.products.definitions.product import DataProduct, find_product
from cloud.products.definitions.query import UploadQuery
from cloud.products.kpis.definition import find_kpi
from cloud.products.kpis.service import KpiAnswer, KpiService
from cloud.products.kpis.statement import KpiQuery
from cloud.products.pulls.pull import Puller, PullError
from cloud.products.runs import promote_uploads
from cloud.products.uploads.load import LoadedFile, Loader
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.products.uploads.store import read_uploads
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.products.conftest import NOW
from tests.cloud.products.loading import load_file, read_rows

LATER = NOW + timedelta(minutes=1)
STATEMENT = "SELECT code AS vendor_id, vendor, country FROM source_vendors ORDER BY code"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
SECRET = "postgresql://ann:hunter2@127.0.0.1:1/vendors"


def with_query(statement: str = STATEMENT, timeout_s: int = 60) -> DataProduct:
    """The product of sales, with its vendors from a database."""
    product = find_product("sales")
    lines, vendors = product.file.uploads
    query = UploadQuery(
        address_variable="VENDORS_DATABASE", statement=statement, timeout_s=timeout_s
    )
    queried = msgspec.structs.replace(vendors, query=query, files=())
    file = msgspec.structs.replace(product.file, uploads=(lines, queried))
    return replace(product, file=file)


@pytest.fixture
def source(engine: Engine) -> Iterator[Engine]:
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "CREATE TABLE source_vendors (code TEXT, vendor TEXT, country TEXT, since DATE)"
        )
    fill(engine, "Acme, Ltd")
    yield engine
    with writing(engine) as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS source_vendors")


def fill(engine: Engine, name: str) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM source_vendors")
        connection.exec_driver_sql(
            f"INSERT INTO source_vendors VALUES ('V1', '{name}', NULL, '2026-01-05')"
        )


def address_of(engine: Engine) -> dict[str, str]:
    return {"VENDORS_DATABASE": engine.url.render_as_string(hide_password=False)}


def pull(
    lake: Lake, product: DataProduct, environment: Mapping[str, str], *, now: datetime = NOW,
    **further,
) -> LoadedFile | PullError:  # fmt: skip
    puller = Puller(Loader(lake, Pseudonyms()), "ann", environment, **further)
    [result] = puller.pull(product, now=now)
    promote_uploads(lake, now=now)
    return result


def ask(service: KpiService, now: datetime) -> KpiAnswer:
    revenue, query = find_kpi(service.product, "revenue"), KpiQuery(by=("vendor",))
    service.answer(revenue, query, now)
    return service.answer(revenue, query, now)


def test_a_figure_joins_a_file_with_a_pulled_table_and_says_when_the_table_is_gone(
    source: Engine, lake: Lake, tmp_path: Path
):
    product, environment = with_query(), address_of(source)
    path = tmp_path / "lines.csv"
    path.write_text(
        "order,line,customer,vendor,category,date,amount\nS1,1,c1,V1,toys,2026-01-05,10\n"
    )
    load_file(lake, product, path, now=NOW)
    first = pull(lake, product, environment)
    assert isinstance(first, LoadedFile)
    assert first.record.rows_loaded == 1
    service = KpiService(lake, product, start=lambda work: work())
    answer = ask(service, NOW)
    assert [(one.dimensions, one.value) for one in answer.points] == [
        ({"vendor": "Acme, Ltd"}, 1_000)
    ]
    assert answer.problem is None

    with writing(source) as connection:
        connection.exec_driver_sql("ALTER TABLE source_vendors RENAME TO other_vendors")
    failed = pull(lake, product, environment, now=LATER)
    assert isinstance(failed, PullError)
    assert "expected rows: check the database" in str(failed)
    assert str(failed).endswith("the rows loaded before stay")
    later = ask(service, LATER)
    assert later.points == answer.points
    assert later.read_at == NOW
    assert later.problem is not None
    assert "sales_vendors: the load of query of VENDORS_DATABASE" in later.problem

    with writing(source) as connection:
        connection.exec_driver_sql("ALTER TABLE other_vendors RENAME TO source_vendors")
    again = LATER + timedelta(minutes=1)
    assert isinstance(pull(lake, product, environment, now=again), LoadedFile)
    assert ask(service, again).problem is None


@SQLITE_ONLY
def test_the_same_rows_are_loaded_once_and_rows_that_came_back_again(source: Engine, lake: Lake):
    product, environment = with_query(), address_of(source)
    kinds = []
    for number, name in enumerate(("A", "A", "B", "A")):
        fill(source, name)
        result = pull(lake, product, environment, now=NOW + timedelta(minutes=number))
        assert isinstance(result, LoadedFile)
        kinds.append(result.duplicate_of is None)
        assert [row["vendor"] for row in read_rows(lake, "trusted.sales_vendors")] == [name]
    assert kinds == [True, False, True, True]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT code AS vendor_id FROM source_vendors", r"expected also vendor"),
        ("SELECT since AS vendor_id, since AS vendor, CAST(since AS BLOB) AS country FROM "
         "source_vendors", r"column country: found a value of the type bytes|SQLSTATE"),
        ("SELECT code AS vendor_id, vendor FROM source_vendors WHERE 1 = 0", r"found no rows"),
        ("WITH gone AS (DELETE FROM source_vendors RETURNING *) SELECT * FROM gone", "found "),
    ],
)  # fmt: skip
def test_a_statement_that_gives_no_usable_rows_is_refused(
    source: Engine, lake: Lake, statement: str, reason: str
):
    failed = pull(lake, with_query(statement), address_of(source))
    assert isinstance(failed, PullError)
    assert failed.__str__().startswith("sales, table sales_vendors: ")
    with pytest.raises(PullError, match=reason):
        raise failed
    with reading(source) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM source_vendors").scalar() == 1


@SQLITE_ONLY
def test_a_wrong_type_is_refused_with_its_column(source: Engine, lake: Lake):
    product = with_query()
    lines, vendors = product.file.uploads
    dated = msgspec.structs.replace(
        vendors, columns={**vendors.columns, "country": lines.columns["sold_on"]}
    )
    file = msgspec.structs.replace(product.file, uploads=(lines, dated))
    with writing(source) as connection:
        connection.exec_driver_sql("UPDATE source_vendors SET country = 'UK'")
    failed = pull(lake, replace(product, file=file), address_of(source))
    assert "column country: found 'UK', expected a date" in str(failed)


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({}, "found no VENDORS_DATABASE in the environment"),
        ({"VENDORS_DATABASE": SECRET}, "connection refused"),
        ({"VENDORS_DATABASE": "sqlite:////nowhere/vendors.db"}, "cannot be opened|unable to open"),
        ({"VENDORS_DATABASE": "mysql://ann:hunter2@host/x"}, "VENDORS_DATABASE: database: "),
    ],
)
def test_a_database_that_cannot_be_used_is_named_by_its_variable(
    lake: Lake, environment: dict[str, str], reason: str
):
    failed = pull(lake, with_query(), environment)
    assert isinstance(failed, PullError)
    with pytest.raises(PullError, match=reason):
        raise failed
    with reading(lake.engine) as connection:
        [record] = read_uploads(connection, "sales")
    assert record.state == "refused"
    for text in (str(failed), record.reason or ""):
        assert "hunter2" not in text
        assert "127.0.0.1" not in text


@SQLITE_ONLY
def test_a_statement_without_end_is_ended(source: Engine, lake: Lake):
    ticks = count()
    failed = pull(
        lake, with_query(ENDLESS), address_of(source), monotonic=lambda: float(next(ticks))
    )
    assert "found no end after 60 s" in str(failed)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_ends_a_statement_itself(source: Engine, lake: Lake):
    slow = with_query("SELECT pg_sleep(30) AS vendor_id", timeout_s=1)
    assert "found no end after 1 s" in str(pull(lake, slow, address_of(source)))
