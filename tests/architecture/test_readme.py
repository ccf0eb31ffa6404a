"""The README promises nothing that is not there: its commands, its settings and its folders exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from app.settings import Settings
from tests.architecture.tree import ROOT

README = (ROOT / "README.md").read_text()
# Programs of any machine, that the README may use beside the project's own.
COMMON = {"cd", "curl", "cat", "jq", "git", "export", "md5sum", "sha256sum", "gzip", "head", "ls", "source"}


def commands() -> list[str]:
    """The lines after `$ ` in the README's console blocks, those ended by a backslash joined with the next."""
    blocks = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [line.removeprefix("$ ").strip() for line in joined.splitlines() if line.startswith("$ ")]


def words_of(command: str) -> list[str]:
    """The words of the command proper: no variables before it, no comment, nothing after a pipe."""
    words = shlex.split(command, comments=True)
    ends = [n for n, word in enumerate(words) if word in {"|", "&&", ";", ">", "&"}]
    words = words[: min(ends, default=len(words))]
    while words and re.fullmatch(r"\w+=.*", words[0]):
        words.pop(0)
    return words


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_readme_exists(command):
    words = words_of(command)
    program = Path(words[0]).name if words else ""
    if program == "make":
        assert {word for word in words[1:] if "=" not in word} <= make_targets()
    elif program == "seqark":
        assert_subcommand(words[1:])
    elif program.startswith("python") and len(words) > 1 and words[1].startswith("scripts/"):
        assert (ROOT / words[1]).is_file()
        assert_options([sys.executable, words[1]], words[2:])
    elif program.startswith("python"):
        assert words[1:2] in (["-c"], ["-m"])
    else:
        assert program in COMMON or (ROOT / words[0]).is_file()


def assert_subcommand(words: list[str]) -> None:
    """Each leading plain word is a command that answers `--help`, which names each option that is given."""
    named = [word for word in words if not word.startswith("-")]
    call = [str(Path(sys.executable).parent / "seqark"), *named[:1]]
    if named[:1] and named[0] in {"users", "projects", "orgs", "tokens", "audit"}:
        call += named[1:2]
    assert_options(call, words)


def assert_options(call: list[str], words: list[str]) -> None:
    done = subprocess.run([*call, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [word for word in words if word.startswith("--") and word.split("=")[0] not in done.stdout] == []


def test_the_readme_shows_the_commands_of_its_first_promise():
    assert {"make demo", "make test"} <= set(commands())


def test_the_continuous_integration_calls_the_test_command_of_the_readme():
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)


def test_the_table_of_settings_has_each_setting_with_its_default_and_no_other():
    rows = re.findall(r"^\| `SEQARK_(\w+)` \| ?`?(.*?)`? \| (.+) \|$", README, re.MULTILINE)
    told = {name.lower(): default for name, default, _ in rows}
    real = {field.name: as_text(default_of(field)) for field in msgspec.structs.fields(Settings)}
    assert told == real


def default_of(field: msgspec.structs.FieldInfo) -> object:
    return field.default_factory() if field.default is msgspec.NODEFAULT else field.default


def as_text(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return ",".join(value)
        case float():
            return f"{value:.15g}"
        case _:
            return str(value)


def test_the_map_of_folders_names_each_folder_of_sources():
    told = set(re.findall(r"^(\w+)/ ", README, re.MULTILINE))
    assert told == {"app", "accession", "qc", "client", "alembic", "scripts", "tests"}
    assert all((ROOT / folder).is_dir() for folder in told)
