"""What is promised about compiled code: it never outlives its source, and needs no folder that can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from qc.formats import reads_compiler, reads_framing

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_code_is_kept_by_all_the_source_that_it_is_made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads_compiler, "SOURCES", tmp_path)
    (tmp_path / "caller.py").write_text("from qc.formats.called import f\n")
    folders: set[str] = set()
    for source in ("from qc.formats.caller import x\n", "f = 1\n", "f = 2\n"):
        (tmp_path / "called.py").write_text(source)
        reads_compiler._folder.cache_clear()
        folders.add(reads_compiler._folder("caller", str(tmp_path)))
    reads_compiler._folder.cache_clear()
    assert len(folders) == 3
    assert all(folder.startswith(str(tmp_path)) for folder in folders)


def test_code_is_compiled_where_nothing_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = numba.njit

    def without_folder(*functions: Any, **options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("no locator available")
        return whole(*functions, **options)

    (tmp_path / "file").touch()
    assert reads_compiler._folder("reads_framing", str(tmp_path / "file")) == ""
    monkeypatch.setattr(numba, "njit", without_folder)
    again = reads_compiler.compiled(reads_framing.line_end.py_func)  # type: ignore[attr-defined]
    data = np.frombuffer(b"\r\n\n", np.uint8)
    assert [again(data, at) for at in range(4)] == [2, 1, 1, 0]
