"""Arguments that `bulk.run` refuses at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bulk.requests import later, user, users
from zitadel_grpc import Client, bulk
from zitadel_grpc.errors import ConfigurationError

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"method": "AddMachineUser"}, "method must be a function, .*, not str"),
    ({"requests": user(0)}, "requests must be an iterable of requests, not AddMachineUserRequest"),
    ({"requests": None}, "requests must be an iterable of requests, not NoneType"),
    ({"resume": 3}, "resume must be a path, not int"),
    ({"job": b"first.csv"}, "job must be a string, not bytes"),
    ({"progress": True}, "progress must be a function that takes a Progress, not bool"),
    *(
        ({name: number}, rf"{name} must be a positive integer, not {shown}")
        for name in ("concurrency", "stop_after_failures")
        for number, shown in ((0, "0"), (-1, "-1"), (True, "True"), (1.5, r"1\.5"), ("10", "a str"))
    ),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_an_invalid_argument_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        bulk.run(**{"method": print, "requests": [], **wrong})


async def test_a_run_with_an_async_function_refuses_them_too() -> None:
    async def method(request: int) -> int:
        return request

    with pytest.raises(ConfigurationError, match="requests must be an iterable of requests, not int"):
        bulk.run(method, 5)  # type: ignore[call-overload]


def test_requests_may_be_anything_that_iter_accepts() -> None:
    class Rows:
        def __getitem__(self, index: int) -> int:
            return [1, 2][index]

    rows: Any = Rows()
    outcomes: Any = bulk.run(str, rows)
    assert sorted(outcome.response for outcome in outcomes) == ["1", "2"]


def test_a_synchronous_method_needs_an_ordinary_iterable(sync_client: Client) -> None:
    with pytest.raises(ConfigurationError, match=r"not async_generator: \S+AddMachineUser is synchronous"):
        bulk.run(sync_client.management.AddMachineUser, later(users(1)))  # type: ignore[arg-type] # pyright: ignore
