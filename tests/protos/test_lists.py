"""Lists of another source can be paginated too, and type checkers know the type of their items."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.protos.project import GREETER, Project, write

LISTS = GREETER.replace(
    "service GreeterService {",
    "service GreeterService {\n    rpc ListGreetings(ListGreetingsRequest) returns (ListGreetingsResponse);",
) + (
    "message Page { uint32 limit = 1; uint64 offset = 2; }\n"
    "message Count { uint64 total_result = 1; }\n"
    "message ListGreetingsRequest { Page cut = 1; }\n"
    "message ListGreetingsResponse {\n"
    "    Count count = 1; repeated zitadel.greeting.v1.Greeting greetings = 2;\n"
    "}\n"
)
CODE = """
from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api.greeter.v1 import ListGreetingsRequest

def read(client: AsyncClient, sync_client: Client) -> None:
    reveal_type(client.paginate(client.greeter.ListGreetings, ListGreetingsRequest()))
    reveal_type(client.paginate(client.greeter.ListGreetings, ListGreetingsRequest()).pages())
    reveal_type(sync_client.paginate(sync_client.greeter.ListGreetings, ListGreetingsRequest()))
"""
MAKE = """
from zitadel_grpc import Client
from zitadel_grpc.api.greeter.v1 import ListGreetingsRequest
from zitadel_grpc.credentials import PersonalAccessToken

with Client("https://localhost", PersonalAccessToken("ey.some.token")) as client:
    print(client.paginate(client.greeter.ListGreetings, ListGreetingsRequest()))
"""


@pytest.mark.slow
def test_lists_of_another_source_are_read_and_typed(project: Project, release: Path) -> None:
    pytest.importorskip("mypy")
    project.build(write(release, {"zitadel/greeter.proto": LISTS}))
    (project.root / "code.py").write_text(CODE)

    mypy = [sys.executable, "-m", "mypy", "--follow-imports=silent", "--cache-dir=/dev/null", "code.py"]
    output = subprocess.run(mypy, check=False, cwd=project.root, capture_output=True, text=True).stdout

    for kind in ("AsyncPager", "Pager"):
        assert (
            f'"zitadel_grpc.pagination._pagers.{kind}[zitadel_grpc.api.greeting.v1.greeting_pb2.Greeting]"'
            in output
        )
    assert "AsyncIterator[list[zitadel_grpc.api.greeting.v1.greeting_pb2.Greeting]]" in output
    assert "error" not in output
    assert project.python(MAKE) == "<Pager of zitadel.greeter.v1.GreeterService/ListGreetings, total: None>"
