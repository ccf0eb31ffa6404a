"""Finds the index that lies beside a file, by the names that samtools, bcftools, tabix and Picard give."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ENDINGS = {".bam": (".bai", ".csi"), ".cram": (".crai",), ".gz": (".tbi", ".csi"), ".bcf": (".csi",)}
REPLACING = (".bai", ".crai")  # some tools put these in the place of the file's own ending


def index_beside(path: Path) -> Path | None:
    """The first index of the file at `path` that is there."""
    endings = ENDINGS.get(path.suffix.lower(), ())
    names = [path.with_name(path.name + ending) for ending in endings]
    names += [path.with_suffix(ending) for ending in endings if ending in REPLACING]
    return next((name for name in names if name.is_file()), None)
