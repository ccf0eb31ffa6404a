"""Measures validation beside other tools on a FASTQ.gz, a BAM and a VCF.gz that it makes: CPU, wall time, memory.

Each contender runs in a process of its own. What is written in Python (ours, plain decompression, pysam) is measured
after one run over a smaller file in the same process, so that imports and the loading of compiled code do not count;
the tools count as a whole. Each runs `--repeat` times and the run with the least CPU is shown. Ratios within one run
are what can be compared.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from processes import run
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
# Fewer reads are checked without compiled code, which would then be loaded within the measured run.
WARM_READS = QUICK_READS = 50_000
FLOOR, OURS, PYSAM = "decompression alone (ISA-L)", "seqark: validation, digests, QC", "pysam, iteration alone"
DIGESTS = "md5 and sha256 alone"
CHECK, CHECK_AIM = "seqark: validation and digests", 3
MEMORY_AIM = 256


class Kind(NamedTuple):
    """One kind of file: what makes it, its records for each read of `--reads`, and who competes on it.

    `aims` are the most that our CPU may be, as a multiple of another contender's. Where `checked_alone`, leaving out QC
    saves time, and so it is measured too.
    """

    name: str
    maker: tuple[str, str]
    share: float
    pysam: str
    tools: dict[str, str]
    aims: dict[str, float]
    checked_alone: bool = False


class Row(NamedTuple):
    """One contender's best run: seconds, and MiB at the peak; `start` is the CPU that came before the file."""

    what: str
    cpu: float
    wall: float
    memory: float
    start: float


KINDS = (
    Kind(
        "reads.fastq.gz",
        ("simulation.bulk_reads", "write_reads"),
        1,
        "pysam_reads",
        {
            "FastQC": "fastqc --quiet --noextract --outdir {out} {file}",
            "Sequali": f"{sys.executable} -m sequali --threads 1 --outdir {{out}} {{file}}",
            "fastp": "fastp --thread 1 --in1 {file} --json {out}/fastp.json --html {out}/fastp.html",
        },
        {FLOOR: 4, "FastQC": 0.1},
        checked_alone=True,
    ),
    Kind(
        "alignments.bam",
        ("simulation.bulk_alignments", "write_alignments"),
        1,
        "pysam_alignments",
        {"samtools stats": "samtools stats {file}", "samtools view": "samtools view -c {file}"},
        {PYSAM: 3},
    ),
    Kind(
        "variants.vcf.gz",
        ("simulation.bulk_variants", "write_variants"),
        0.2,
        "pysam_variants",
        {"bcftools stats": "bcftools stats {file}", "bcftools view": "bcftools view --output-type u {file}"},
        {PYSAM: 8},
    ),
)


