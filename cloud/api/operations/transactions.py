"""The transaction of a change that an operator makes, with the caller and the time of the change.

The domain function writes the entry of the audit log within the same transaction.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import IdempotentRequest
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import change_once
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import caller_name

Answer = TypeVar("Answer")


def name_actor(request: Request) -> str:
    """The caller as the audit log names it."""
    return f"api:{caller_name(request)}"[:120]


async def change_database(
    request: Request, act: Callable[[Connection, str, datetime], Answer]
) -> Answer:
    """Run `act` with the caller's name and the time, in one transaction."""
    context: AppContext = get_context(request)
    actor, now = name_actor(request), context.clock()

    def change() -> Answer:
        with database.writing(context.engine) as connection:
            return act(connection, actor, now)

    return await run_in_threadpool(change)


async def change_database_once(
    request: Request,
    idempotent: IdempotentRequest,
    act: Callable[[Connection, str, datetime], BaseModel],
    status: int = 200,
) -> Response:
    """The same, once for the key of the request."""
    actor, now = name_actor(request), get_context(request).clock()

    def change(connection: Connection) -> Reply:
        return Reply(status, act(connection, actor, now).model_dump_json().encode())

    return await change_once(request, idempotent, change)
