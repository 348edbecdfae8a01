"""A page of 300 users, from the server's bytes to values: messages compared with the official REST SDK"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from google.protobuf.json_format import MessageToJson

from benchmarks import optional
from benchmarks.rounds import interleave, ratios, spread, table
from zitadel_grpc.api.user.v2 import (
    USER_STATE_ACTIVE,
    HumanEmail,
    HumanProfile,
    HumanUser,
    ListUsersResponse,
    User,
)

USERS = 300
OURS, SDK = "ListUsersResponse.FromString", "zitadel-client, UserServiceListUsersResponse.from_json"


def run(*, quick: bool) -> None:
    models = optional.load("zitadel-client", "zitadel_client.models")
    message = page()
    data, text = message.SerializeToString(), MessageToJson(message)

    def ours() -> list[tuple[object, ...]]:
        users = ListUsersResponse.FromString(data).result
        return [
            (user.user_id, user.username, user.human.profile.given_name, user.human.email.email)
            for user in users
        ]

    def official() -> list[tuple[object, ...]]:
        users = models.UserServiceListUsersResponse.from_json(text).result
        return [
            (user.user_id, user.username, user.human.profile.given_name, user.human.email.email)
            for user in users
        ]

    assert ours() == official()
    repeats = 5 if quick else 20

    def cpu(parse: Callable[[], object]) -> float:
        start = time.process_time()
        for _ in range(repeats):
            parse()
        return (time.process_time() - start) / repeats * 1000

    figures = interleave({OURS: lambda: cpu(ours), SDK: lambda: cpu(official)}, 3 if quick else 15)
    rows = [
        [name, f"{median(values):.2f}", spread(ratios(figures, name, OURS), 1)]
        for name, values in figures.items()
    ]
    print(
        table(["", "ms of CPU per page", "ratio to the first: median (smallest-largest)"], rows), flush=True
    )


def page() -> ListUsersResponse:
    response = ListUsersResponse()
    response.details.total_result = USERS
    for number in range(USERS):
        name = f"user-{number}"
        human = HumanUser(
            user_id=str(2 * 10**17 + number),
            profile=HumanProfile(
                given_name="Ada", family_name=f"Number {number}", display_name=f"Ada Number {number}"
            ),
            email=HumanEmail(email=f"{name}@example.com", is_verified=True),
        )
        user = User(
            user_id=human.user_id,
            state=USER_STATE_ACTIVE,
            username=name,
            login_names=[f"{name}@zitadel.localhost"],
            preferred_login_name=f"{name}@zitadel.localhost",
            human=human,
        )
        user.details.sequence = number
        user.details.change_date.GetCurrentTime()
        user.details.resource_owner = str(10**17)
        response.result.append(user)
    return response
