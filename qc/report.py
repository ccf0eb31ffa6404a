"""Makes one self-contained MultiQC page of what the QC tools wrote, in a process of its own."""

from __future__ import annotations

import html
import os
import re
import shutil
import sys
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from qc.engines.base import report_name
from qc.engines.process import Outcome, run_tool
from qc.errors import EngineFailed
from qc.results import EngineReport, QcStatus
from qc.run_table import FILENAME, MOST_ROWS, custom_content

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from qc.run_table import TableRow

TOOL, OWN = "MultiQC", "SeqArk"
PAGE = "multiqc_report.html"
SECONDS = 1800.0
CUSTOM = "custom_content"
MODULES = {"fastqc": "FastQC", "sequali": "Sequali", "samtools": "samtools", "bcftools": "bcftools"}
OPTIONS = (
    *("--no-version-check", "--no-megaqc-upload", "--no-ai", "--no-ansi"),
    *("--force", "--no-data-dir", "--interactive", "--template", "default"),
    *("--cl-config", "show_analysis_paths: false"),
)
FOUND = re.compile(r"^\s*(\w+) \| Found (\d+) \S*\s*reports?$", re.MULTILINE)
ENDING = re.compile(r"\.(fastq|fq|sam|bam|cram|vcf|bcf)(\.gz)?(?=[._])|_fastqc(?=\.zip$)", re.IGNORECASE)


def build_report(
    data: Sequence[Path],
    workdir: Path,
    *,
    title: str,
    table: Sequence[TableRow] = (),
    seconds: float = SECONDS,
) -> EngineReport:
    """Make `workdir/multiqc/multiqc_report.html` of the data files of several engine reports and the archive's `table`.

    Files of the same name are told apart in the page by the name of the folder that each is in. The summary counts
    the reports that MultiQC found, a row of the table being one of the archive's own, and names the tools they are
    from. A failure is a report with its reason.
    """
    folder = workdir / "multiqc"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        outcome = _run(_laid_out(data, table, folder), folder, title=title, seconds=seconds)
    except EngineFailed as error:
        return EngineReport(tool=TOOL, status=QcStatus.FAILED, summary={}, pages=[], data=[], reason=str(error))
    finally:
        shutil.rmtree(folder / "data", ignore_errors=True)
    found = parse_found(outcome.output) | ({OWN: min(len(table), MOST_ROWS)} if table else {})
    return EngineReport(
        tool=TOOL,
        status=QcStatus.PASSED,
        summary={"reports": sum(found.values()), "tools": sorted(found)},
        pages=[str(folder / PAGE)],
        data=[],
    )


def parse_found(output: str) -> dict[str, int]:
    """Return how many reports of each tool MultiQC says it found."""
    found: Counter[str] = Counter()
    for module, count in FOUND.findall(output):
        if module in MODULES:
            found[MODULES[module]] += int(count)
    return dict(found)


def _run(place: Path, folder: Path, *, title: str, seconds: float) -> Outcome:
    modules = [part for module in (CUSTOM, *MODULES) for part in ("--module", module)]
    names = ["--dirs", "--dirs-depth", "1"] if _ambiguous(place) else []
    places = ["--outdir", str(folder), "--filename", PAGE, f"--title={html.escape(title)}"]
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "multiqc",
        *OPTIONS,
        *modules,
        *names,
        *places,
        place,
    ]
    outcome = run_tool(command, folder, tool=TOOL, seconds=seconds, env=_environment(folder))
    if outcome.code != 0:
        raise EngineFailed(f"MultiQC ended with exit code {outcome.code}: {outcome.complaint}")
    if not (folder / PAGE).is_file():
        raise EngineFailed("MultiQC found nothing to report.")
    return outcome


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment in which MultiQC finds no settings of the user's or the machine's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MULTIQC_")} | {
        "HOME": str(folder)
    }


def _ambiguous(place: Path) -> bool:
    """Say whether two files would be the same sample of the same tool once MultiQC has cut their endings off."""
    return any(count > 1 for count in Counter(ENDING.sub("", path.name) for path in place.glob("*/*")).values())


def _laid_out(data: Sequence[Path], table: Sequence[TableRow], folder: Path) -> Path:
    """Link the files into one folder, each below the name of the folder it is in; the table lies beside them.

    MultiQC takes any file for custom content whose name says `_mqc.`, and names come from whoever sent the reads.
    """
    place = folder / "data"
    place.mkdir()
    if table:
        (place / FILENAME).write_bytes(msgspec.json.encode(custom_content(table)))
    for number, path in enumerate(data):
        below = place / report_name(path.resolve().parent.name)
        name = re.sub(r"_mqc(?=\.)", "_mqc_", path.name)
        if (below / name).exists():
            below = place / f"{below.name}-{number}"
        below.mkdir(exist_ok=True)
        (below / name).symlink_to(path.resolve())
    return place