def main() -> None:
    """Run the benchmark and print its tables, or JSON."""
    options = _parsed()
    reads = QUICK_READS if options.quick else options.reads
    sizes = {1: reads // 4, 4: reads, 16: reads * 4} if options.scale else {4: reads}
    with tempfile.TemporaryDirectory(prefix="seqark-bench-") as name:
        folder = Path(name)
        _make(folder, {"warm": WARM_READS, **{str(times): size for times, size in sizes.items()}})
        cold = _cold_start(folder)
        results = {kind.name: contest(kind, folder, options.repeat) for kind in KINDS}
        scaled = KINDS if options.scale else ()
        growth = {kind.name: {times: _ours(kind, folder, times) for times in sizes} for kind in scaled}
    if options.json:
        found = {name: [row._asdict() for row in rows] for name, rows in results.items()}
        grown = {name: {times: row._asdict() for times, row in rows.items()} for name, rows in growth.items()}
        print(json.dumps({"reads": reads, "cold_start": cold, "results": found, "scale": grown}, indent=1))
        return
    console = Console(width=120)
    console.print(f"Cold start, nothing compiled before: {cold:.2f} s of CPU.")
    for kind in KINDS:
        console.print(table(kind, results[kind.name], int(reads * kind.share)))
        console.print(aims(kind, results[kind.name]))
    if options.scale:
        console.print(_growth(growth, sizes))


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reads", type=int, default=1_000_000, help="reads, alignments, and five times the variants")
    parser.add_argument("--quick", action="store_true", help=f"as --reads {QUICK_READS}")
    parser.add_argument("--repeat", type=int, default=2, help="runs of each contender, of which the best is shown")
    parser.add_argument("--scale", action="store_true", help="measure ours on a quarter and on four times as much too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


def _make(folder: Path, sizes: dict[str, int]) -> None:
    """Write every file in processes of their own: what they hold in memory must not count for the contenders."""
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as workers:
        jobs = [workers.submit(write, kind, folder / label, size) for label, size in sizes.items() for kind in KINDS]
        for job in jobs:
            job.result()


def write(kind: Kind, folder: Path, reads: int) -> None:
    """Write the file of a kind into the folder, which is made where it is not there."""
    sys.path.insert(0, str(HERE.parent))
    folder.mkdir(exist_ok=True)
    module, function = kind.maker
    getattr(import_module(module), function)(folder / kind.name, int(reads * kind.share))


def contest(kind: Kind, folder: Path, repeat: int) -> list[Row]:
    """Measure every contender that is installed on the file in `4`, after the one in `warm`."""
    checks = {CHECK: "check"} if kind.checked_alone else {}
    contenders = {FLOOR: "unpack", DIGESTS: "digests", **checks, OURS: "seqark", PYSAM: kind.pysam}
    rows = [_best([_python(what, name, kind, folder, 4) for _ in range(repeat)]) for what, name in contenders.items()]
    for what, command in kind.tools.items():
        if shutil.which(command.split()[0]):
            rows.append(_best([tool(what, command, kind, folder) for _ in range(repeat)]))
    return rows


def _ours(kind: Kind, folder: Path, times: int) -> Row:
    return _python(OURS, "seqark", kind, folder, times)


def _best(rows: list[Row]) -> Row:
    return min(rows, key=lambda row: row.cpu)


def _python(what: str, contender: str, kind: Kind, folder: Path, times: int) -> Row:
    """Measure one contender of `contenders.py`; it tells its own CPU and wall time, the kernel its memory."""
    command = [sys.executable, HERE / "contenders.py", contender, folder / str(times) / kind.name]
    used = run([*command, folder / "warm" / kind.name])
    if used.code != 0:
        raise SystemExit(f"{what} failed on {kind.name}:\n{used.output}")
    told = json.loads(used.output.splitlines()[-1])
    return Row(what, told["cpu"], told["wall"], used.memory, told["start"])


def tool(what: str, command: str, kind: Kind, folder: Path) -> Row:
    """Measure a command as a whole; `{file}` and `{out}` in it are the file and a folder for what it writes."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        used = run([word.format(file=folder / "4" / kind.name, out=out) for word in command.split()])
    if used.code != 0:
        raise SystemExit(f"{what} failed on {kind.name}:\n{used.output[-2000:]}")
    return Row(what, used.cpu, used.wall, used.memory, 0)


def _cold_start(folder: Path) -> float:
    """CPU seconds of validating one smaller file of each kind where no compiled code is cached."""
    spent = 0.0
    os.environ["NUMBA_CACHE_DIR"] = str(folder / "cache")
    for kind in KINDS:
        small = folder / "warm" / kind.name
        spent += run([sys.executable, HERE / "contenders.py", "seqark", small, small]).cpu
    del os.environ["NUMBA_CACHE_DIR"]
    return spent


def table(kind: Kind, rows: list[Row], records: int) -> Table:
    """What was measured on one file, with ratios to decompression and to pysam."""
    cpu = {row.what: row.cpu for row in rows}
    made = Table(title=f"{kind.name}: {records:,} records", title_justify="left")
    for heading in ("", "CPU s", "wall s", "peak MiB", "x floor", "x pysam", "start: CPU s"):
        made.add_column(heading, justify="right" if heading else "left")
    for row in rows:
        ratios = [f"{row.cpu / cpu[of]:.2f}" for of in (FLOOR, PYSAM)]
        start = f"{row.start:.2f}" if row.start else ""
        made.add_row(row.what, f"{row.cpu:.2f}", f"{row.wall:.2f}", f"{row.memory:.0f}", *ratios, start)
    return made


def aims(kind: Kind, rows: list[Row]) -> str:
    """Say of each aim what was reached, a line each."""
    found = {row.what: row for row in rows}
    ours = found[OURS]
    lines = [f"aim: memory at most {MEMORY_AIM} MiB: {ours.memory:.0f}"]
    for other, most in kind.aims.items():
        if other in found:
            lines.append(f"aim: CPU at most {most:g} x {other}: {ours.cpu / found[other].cpu:.2f}")
    if CHECK in found:
        lines.append(f"aim: CPU at most {CHECK_AIM} x {FLOOR} without QC: {found[CHECK].cpu / found[FLOOR].cpu:.2f}")
    return "\n".join(lines) + "\n"


def _growth(growth: dict[str, dict[int, Row]], sizes: dict[int, int]) -> Table:
    table = Table(title="growth of ours: CPU s (peak MiB)", title_justify="left")
    table.add_column("")
    for times, reads in sizes.items():
        table.add_column(f"{times}x ({reads:,} reads)", justify="right")
    for name, rows in growth.items():
        table.add_row(name, *(f"{row.cpu:.2f} ({row.memory:.0f})" for row in rows.values()))
    return table


if __name__ == "__main__":
    main()
