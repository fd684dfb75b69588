"""The context, the clock and the API of the commands that share their database."""

from tests.cloud.api.conftest import _rates_of_the_tests, ask, clock, context, override

__all__ = ["_rates_of_the_tests", "ask", "clock", "context", "override"]
