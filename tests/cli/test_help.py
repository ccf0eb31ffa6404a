"""Help, completion, and what a command loads to give them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from app.cli.main import PLACES
from tests.servers.serving import ROOT, environment

if TYPE_CHECKING:
    from tests.cli.conftest import Seqark

COMMANDS = [name for name, place in PLACES.items() if not place.hidden]
GROUPS = ["users", "projects", "orgs", "tokens"]
HEAVY = {"litestar", "litestar_queues", "minio", "multiqc", "pysam", "sqlalchemy", "uvicorn", "numpy"}


def test_help_lists_every_command_and_no_inner_one(seqark: Seqark) -> None:
    said = seqark("--help")
    assert said.code == 0
    assert all(f" {name} " in said.out for name in COMMANDS)
    assert "api-process" not in said.out


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS), *((name, "add") for name in GROUPS)])
def test_every_command_has_help(seqark: Seqark, command: tuple[str, ...]) -> None:
    said = seqark(*command, "--help")
    assert said.code == 0
    assert f"seqark {' '.join(command)}".strip() in said.out
    assert seqark(*command, "-h").out == said.out


@pytest.mark.parametrize("name", COMMANDS)
def test_what_the_list_says_of_a_command_is_how_its_own_help_begins(name: str) -> None:
    said, listed = PLACES[name].load().help, PLACES[name].summary
    assert said is not None
    assert said.split()[0] == listed.split()[0] or name in GROUPS


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_those_of_the_shell(seqark: Seqark, shell: str) -> None:
    script = seqark("completion", shell)
    assert script.code == 0
    assert "_SEQARK_COMPLETE" in script.out
    assert f"{shell}_complete" in script.out


def test_a_shell_is_given_commands_and_options(seqark: Seqark, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "plain,validate" in complete("va")
    assert {"plain,--email", "plain,--password", "plain,--admin"} <= set(complete("users", "add", "--"))


def complete(*words: str) -> list[str]:
    asked = {"_SEQARK_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(["seqark", *words])}
    environ = environment() | asked | {"COMP_CWORD": str(len(words))}
    done = subprocess.run([sys.executable, "-m", "app"], cwd=ROOT, env=environ, capture_output=True, check=False)
    return done.stdout.decode().split()


def loaded_by(program: str) -> set[str]:
    """The packages that a fresh interpreter has loaded after `program`."""
    told = f"import sys\n{program}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    environ = environment() | {"PATH": os.environ.get("PATH", os.defpath)}
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, env=environ, capture_output=True, check=True)
    return set(done.stdout.decode().splitlines()[-1].split())


def call(*arguments: str) -> str:
    """A program that runs the command line and goes on."""
    return (
        f"sys.argv = ['seqark', *{list(arguments)!r}]\nfrom app.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )


def test_help_loads_nothing_of_the_service() -> None:
    assert not loaded_by(call("--help")) & HEAVY


def test_checking_a_file_loads_nothing_of_the_service_and_leaves_the_checks_to_its_child() -> None:
    assert not loaded_by(call("validate", "pyproject.toml")) & HEAVY


def test_the_api_process_loads_no_checks_and_the_worker_no_web_server() -> None:
    assert not loaded_by("import app.cli.server") & {"pysam", "multiqc", "sequali", "isal"}
    assert not loaded_by("import app.cli.parts, app.jobs.worker") & {"uvicorn", "pysam", "multiqc", "sequali"}
