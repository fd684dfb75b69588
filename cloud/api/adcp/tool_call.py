"""A call of a tool: who calls, with what, and the address of this agent.

A tool that changes something runs once for its `idempotency_key`, in one transaction; the stored
answer is repeated with `replayed`. `context` is no part of the request: it is returned each time.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from cloud import database
from cloud.api.adcp.arguments import ChangeArguments
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import REPLAYED, IdempotentRequest
from cloud.app.idempotency.key_store import KeyedRequest, Reply
from cloud.app.orders.open_work import open_work
from cloud.auth.access import Caller
from cloud.booking.orders.order_work import Actor, OrderWork

encode: Final = msgspec.json.Encoder(decimal_format="number").encode
UNSIGNED: Final = frozenset({"idempotency_key", "context", "push_notification_config"})
"""Arguments that do not make two requests differ."""


class DryRun(Exception):  # noqa: N818 - ends a transaction, is no error
    """The answer of a change that is not to be stored."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__("dry run")
        self.content = content


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call. `agent_url` is the address of this agent, `publisher` its domain; invoices are
    due after `terms_days`.
    """

    context: AppContext
    caller: Caller
    agent_url: str
    publisher: str
    terms_days: int
    sent: dict[str, Any]
    """The arguments as they were sent, with fields that no tool knows."""

    @property
    def actor(self) -> Actor:
        """Who acts on orders."""
        return Actor(self.caller.name[:120], self.caller.accounts, self.caller.roles)

    def open_work(self, connection: Connection) -> OrderWork:
        """A transaction of orders."""
        return open_work(self.context, connection, self.actor)

    def read(self, read: Callable[[Connection], Any]) -> Any:
        """The result of a function with a connection that only reads."""
        with database.reading(self.context.engine) as connection:
            return read(connection)

    def run_once(
        self,
        tool: str,
        arguments: ChangeArguments,
        change: Callable[[Connection], dict[str, Any]],
        prepare: Callable[[], None],
    ) -> dict[str, Any]:
        """The answer of a change, or that of the first call with the key.

        `prepare` is called before the transaction of the change, not for a call that is repeated.

        Raises:
            KeyInUse, KeyReused
        """
        signed = {name: value for name, value in self.sent.items() if name not in UNSIGNED}
        digest = hashlib.sha256(msgspec.json.encode(signed, order="sorted")).hexdigest()
        keyed = KeyedRequest(self.caller.account, f"MCP {tool}", arguments.idempotency_key, digest)

        def prepare_change() -> Callable[[Connection], Reply]:
            prepare()
            return lambda connection: Reply(200, encode(change(connection)))

        try:
            response = IdempotentRequest(keyed).run_prepared(self.context, prepare_change)
        except DryRun as ended:
            return ended.content
        self.context.booking_cache.clear()
        content: dict[str, Any] = msgspec.json.decode(response.body)
        content["idempotency_key"] = arguments.idempotency_key
        if REPLAYED.items() <= dict(response.headers).items():
            content["replayed"] = True
        return content
