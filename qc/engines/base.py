"""Says what a QC tool looks like to the checks, and gives it the file under the name that its reports shall carry."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qc.results import EngineReport, Format

LONGEST_NAME = 160  # bytes; leaves room for what tools append within a file system's 255
GZIP_MAGIC = b"\x1f\x8b"


class Engine(Protocol):
    """One QC tool."""

    @property
    def name(self) -> str: ...

    @property
    def formats(self) -> frozenset[Format]: ...

    def available(self) -> bool:
        """Say whether the tool can be run on this machine."""
        ...

    def run(self, path: Path, workdir: Path, *, filename: str, reference: Path | None = None) -> EngineReport:
        """Measure the file at `path`, writing pages and data below `workdir`; `filename` is its name in reports.

        Raises EngineFailed when the tool crashes, hangs past its limit or writes nothing usable.
        """
        ...


def report_name(filename: str) -> str:
    """Return `filename` as a single, harmless path component that tools can open, at most 160 bytes long.

    Separators and control characters become `_`, and so does `##idx##`, which htslib takes for the border of two paths.
    """
    name = re.sub(r"[\x00-\x1f\x7f/\\]", "_", filename).replace("##idx##", "_idx_")
    if name in {"", ".", ".."}:
        return "file"
    raw = name.encode("utf-8", "replace")
    if len(raw) <= LONGEST_NAME:
        return raw.decode()
    suffix = "".join(re.findall(r"\.[A-Za-z0-9]{1,8}", name[-20:]))
    return raw[: LONGEST_NAME - len(suffix)].decode("utf-8", "ignore") + suffix


def read_name(path: Path, filename: str) -> str:
    """Return the report name of a file of reads whose `.gz` says what its bytes are.

    FastQC and Sequali choose the decompression by the ending, while the archive tells formats by content. FastQC
    besides takes every name that begins with `stdin` for the standard input.
    """
    name = re.sub(r"^stdin", "_stdin", report_name(filename))
    with path.open("rb") as stream:
        gzipped = stream.read(2) == GZIP_MAGIC
    bare = re.sub(r"(\.(gz|bz2|xz|zst))+$", "", name, flags=re.IGNORECASE) or "file"
    if not gzipped:
        return bare
    return name if name.lower().endswith(".gz") else f"{bare}.gz"


@contextmanager
def named(path: Path, folder: Path, name: str) -> Iterator[Path]:
    """Give the file at `path` the name `name` by a symbolic link below `folder`, for as long as a tool needs it."""
    place = folder / "input"
    place.mkdir(parents=True, exist_ok=True)
    link = place / name
    link.unlink(missing_ok=True)
    link.symlink_to(path.resolve())
    try:
        yield link
    finally:
        link.unlink(missing_ok=True)
        place.rmdir()
