"""The database transaction of one request, on a thread: to read, or to change something once."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.app.context import AppContext
from cloud.app.etag import TaggedResponse
from cloud.app.idempotency.idempotent_request import IdempotentRequest
from cloud.app.idempotency.key_store import Reply
from cloud.app.rate_card_reload import get_context

Answer = TypeVar("Answer")


async def read_database(request: Request, read: Callable[[Connection], Answer]) -> Answer:
    """What `read` returns from the database of the application."""
    context: AppContext = get_context(request)

    def run() -> Answer:
        with database.reading(context.engine) as connection:
            return read(connection)

    return await run_in_threadpool(run)


async def answer_read(request: Request, read: Callable[[Connection], bytes]) -> Response:
    """Answer with the JSON that `read` returns, or with 304 where the client has it."""
    return await read_database(
        request, lambda connection: TaggedResponse(read(connection)).answer(request)
    )


async def change_once(
    request: Request, idempotent: IdempotentRequest, change: Callable[[Connection], Reply]
) -> Response:
    """Answer with what `change` returns, once for the key of the request."""
    return await run_in_threadpool(idempotent.run, get_context(request), change)
