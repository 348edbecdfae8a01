"""Keys from pipes: read once, with a bound, and without a thread left behind."""

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import CredentialsError
from zitadel_grpc.testing import Emulator


@contextlib.contextmanager
def piped(text: str) -> Iterator[str]:
    """As `<(sops -d key.json)` does."""
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    try:
        yield f"/dev/fd/{read}"
    finally:
        os.close(read)


def test_a_key_from_a_pipe_is_kept(zitadel: Emulator) -> None:
    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    with piped(json.dumps(zitadel.key_file)) as path:
        credentials = JwtProfile.from_file(path)
        with Client(zitadel.url, credentials, options=options) as client:
            assert client.access_token()


def test_a_fifo_is_read_once_and_leaves_no_thread(zitadel: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    os.mkfifo(path)
    before = threading.active_count()
    writer = threading.Thread(target=lambda: path.write_text(json.dumps(zitadel.key_file)))
    writer.start()
    credentials = JwtProfile.from_file(path)
    writer.join(5)
    assert threading.active_count() == before
    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    with Client(zitadel.url, credentials, options=options) as client:
        assert client.access_token()


def test_waiting_for_a_fifo_without_a_writer_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zitadel_grpc._file_content.PIPE_TIMEOUT", 0.2)
    os.mkfifo(tmp_path / "key.json")
    with pytest.raises(CredentialsError, match="is a pipe and delivered nothing"):
        JwtProfile.from_file(tmp_path / "key.json")
