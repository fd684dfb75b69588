"""The dependency of every route that changes something for an account.

    async def create_order(request: Request, asked: NewOrder, idempotent: Idempotent) -> Response:
        context = get_context(request)

        def change(connection: Connection) -> Reply:
            ...
            return Reply(201, body, {"location": f"/api/orders/{order.id}"})

        return await run_in_threadpool(idempotent.run, context, change)

The header is required: without it the answer is 400. Routes that were there before it take it
where it is sent (`OptionalIdempotent` with `run_change`).
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from fastapi import Depends, Header, Request, Response
from sqlalchemy import Connection

from cloud import database
from cloud.app.context import AppContext
from cloud.app.idempotency.key_store import (
    MAX_KEY,
    KeyedRequest,
    Reply,
    claim_key,
    complete_key,
    release_key,
)
from cloud.auth.access import get_caller
from cloud.booking.transactions import run_booking

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = {"idempotent-replayed": "true"}
MUTATION_REFUSALS: Final = (400, 409, 413, 422)
"""The refusals of every route that requires a key, besides those of access."""


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request that is executed once, however often it is sent."""

    keyed: KeyedRequest

    def run(self, context: AppContext, change: Callable[[Connection], Reply]) -> Response:
        """Execute the change in a transaction, or return the answer of the first execution.

        An exception of `change` rolls it back and frees the key. After a deadlock of PostgreSQL it
        is called again.

        Raises:
            KeyInUse: the first request has not ended.
            KeyReused: the key belongs to another request.
        """
        return self.run_prepared(context, lambda: change)

    def run_prepared(
        self, context: AppContext, prepare: Callable[[], Callable[[Connection], Reply]]
    ) -> Response:
        """The same for the change that `prepare` returns.

        It is called before the transaction begins, so that what takes long does not keep other
        transactions waiting; not for a request that was executed before.
        """
        with database.writing(context.engine) as connection:
            claim = claim_key(connection, self.keyed, context.clock())
        if isinstance(claim, Reply):
            return _respond(claim, REPLAYED)

        try:
            change = prepare()

            def execute(connection: Connection) -> Reply:
                reply = change(connection)
                complete_key(connection, claim, reply)
                return reply

            reply = run_booking(context.engine, execute)
        except BaseException:
            with database.writing(context.engine) as connection:
                release_key(connection, claim)
            raise
        return _respond(reply, {})


KEY: Final = Header(
    alias=HEADER,
    min_length=1,
    max_length=MAX_KEY,
    pattern=r"^[\x21-\x7e]+$",
    examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    description="a new one for each change; the same one when the request is sent again",
)


async def read_idempotent_request(request: Request, key: Annotated[str, KEY]) -> IdempotentRequest:
    """The request with its key, for the account and the route."""
    path = getattr(request.scope.get("route"), "path", request.url.path)
    route = f"{request.method} {path}"
    digest = hashlib.sha256(await _read_request(request)).hexdigest()
    return IdempotentRequest(KeyedRequest(get_caller(request).account, route, key, digest))


async def read_optional_request(
    request: Request, key: Annotated[str | None, KEY] = None
) -> IdempotentRequest | None:
    """The same; None for a request without a key."""
    return None if key is None else await read_idempotent_request(request, key)


Idempotent = Annotated[IdempotentRequest, Depends(read_idempotent_request)]
OptionalIdempotent = Annotated[IdempotentRequest | None, Depends(read_optional_request)]


def run_change(
    context: AppContext,
    idempotent: IdempotentRequest | None,
    prepare: Callable[[], Callable[[Connection], Reply]],
) -> Response:
    """Execute the prepared change: once for its key, or each time where the request has none."""
    if idempotent is not None:
        return idempotent.run_prepared(context, prepare)
    return _respond(run_booking(context.engine, prepare()), {})


async def _read_request(request: Request) -> bytes:
    """What makes two requests the same: path, query, and the body without its layout."""
    body = await request.body()
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    return msgspec.json.encode([request.url.path, request.url.query]) + body


def _respond(reply: Reply, headers: dict[str, str]) -> Response:
    media_type = "application/json" if reply.body else None
    return Response(reply.body, reply.status, {**reply.headers, **headers}, media_type)
