"""Prints how many labelled files SeqArk and other tools judge rightly, as a table for a README.

The folder has a `manifest.tsv` with the columns path, format, expected (good or bad), debatable (yes or no), mate and
reference. Each tool judges each file in a process of its own, with limits on time and memory; a tool accepts a file
when it ends with exit code 0. A file that a tool does not read (a `gzip -t` of text) is left out of its count.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from processes import run

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SECONDS, MEMORY = 120, 4 << 30
FORMATS = ("fastq", "fastq.gz", "fastq_pair", "sam", "bam", "cram", "vcf", "vcf.gz", "bcf")
READS = ("fastq", "fastq.gz", "fastq_pair")
ALIGNMENTS = ("sam", "bam", "cram")
VARIANTS = ("vcf", "vcf.gz", "bcf")
PYTHON = sys.executable

ITERATE_READS = "import sys, pysam\nfor path in sys.argv[1:]:\n    for _ in pysam.FastxFile(path): pass"
ITERATE_ALIGNMENTS = (
    "import sys, pysam\npath, *reference = sys.argv[1:]\n"
    "with pysam.AlignmentFile(path, check_sq=False, reference_filename=next(iter(reference), None)) as records:\n"
    "    for _ in records.fetch(until_eof=True): pass"
)
ITERATE_VARIANTS = "import sys, pysam\nwith pysam.VariantFile(sys.argv[1]) as records:\n    for _ in records: pass"
DNAIO = "import sys, dnaio\nwith dnaio.open(*sys.argv[1:]) as reads:\n    for _ in reads: pass"


class Labelled(NamedTuple):
    """One row of the manifest; `mate` and `reference` are None where it names none."""

    path: Path
    format: str
    good: bool
    debatable: bool
    mate: Path | None
    reference: Path | None

    @property
    def both(self) -> list[Path]:
        """The file, and its mate where it has one."""
        return [self.path] if self.mate is None else [self.path, self.mate]


class Tool(NamedTuple):
    """A competitor: its name, the formats that it reads, and its command for a file."""

    name: str
    formats: tuple[str, ...]
    command: Callable[[Labelled], list[str | Path]]


def main() -> int:
    """Print the table and what SeqArk judged otherwise than the labels; 1 where those are not debatable."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / ".." / "shared" / "corpus")
    parser.add_argument("--dnaio", default=PYTHON, help="a Python that has dnaio, where this one has not")
    options = parser.parse_args()
    files = read_manifest(options.folder)
    tools = [tool for tool in all_tools(options.dnaio) if shutil.which(tool.command(files[0])[0])]
    tools = [tool for tool in tools if tool.name != "dnaio" or run([options.dnaio, "-c", "import dnaio"]).code == 0]
    jobs = [(tool, file) for file in files for tool in tools if file.format in tool.formats]
    with ThreadPoolExecutor(2) as threads:
        accepted = list(threads.map(lambda job: accepts(*job), jobs))
    right = {job: said == job[1].good for job, said in zip(jobs, accepted, strict=True)}
    print("\n".join(table(files, tools, right)))
    wrong = [file for (tool, file), is_right in right.items() if tool is tools[0] and not is_right]
    for file in wrong:
        label = f"{'good' if file.good else 'bad'}{', debatable' if file.debatable else ''}"
        print(f"\nnot as labelled: {file.path.relative_to(options.folder)} ({label})")
    return 0 if all(file.debatable for file in wrong) else 1


def read_manifest(folder: Path) -> list[Labelled]:
    """The labelled files of a folder, in the manifest's order."""
    with (folder / "manifest.tsv").open(newline="") as rows:
        return [
            Labelled(
                folder / row["path"],
                row["format"],
                row["expected"] == "good",
                row.get("debatable") == "yes",
                folder / row["mate"] if row["mate"] else None,
                folder / row["reference"] if row["reference"] else None,
            )
            for row in csv.DictReader(rows, delimiter="\t")
        ]


def all_tools(dnaio: str) -> list[Tool]:
    """SeqArk first, then the others; those that are not installed are dropped by the caller."""
    return [
        Tool("SeqArk", FORMATS, _seqark),
        Tool("samtools view", ALIGNMENTS, lambda file: ["samtools", "view", "-o", "/dev/null", *_reference(file)]),
        Tool("samtools quickcheck", ALIGNMENTS, lambda file: ["samtools", "quickcheck", "-u", file.path]),
        Tool("bcftools view", VARIANTS, lambda file: ["bcftools", "view", "-o", "/dev/null", file.path]),
        Tool("pysam", FORMATS, _pysam),
        Tool("dnaio", READS, lambda file: [dnaio, "-c", DNAIO, *file.both]),
        Tool("gzip -t", ("fastq.gz", "bam", "vcf.gz", "bcf"), lambda file: ["gzip", "--test", "-S", ".", file.path]),
    ]


def accepts(tool: Tool, file: Labelled) -> bool:
    """Say whether the tool ends with exit code 0 on the file, within its limits."""
    return run(tool.command(file), seconds=SECONDS, memory=MEMORY).code == 0


def table(files: list[Labelled], tools: list[Tool], right: dict[tuple[Tool, Labelled], bool]) -> list[str]:
    """The lines of a markdown table: a row for each format and one for all, good accepted and bad refused."""
    lines = [f"| rightly judged | {' | '.join(tool.name for tool in tools)} |", f"|---|{'---|' * len(tools)}"]
    present = [name for name in FORMATS if any(file.format == name for file in files)]
    for name, formats in [*((name, (name,)) for name in present), ("all that it reads", FORMATS)]:
        cells = [_cell([file for file in files if file.format in formats], tool, right) for tool in tools]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _cell(files: list[Labelled], tool: Tool, right: dict[tuple[Tool, Labelled], bool]) -> str:
    judged = [file for file in files if (tool, file) in right]
    if not judged:
        return "-"
    total = Counter(file.good for file in judged)
    rightly = Counter(file.good for file in judged if right[tool, file])
    return ", ".join(f"{rightly[sort]}/{total[sort]} {word}" for sort, word in ((True, "good"), (False, "bad")))


def _seqark(file: Labelled) -> list[str | Path]:
    mate = [] if file.mate is None else ["--mate", file.mate]
    reference = [] if file.reference is None else ["--reference", file.reference]
    return [PYTHON, "-m", "app", "validate", *mate, *reference, file.path]


def _reference(file: Labelled) -> list[str | Path]:
    return [file.path] if file.reference is None else ["-T", file.reference, file.path]


def _pysam(file: Labelled) -> list[str | Path]:
    if file.format in READS:
        return [PYTHON, "-c", ITERATE_READS, *file.both]
    if file.format in VARIANTS:
        return [PYTHON, "-c", ITERATE_VARIANTS, file.path]
    return [PYTHON, "-c", ITERATE_ALIGNMENTS, file.path, *([] if file.reference is None else [file.reference])]


if __name__ == "__main__":
    raise SystemExit(main())
