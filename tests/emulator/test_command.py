"""`zitadel-grpc emulator` as a process."""

import asyncio
import json
import signal
import ssl
import stat
from pathlib import Path

import httpx2
import pytest

from tests.emulator.commands import client_of, finished, running
from zitadel_grpc.api.auth.v1 import GetMyUserRequest, ListMyMembershipsRequest
from zitadel_grpc.cli import main
from zitadel_grpc.credentials import ApplicationKey, ClientCredentials, JwtProfile, PersonalAccessToken
from zitadel_grpc.credentials._key_file import KeyFile
from zitadel_grpc.testing import Emulator


def _modes(directory: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()}


def _contents(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_it_writes_files_serves_and_stops_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    async with running("--dir", tmp_path / "made" / "here") as (process, url):
        directory = tmp_path / "made" / "here"
        assert url.startswith("https://localhost:")
        trust = ssl.create_default_context(cafile=directory / "ca.pem")
        async with httpx2.AsyncClient(verify=trust) as http:
            assert (await http.get(f"{url}/.well-known/openid-configuration")).json()["issuer"] == url
        key_file = json.loads((directory / "key.json").read_text())
        assert key_file["type"] == "serviceaccount"
        assert key_file.keys() >= {"keyId", "key", "userId"}
        assert (directory / "pat.txt").read_text().startswith("eyJ")
        assert "PRIVATE KEY" in (directory / "system-key.pem").read_text()
        process.send_signal(number)
        out, errors = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, out) == (0, b"")
    assert errors.endswith(b" ms  200                GET /.well-known/openid-configuration\n")


async def test_only_the_owner_can_read_secrets_and_no_other_file_is_written(tmp_path: Path) -> None:
    async with running("--dir", tmp_path):
        modes = _modes(tmp_path)
    assert modes.pop("ca.pem") & 0o600 == 0o600
    assert modes == {"key.json": 0o600, "pat.txt": 0o600, "system-key.pem": 0o600}


SEED = """\
organizations:
  - name: Acme
    service_users:
      - user_name: reporter@acme
        roles: [ORG_OWNER_VIEWER]
    projects:
      - name: Shop
        api_applications:
          - name: api
          - name: api-jwt
            private_key_jwt: true
"""


async def test_a_seed_file_adds_users_and_writes_their_credentials(tmp_path: Path) -> None:
    seed, users = tmp_path / "seed.yaml", tmp_path / "users"
    seed.write_text(SEED)
    async with running("--dir", tmp_path, "--seed", seed) as (_, url):
        secret = (users / "reporter@acme.secret.txt").read_text().strip()
        for credentials in (
            JwtProfile.from_file(users / "reporter@acme.key.json"),
            PersonalAccessToken.from_file(users / "reporter@acme.pat.txt"),
            ClientCredentials("reporter@acme", secret),
        ):
            async with client_of(url, tmp_path, credentials) as client:
                me = (await client.auth.GetMyUser(GetMyUserRequest())).user
                assert me.user_name == "reporter@acme"
                (member,) = (await client.auth.ListMyMemberships(ListMyMembershipsRequest())).result
                assert (member.display_name, list(member.roles)) == ("Acme", ["ORG_OWNER_VIEWER"])
        assert set(_modes(users).values()) == {0o600}
        applications = tmp_path / "applications"
        assert json.loads((applications / "Shop.api.json").read_text()).keys() == {"clientId", "clientSecret"}
        ApplicationKey.from_file(applications / "Shop.api-jwt.json")
        assert set(_modes(applications).values()) == {0o600}


@pytest.mark.parametrize(
    "seed",
    [
        "organizations: [{name: A, users: []}]",
        "organizations: [{name: A, projects: [{name: A, roles: [a, a]}]}]",
    ],
)
async def test_an_error_of_a_seed_file_is_one_line_and_no_file_is_written(tmp_path: Path, seed: str) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text(seed)
    status, out, errors = await finished("emulator", "--dir", tmp_path / "made", "--seed", path)
    assert (status, out) == (1, "")
    assert errors.startswith(f"zitadel-grpc: {path}: organizations[0].")
    assert errors.count("\n") == 1
    assert not (tmp_path / "made").exists()


