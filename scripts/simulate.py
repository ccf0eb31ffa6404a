#!/usr/bin/env python3
"""Simulates a small sequencing project: genome, reads, alignments, variants and the sample sheet that names them.

Importable as well: `simulate_dataset` makes the project, `break_file` makes a copy with one known fault.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simulation.breakage import Breakage, Broken, break_file
from simulation.dataset import Dataset, SampleFiles, simulate_dataset
from simulation.sheet import CHECKLIST, md5_of, rows_of, write_sheet

__all__ = [
    "CHECKLIST",
    "Breakage",
    "Broken",
    "Dataset",
    "SampleFiles",
    "break_file",
    "md5_of",
    "rows_of",
    "simulate_dataset",
    "write_sheet",
]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 when the project was written, 2 when an argument cannot be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--seed", type=int, default=1, help="the same seed writes the same bytes")
    parser.add_argument("--genome-length", type=int, default=20_000, help="bases of the reference")
    parser.add_argument("--pairs", type=int, default=5_000, help="read pairs of each sample")
    parser.add_argument("--samples", type=int, default=2)
    parser.add_argument("--read-length", type=int, default=150, help="cycles of each read")
    parser.add_argument("--cram", action="store_true", help="write each BAM as CRAM too")
    chosen = parser.parse_args(arguments)
    try:
        made = simulate_dataset(
            chosen.out,
            seed=chosen.seed,
            genome_length=chosen.genome_length,
            pairs=chosen.pairs,
            samples=chosen.samples,
            read_length=chosen.read_length,
            cram=chosen.cram,
        )
    except (OSError, ValueError) as refused:
        print(refused, file=sys.stderr)
        return 2
    for path in sorted(made.folder.iterdir()):
        print(f"{path.stat().st_size:>12,}  {path.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
