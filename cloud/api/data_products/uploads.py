"""`/api/data-products/{product}/uploads`: send a file, see what became of the others, preview one.

The body is the file itself. The same content is loaded once, however often it is sent.
"""

import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from cloud.api.campaigns.callers import CallerOf
from cloud.api.data_products.access import (
    NAME,
    READERS,
    ProductName,
    explaining_failures,
    find_visible,
)
from cloud.api.data_products.documents import (
    BadRowDocument,
    FilePreviewResponse,
    UploadDocument,
    UploadResponse,
    UploadsResponse,
)
from cloud.api.data_products.failures import (
    DataProductConflict,
    UnknownDataProduct,
    UploadRefused,
)
from cloud.app.context import AppContext
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import Caller
from cloud.auth.audit import record_change
from cloud.database import reading, writing

if TYPE_CHECKING:
    from cloud.products.definitions.product import DataProduct, Upload
    from cloud.products.uploads.store import UploadRecord

Result = TypeVar("Result")
MUTATION: Final = (*REFUSALS, 404, 409, 413, 422, 500, 503)
FileName = Annotated[
    str,
    Query(
        alias="name", min_length=1, max_length=255, pattern=r"^[^/\\\x00-\x1f]+$",
        examples=["orders-november.csv"], description="name of the file",
    ),
]  # fmt: skip
Table = Annotated[
    str | None, Query(pattern=NAME, description="needed when the name of the file does not say it")
]
BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

router = APIRouter(tags=["data products"], dependencies=[READERS])


@router.get(
    "/api/data-products/{product}/uploads",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def list_uploads(request: Request, product: ProductName, who: CallerOf) -> UploadsResponse:
    """List the newest files and what became of them."""
    return await run_in_threadpool(_list, get_context(request), who, product)


@router.post(
    "/api/data-products/{product}/uploads",
    status_code=201,
    responses=problem_responses(*MUTATION),
    openapi_extra=BODY,
)
async def send_file(
    request: Request,
    product: ProductName,
    who: CallerOf,
    name: FileName,
    table: Table = None,
) -> UploadResponse:
    """Load a file, promote its rows and compute the results of the product."""
    context = get_context(request)
    found, upload = await run_in_threadpool(_find, who, product, name, table)
    async with _receive(request) as path:
        return await run_in_threadpool(_load, context, who, found, upload, path, name)


@router.post(
    "/api/data-products/{product}/previews",
    responses=problem_responses(*MUTATION),
    openapi_extra=BODY,
)
async def preview_upload(
    request: Request,
    product: ProductName,
    who: CallerOf,
    name: FileName,
    table: Table = None,
) -> FilePreviewResponse:
    """Say how a file would be read, and which of its rows cannot be; nothing is stored."""
    _, upload = await run_in_threadpool(_find, who, product, name, table)
    async with _receive(request) as path:
        return await run_in_threadpool(_preview, path, upload)


@asynccontextmanager
async def _receive(request: Request) -> AsyncIterator[Path]:
    """The body as a file of this machine, deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="onlooker-upload-") as folder:
        path = Path(folder, "file")
        with path.open("wb") as file:
            async for block in request.stream():
                await run_in_threadpool(file.write, block)
        yield path


def _find(
    who: Caller, product_name: str, name: str, table: str | None
) -> "tuple[DataProduct, Upload]":
    from cloud.products.uploads.load import find_upload

    product = find_visible(who, product_name)
    uploads = product.file.uploads
    if table is None:
        upload = find_upload(product, name)
    else:
        upload = next((one for one in uploads if one.table == table), None)
    if upload is None:
        patterns = ", ".join(f"{one.table} ({' or '.join(one.files)})" for one in uploads)
        raise UnknownDataProduct(
            f"{product.name} takes no file named {name!r} for {table or 'any table'}: it has "
            f"{patterns or 'no uploads'}"
        )
    return product, upload


def _load(
    context: AppContext,
    who: Caller,
    product: "DataProduct",
    upload: "Upload",
    path: Path,
    name: str,
) -> UploadResponse:
    from cloud.lake.manifest import LakeConflictError
    from cloud.products.uploads.load import Loader, ReceivedFile
    from cloud.products.uploads.pseudonyms import Pseudonyms

    now = context.clock()
    with explaining_failures():
        lake = context.served_products.open(context.engine)
        loader = Loader(lake, _refusing(Pseudonyms.from_environment))
        file = ReceivedFile(path, name, who.name)
        try:
            loaded = _refusing(lambda: loader.load(product, upload, file, now=now))
            stopped, failure = _run(context, product)
        except LakeConflictError as error:
            raise DataProductConflict(f"{error}: send it again") from error
    with writing(context.engine) as connection:
        record_change(
            connection, at=now, actor=who.name, action="product.file_sent", about=product.name,
            details={"file": name, "sha256": loaded.record.sha256, "upload": loaded.record.id},
        )  # fmt: skip
    return UploadResponse(
        upload=_document(loaded.record),
        is_duplicate=loaded.duplicate_of is not None,
        stopped=stopped,
        failure=failure,
    )


def _run(context: AppContext, product: "DataProduct") -> tuple[list[str], str | None]:
    """Also after a duplicate: the run of the first one may have been refused."""
    from cloud.marts.duckdb_engine import DuckDbEngine
    from cloud.products.runs import Clocks, promote_uploads, run_products

    lake = context.served_products.open(context.engine)
    days = promote_uploads(lake, now=context.clock())
    with DuckDbEngine().open() as engine:
        clocks = Clocks(context.clock, time.thread_time)
        [run] = run_products(lake, engine, [product], clocks)
    stopped = [f"{one.table_name} on {one.day}: {one.stopped}" for one in days if one.stopped]
    return stopped, run.failure


def _preview(path: Path, upload: "Upload") -> FilePreviewResponse:
    from cloud.products.uploads.preview import preview_file

    found = _refusing(lambda: preview_file(path, upload))
    return FilePreviewResponse(
        description=found.description,
        columns=[[name, kind] for name, kind in found.columns],
        ignored=[*found.ignored],
        rows=[list(row) for row in found.rows],
        good=found.good,
        bad=found.bad_count,
        bad_rows=[
            BadRowDocument(row=one.row, rule=one.rule, reason=one.reason) for one in found.bad
        ],
    )


def _refusing(work: Callable[[], Result]) -> Result:
    from cloud.products.uploads.refusal import UploadRefusedError

    try:
        return work()
    except UploadRefusedError as error:
        raise UploadRefused(str(error)) from error


def _list(context: AppContext, who: Caller, name: str) -> UploadsResponse:
    from cloud.products.uploads.store import read_uploads

    product = find_visible(who, name)
    with reading(context.engine) as connection:
        found = read_uploads(connection, product.name)
    return UploadsResponse(uploads=[_document(one) for one in found])


def _document(record: "UploadRecord") -> UploadDocument:
    values = asdict(record)
    names = UploadDocument.model_fields.keys() & values.keys()
    return UploadDocument(
        table=record.table_name.partition(".")[2], **{name: values[name] for name in names}
    )
