"""The context, the clock and the client of the API's tests."""

from tests.cloud.api.conftest import _rates_of_the_tests, ask, clock, context

__all__ = ["_rates_of_the_tests", "ask", "clock", "context"]
