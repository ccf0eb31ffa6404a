"""The files of the project as the architecture tests read them."""

from __future__ import annotations

import ast
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("app", "accession", "qc", "client", "scripts", "tests", "alembic")


@cache
def kept_files() -> tuple[Path, ...]:
    """Every file that git keeps or would keep; without git (an unpacked release) every file of the source folders."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git = shutil.which("git")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False).stdout if git else b""
    names = [name for name in listed.decode().split("\0") if name]
    found = [ROOT / name for name in names] or [path for folder in SOURCES for path in (ROOT / folder).rglob("*")]
    return tuple(sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts))


@cache
def python_files() -> tuple[Path, ...]:
    """Every Python file of the project, scripts without an ending included."""
    return tuple(path for path in kept_files() if path.suffix == ".py" or _python_script(path))


def _python_script(path: Path) -> bool:
    return path.suffix == "" and path.parent.name == "scripts" and b"python" in path.read_bytes()[:40]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
