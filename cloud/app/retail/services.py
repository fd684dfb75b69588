"""What the routes of retail prices share in one process: decoded rule sets and cached answers."""

from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from cloud.app.retail.answer_cache import AnswerCache
from cloud.app.retail.rules_in_force import RuleSetReader


@dataclass(frozen=True)
class RetailServices:
    """The state of one application."""

    rules: RuleSetReader = field(default_factory=RuleSetReader)
    answers: AnswerCache = field(default_factory=AnswerCache)


def get_retail(connection: HTTPConnection) -> RetailServices:
    """The services of the application of a request."""
    found: RetailServices = connection.app.state.retail
    return found