async def test_the_lifetime_of_tokens_can_be_set(tmp_path: Path) -> None:
    async with running("--dir", tmp_path, "--token-lifetime", "90", "--quiet") as (_, url):
        trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        assertion = KeyFile.from_json((tmp_path / "key.json").read_text(), "serviceaccount").sign(url)
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        async with httpx2.AsyncClient(verify=trust) as http:
            response = await http.post(f"{url}/oauth/v2/token", data=form)
    assert response.json()["expires_in"] == 89


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan", "inf"])
def test_an_invalid_lifetime_is_a_usage_error(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["emulator", "--dir", "unused", f"--token-lifetime={seconds}"])
    assert "must be a number of seconds greater than 0" in capsys.readouterr().err


def test_an_empty_directory_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["emulator", "--dir", "", "--port", "0", "--seed", "unused"])
    assert "argument --dir: must be the name of a directory, not an empty string" in capsys.readouterr().err


async def test_a_port_in_use_is_an_error_of_one_line(tmp_path: Path) -> None:
    async with Emulator() as running:
        port = running.url.rpartition(":")[2]
        status, out, errors = await finished("emulator", "--dir", tmp_path, "--port", port)
    assert (status, out) == (1, "")
    assert errors.startswith(f"zitadel-grpc: cannot listen on port {port}: ")
    assert errors.count("\n") == 1


async def test_a_directory_that_cannot_be_created_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, out, errors = await finished("emulator", "--dir", tmp_path / "file" / "below")
    assert (status, out) == (1, "")
    assert errors.startswith("zitadel-grpc: cannot create the directory")
    assert errors.count("\n") == 1


async def test_a_directory_in_use_by_another_emulator_is_refused(tmp_path: Path) -> None:
    async with running("--dir", tmp_path) as (first, _):
        before = _contents(tmp_path)
        status, out, errors = await finished("emulator", "--dir", tmp_path)
        assert _contents(tmp_path) == before
        first.kill()
    assert (status, out) == (1, "")
    assert errors == (
        f"zitadel-grpc: {tmp_path} is in use by another emulator: stop it, or choose another --dir\n"
    )
    async with running("--dir", tmp_path):  # the kernel releases the lock of a killed process
        assert _contents(tmp_path) != before


@pytest.mark.parametrize("port", ["x", "-1", "65536"])
async def test_an_invalid_port_is_a_usage_error(tmp_path: Path, port: str) -> None:
    status, _, errors = await finished("emulator", "--dir", tmp_path, f"--port={port}")
    assert status == 2
    assert "must be 1 to 65535" in errors


async def test_an_error_without_the_extra_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "trustme.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'trustme'\", name='trustme')\n"
    )
    status, _, errors = await finished("emulator", "--dir", tmp_path, PYTHONPATH=str(tmp_path))
    assert status == 1
    assert (
        errors == "zitadel-grpc: zitadel_grpc.testing requires trustme: pip install 'zitadel-grpc[testing]'\n"
    )


async def test_without_pyyaml_the_error_of_seed_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text("raise ModuleNotFoundError(\"No module named 'yaml'\", name='yaml')\n")
    (tmp_path / "seed.yaml").touch()
    arguments = ("emulator", "--dir", tmp_path / "made", "--seed", tmp_path / "seed.yaml")
    status, _, errors = await finished(*arguments, PYTHONPATH=str(tmp_path))
    assert status == 1
    assert errors == "zitadel-grpc: seed files require PyYAML: pip install 'zitadel-grpc[testing]'\n"


async def test_help_and_version() -> None:
    status, out, _ = await finished("--help")
    assert status == 0
    assert "emulator" in out
    status, out, _ = await finished("--version")
    assert status == 0
    assert out.startswith("zitadel-grpc ")


async def test_no_command_is_a_usage_error() -> None:
    status, _, errors = await finished()
    assert status == 2
    assert errors.startswith("usage: zitadel-grpc")
