"""Commands beside a running service: administration that works at once, and a service that cannot start."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.servers.serving import DEADLINE, ROOT, Serving, environment, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Seqark

REFUSALS = ("stop", "port")


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """An archive of metadata alone, which starts soonest."""
    with running_service(tmp_path_factory.mktemp("running"), s3_endpoint="none") as running:
        yield running


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def refused(data_dir: Path, *arguments: object, **settings: object) -> str:
    """What `seqark serve` says when it does not start."""
    command = [sys.executable, "-m", "app", "serve", "--data-dir", str(data_dir), *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(**settings), capture_output=True, timeout=DEADLINE, check=False
    )
    assert done.returncode == 1
    said = [line for line in done.stderr.decode().splitlines() if not line.startswith("{")]
    assert len(said) == 1, said
    return said[0]


def test_an_occupied_port_is_told_in_one_sentence(tmp_path: Path, taken_port: int) -> None:
    said = refused(tmp_path, "--port", taken_port)
    assert str(taken_port) in said
    assert "--port" in said


def test_an_occupied_port_of_the_store_is_told_in_one_sentence(tmp_path: Path, taken_port: int) -> None:
    said = refused(tmp_path, "--port", 0, s3_port=taken_port)
    assert str(taken_port) in said
    assert "SEQARK_S3_PORT" in said


def test_an_address_that_is_not_this_machines_is_told_in_one_sentence(tmp_path: Path) -> None:
    assert "192.0.2.1" in refused(tmp_path, "--port", 0, "--host", "192.0.2.1")


def test_a_token_works_the_moment_it_is_printed(seqark: Seqark, serving: Serving) -> None:
    folder = {"data_dir": serving.data_dir}
    added = seqark("users", "add", "carol", "--email", "carol@example.org", "--password", "a-long-password", **folder)
    assert added.code == 0, added.err
    token = seqark("tokens", "add", "carol", **folder).out.strip()
    project = seqark("projects", "add", "Reefs", "--owner", "carol", **folder).out.strip()
    me = httpx.get(f"{serving.base_url}/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert (me.status_code, me.json()["email"]) == (200, "carol@example.org")
    assert httpx.get(f"{serving.base_url}/api/v1/projects/{project}").json()["title"] == "Reefs"
    assert seqark("orgs", "add", "reef-lab", "--owner", "carol", **folder).code == 0


def test_an_account_of_the_command_line_can_sign_in(seqark: Seqark, serving: Serving) -> None:
    secret = {"email": "dave@example.org", "password": "a-long-password"}
    options = [part for name, value in secret.items() for part in (f"--{name}", value)]
    assert seqark("users", "add", "dave", *options, data_dir=serving.data_dir).code == 0
    assert httpx.post(f"{serving.base_url}/api/v1/auth/login", json=secret).status_code == 200


def test_a_running_archive_is_current_for_migrate(seqark: Seqark, serving: Serving) -> None:
    assert seqark("migrate", data_dir=serving.data_dir).out == "The database is current.\n"
