"""What `wait_until` refuses, instead of a bare TypeError or a condition that is always true."""

from __future__ import annotations

import asyncio
import warnings
from concurrent.futures import Future
from typing import Any

import pytest

from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.errors import ConfigurationError


def one() -> int:
    return 1


async def one_async() -> int:
    return 1


async def nested() -> object:
    return one_async()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"call": 5}, "call must be a function without arguments.*not int"),
    ({"predicate": True}, "predicate must be a function that takes the response, not bool"),
    ({"retry_on": "NotFound"}, "retry_on must be an exception class.*not str"),
    ({"retry_on": [ValueError]}, "retry_on must be an exception class.*not list"),
    ({"retry_on": (ValueError, int)}, "retry_on must be an exception class.*not int"),
    ({"retry_on": asyncio.CancelledError}, "retry_on must be an exception class.*not CancelledError"),
    ({"predicate": lambda _: one_async()}, "predicate must be an ordinary function.*not coroutine"),
]


@pytest.fixture(autouse=True)
def no_coroutine_is_forgotten() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(("wrong", "message"), WRONG)
async def test_an_argument_of_the_wrong_type_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        await AsyncClient.wait_until(**{"call": one_async, **wrong})
    with pytest.raises(ConfigurationError, match=message):
        Client.wait_until(**{"call": one, **wrong})


async def test_a_call_in_place_of_a_function_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"call must be a function.*not coroutine"):
        await AsyncClient.wait_until(one_async())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"call must be a function.*not coroutine"):
        Client.wait_until(one_async())  # type: ignore[arg-type]


async def test_the_async_wait_needs_an_awaitable() -> None:
    with pytest.raises(ConfigurationError, match=r"call must return an awaitable, not int"):
        await AsyncClient.wait_until(one)  # type: ignore[arg-type]


async def test_a_coroutine_is_not_a_response() -> None:
    with pytest.raises(ConfigurationError, match=r"call must return the response itself.*not coroutine"):
        await AsyncClient.wait_until(nested)
    with pytest.raises(ConfigurationError, match=r"call must return the response itself.*not coroutine"):
        _ = Client.wait_until(one_async)


def test_a_future_is_not_a_response() -> None:
    with pytest.raises(ConfigurationError, match=r"call must return the response itself.*not Future"):
        Client.wait_until(Future[int])
