"""Imports people into ZITADEL from a CSV or JSON Lines file. Run it again to resume an interrupted import.

    ZITADEL_API_URL=https://my-instance.zitadel.cloud ZITADEL_KEY_PATH=key.json \\
        python examples/bulk_import.py people.csv > ids.tsv

Each line has `user_name`, `first_name`, `last_name` and `email`; a CSV file names them in its first line. The
script prints user names and new ids to standard output, and progress and failures to standard error. Finished
lines are recorded in `people.csv.resume` next to the input. If the input has changed, the script stops.
"""

import argparse
import asyncio
import csv
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from zitadel_grpc import AsyncClient, bulk
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.api.user.v2 import CreateUserRequest, SetHumanEmail, SetHumanProfile
from zitadel_grpc.errors import AlreadyExists, ZitadelError


def people(path: Path, organization_id: str) -> Iterator[CreateUserRequest]:
    """Reads one line at a time, because the file may not fit in memory."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file) if path.suffix == ".csv" else map(json.loads, file)
        for number, row in enumerate(rows, 1):
            try:
                yield CreateUserRequest(
                    organization_id=organization_id,
                    username=row["user_name"],
                    human=CreateUserRequest.Human(
                        profile=SetHumanProfile(given_name=row["first_name"], family_name=row["last_name"]),
                        email=SetHumanEmail(email=row["email"], is_verified=True),
                    ),
                )
            except (KeyError, TypeError) as error:
                raise ValueError(f"{path.name}: person {number} is incomplete: {error}") from None


def show(progress: bulk.Progress) -> None:
    print(
        f"{progress.succeeded} imported, {progress.failed} failed, "
        f"{progress.skipped} skipped (imported earlier)",
        file=sys.stderr,
    )


async def import_all(path: Path, concurrency: int) -> bool:
    failed = False
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    async with AsyncClient.from_env() as client:
        org = (await client.management.GetMyOrg(GetMyOrgRequest())).org
        async for outcome in bulk.run(
            client.user_v2.CreateUser,
            people(path, org.id),
            concurrency=concurrency,
            resume=path.with_name(f"{path.name}.resume"),
            job=digest,
            stop_after_failures=1000,
            progress=show,
        ):
            name = outcome.request.username
            if outcome.error is None:
                print(name, outcome.response.id, sep="\t")
            elif isinstance(outcome.error, AlreadyExists) and outcome.previously_sent:
                print(name, "imported by an earlier run", sep="\t")
            else:
                failed = True
                doubt = " (but may have been imported)" if outcome.may_have_applied else ""
                print(f"{name} failed{doubt}: {outcome.error}", file=sys.stderr)
    return not failed


def main() -> int:
    parser = argparse.ArgumentParser(description="Imports people into ZITADEL.")
    parser.add_argument("path", type=Path, help="the file, .csv or JSON Lines")
    parser.add_argument(
        "--concurrency", type=int, default=50, help="number of concurrent calls (default: 50)"
    )
    options = parser.parse_args()
    try:
        return 0 if asyncio.run(import_all(options.path, options.concurrency)) else 1
    except KeyboardInterrupt:
        print("stopped: run it again to resume", file=sys.stderr)
    except (OSError, ValueError, ZitadelError) as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
