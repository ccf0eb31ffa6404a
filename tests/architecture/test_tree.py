"""The tree holds sources alone, and nothing that ties it to one machine."""

from __future__ import annotations

import re
import tomllib

from tests.architecture.tree import ROOT, kept_files, shown

GENERATED = re.compile(
    r"(^|/)(__pycache__|\.venv|\.hypothesis|[^/]*\.egg-info|node_modules|build|dist)/|\.(pyc|sqlite|log|orig|rej)$"
)
LARGEST = 1_000_000
# Places of one machine; written in pieces, so that this file does not find itself.
MACHINE_PATH = re.compile(rb"/(?:home|Us" rb"ers)/[a-z][\w-]*/|/wo" rb"rk/|/ro" rb"ot/")
REGISTRY = re.compile(rb"files\.python" rb"hosted|registry\.np" rb"mjs|deb\.deb" rb"ian\.org|py" rb"pi\.(org|python)")


def test_no_generated_file_is_kept():
    assert not [shown(path) for path in kept_files() if GENERATED.search(shown(path))]


def test_no_kept_file_is_larger_than_a_megabyte():
    assert not {shown(path): path.stat().st_size for path in kept_files() if path.stat().st_size > LARGEST}


def test_no_file_names_a_place_of_one_machine_or_a_package_registry():
    found = {}
    for path in kept_files():
        data = path.read_bytes()
        if match := MACHINE_PATH.search(data) or REGISTRY.search(data):
            found[shown(path)] = match.group().decode()
    assert not found


def test_the_folder_of_migrations_is_no_package():
    """An `alembic/__init__.py` would hide the library of the same name."""
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_every_package_of_the_service_says_what_it_is_for():
    folders = {path.parent for path in kept_files() if path.suffix == ".py"}
    packages = [
        folder for folder in folders if folder.relative_to(ROOT).parts[:1] in {("app",), ("accession",), ("qc",)}
    ]
    assert not [shown(folder) for folder in packages if not (folder / "__init__.py").is_file()]


def test_every_dependency_is_pinned_by_the_constraints_and_nothing_else_is_in_them():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pinned = [re.fullmatch(r"([\w.-]+)==[\w.+!]+", line) for line in lines]
    assert all(pinned), "each line is NAME==VERSION: no address, no path, no range"
    names = {canonical(match.group(1)) for match in pinned if match}
    assert not {canonical(re.split(r"[^\w.-]", requirement)[0]) for requirement in wanted} - names


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
