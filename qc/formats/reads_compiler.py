"""Compiles the functions that walk through records; imported only for files of some size, for it takes a moment."""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")
SOURCES = Path(__file__).parent
IMPORT = re.compile(r"^ *from qc\.formats\.(\w+) import", re.MULTILINE)
_config: Any = numba.config


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compiles on first use, without the GIL; kept on disk between processes where a folder can be written."""
    given = _config.CACHE_DIR
    _config.CACHE_DIR = _folder(function.__module__.rpartition(".")[2], given or str(SOURCES / "__pycache__"))
    try:
        made = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    except RuntimeError:  # there is no such folder
        made = numba.njit(nogil=True, error_model="numpy")(function)
    finally:
        _config.CACHE_DIR = given
    return cast("Callable[P, R]", made)


@cache
def _folder(module: str, base: str) -> str:
    """Where the compiled code of a module is kept: by its source and that of the modules whose functions it calls.

    The compiler itself looks only at the file of a function. Empty, which leaves the choice to it, where `base` cannot
    be written.
    """
    digest = blake2b(digest_size=8)
    for name in sorted(_needed(module)):
        digest.update((SOURCES / f"{name}.py").read_bytes())
    folder = Path(base) / f"compiled-{digest.hexdigest()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    return str(folder)


def _needed(module: str) -> set[str]:
    """A module and all those of this package that it imports, directly or not."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found and (SOURCES / f"{name}.py").is_file():
            found.add(name)
            waiting += IMPORT.findall((SOURCES / f"{name}.py").read_text())
    return found
