"""Calls the samtools and bcftools that pysam carries, and keeps a CRAM's header from naming files of this machine."""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from typing import TYPE_CHECKING

from qc.errors import EngineFailed

if TYPE_CHECKING:
    from pathlib import Path


NOWHERE = os.devnull + "/none"


def look_for_sequences_in(folder: Path | None) -> None:
    """Let htslib find the sequences of CRAM files in this folder, as `ReferenceStore` keeps them, and nowhere else."""
    os.environ["REF_PATH"] = NOWHERE
    os.environ["REF_CACHE"] = NOWHERE if folder is None else f"{folder.absolute()}/%2s/%2s/%s"


def call(tool: str, verb: str, *arguments: str | Path) -> str:
    """Return what `samtools verb …` or `bcftools verb …` prints; pysam is loaded by the first call.

    Raises EngineFailed with the tool's own reason.
    """
    module = import_module(f"pysam.{tool}")
    refused = import_module("pysam.utils").SamtoolsError
    try:
        return str(getattr(module, verb)(*map(str, arguments)))
    except refused as error:
        raise EngineFailed(f"{tool} {verb} could not read the file: {_last_line(str(error))}") from error


def without_addresses(cram: Path, folder: Path) -> Path:
    """Return a CRAM whose header names no reference by path: `cram` itself, or a copy of it in `folder`.

    Where a sequence is not in the reference that is given, htslib opens the path that the header's UR names, any on
    this machine, and writes an index beside it. What comes from outside must not choose that path.
    """
    given = call("samtools", "view", "-H", "--no-PG", cram).splitlines()
    bare = ["\t".join(field for field in line.split("\t") if not _is_address(line, field)) for line in given]
    if bare == given:
        return cram
    folder.mkdir(parents=True, exist_ok=True)
    header, copy = folder / "header.sam", folder / cram.name
    header.write_text("\n".join([*bare, ""]), encoding="utf-8")
    shutil.copyfile(cram, copy)
    call("samtools", "reheader", "--no-PG", "--in-place", header, copy)
    return copy


def is_cram(path: Path) -> bool:
    """Say whether the file begins as a CRAM does."""
    with path.open("rb") as stream:
        return stream.read(4) == b"CRAM"


def _is_address(line: str, field: str) -> bool:
    return line.startswith("@SQ\t") and field.startswith("UR:")


def _last_line(error: str) -> str:
    said = error.rpartition("stderr=")[2].strip(" '\"\n").replace("\\n", "\n").strip()
    return (said.splitlines()[-1] if said else "it gave no reason")[:200]
