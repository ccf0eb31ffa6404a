"""Does one thing with one file in this process and prints as JSON what that took, without the start of Python.

`contenders.py NAME FILE WARM` does it with the small file WARM first, so that neither imports nor compiled code that
is loaded once count; what that cost is told apart as `start`.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE = 1 << 20


def unpack(path: Path) -> None:
    """Decompress alone, with ISA-L: the floor under everything that reads the file."""
    from isal import igzip  # noqa: PLC0415 - each contender loads only what it needs

    with igzip.open(path, "rb") as source:
        while source.read(PIECE):
            pass


def digests(path: Path) -> None:
    """Take md5 and sha256 of the packed bytes alone."""
    with path.open("rb") as source:
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        while piece := source.read(PIECE):
            md5.update(piece)
            sha256.update(piece)


def seqark(path: Path, *, measure: bool = True) -> None:
    """Validate, take both digests and measure for QC, all in one pass."""
    from qc.validate import validate  # noqa: PLC0415

    verdict = validate(path, measure=measure)
    if not verdict.valid:
        raise SystemExit(f"{path.name} is refused: {verdict.first_error}")


def check(path: Path) -> None:
    """Validate and take both digests."""
    seqark(path, measure=False)


def pysam_reads(path: Path) -> None:
    """Iterate over the reads with pysam."""
    import pysam  # noqa: PLC0415

    with pysam.FastxFile(str(path)) as reads:
        for _ in reads:
            pass


def pysam_alignments(path: Path) -> None:
    """Iterate over the alignments with pysam."""
    import pysam  # noqa: PLC0415

    with pysam.AlignmentFile(str(path), check_sq=False) as records:
        for _ in records:
            pass


def pysam_variants(path: Path) -> None:
    """Iterate over the variants with pysam."""
    import pysam  # noqa: PLC0415

    with pysam.VariantFile(str(path)) as records:
        for _ in records:
            pass


CONTENDERS: dict[str, Callable[[Path], None]] = {
    "unpack": unpack,
    "digests": digests,
    "seqark": seqark,
    "check": check,
    "pysam_reads": pysam_reads,
    "pysam_alignments": pysam_alignments,
    "pysam_variants": pysam_variants,
}


def main() -> None:
    """Run the contender that is named."""
    name, path, warm = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    work = CONTENDERS[name]
    work(warm)
    started, begun = _cpu(), time.perf_counter()
    work(path)
    print(json.dumps({"start": started, "cpu": _cpu() - started, "wall": time.perf_counter() - begun}))


def _cpu() -> float:
    """CPU seconds of this process with all its threads and its ended children."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


if __name__ == "__main__":
    main()
