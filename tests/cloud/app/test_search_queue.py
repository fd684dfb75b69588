"""Searches run one at a time in their order; a few wait, further ones are refused."""

import asyncio

import pytest

from cloud.app.search_queue import MAX_WAITING, SearchQueue, SearchQueueFull


def test_searches_run_one_at_a_time_in_the_order_in_which_they_came() -> None:
    running, order = 0, []

    async def search(queue: SearchQueue, number: int) -> None:
        nonlocal running
        async with queue:
            running += 1
            assert running == 1
            await asyncio.sleep(0)
            order.append(number)
            running -= 1

    async def scenario() -> None:
        queue = SearchQueue()
        await asyncio.gather(*(search(queue, number) for number in range(MAX_WAITING + 1)))

    asyncio.run(scenario())
    assert order == list(range(MAX_WAITING + 1))


def test_beyond_the_waiting_ones_a_search_is_refused_until_one_has_ended() -> None:
    async def scenario() -> None:
        queue, end = SearchQueue(), asyncio.Event()

        async def search() -> None:
            async with queue:
                await end.wait()

        searches = [asyncio.create_task(search()) for _ in range(MAX_WAITING + 1)]
        await asyncio.sleep(0)
        with pytest.raises(SearchQueueFull, match="ask again in a minute"):
            await search()
        searches.pop().cancel()  # one that waits
        await asyncio.sleep(0)
        searches.append(asyncio.create_task(search()))
        await asyncio.sleep(0)
        with pytest.raises(SearchQueueFull):
            await search()
        end.set()
        await asyncio.gather(*searches)
        await search()

    asyncio.run(scenario())


def test_a_search_that_fails_gives_its_turn_to_the_next() -> None:
    async def scenario() -> None:
        queue = SearchQueue()
        for _ in range(MAX_WAITING + 2):
            with pytest.raises(ZeroDivisionError):
                async with queue:
                    raise ZeroDivisionError

    asyncio.run(scenario())
