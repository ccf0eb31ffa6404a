"""Measures reads with FastQC, an external Java program that is used where it is installed."""

from __future__ import annotations

import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from qc.engines.base import named, read_name
from qc.engines.process import NOISE, Outcome, run_tool
from qc.errors import EngineFailed
from qc.results import EngineReport, Format, QcStatus

if TYPE_CHECKING:
    from pathlib import Path

TELLING = ("Exception", "Error", "Failed")


@dataclass(frozen=True)
class FastQC:
    """The `fastqc` command. `seconds` bounds its time, `heap` its Java heap in MiB (its own default is 250).

    FastQC's modules speak of the library (its composition, duplication, adapters), not of a broken file: a module that
    says WARN or FAIL makes the report `warned`, none makes it `passed`; `failed` is left for FastQC itself failing.
    """

    name: str = "FastQC"
    formats: frozenset[Format] = frozenset({Format.FASTQ})
    executable: str = "fastqc"
    seconds: float = 3 * 3600
    heap: int = 1024

    def available(self) -> bool:
        """Say whether the command and a Java to run it are on the path."""
        return shutil.which(self.executable) is not None and shutil.which("java") is not None

    def run(self, path: Path, workdir: Path, *, filename: str, reference: Path | None = None) -> EngineReport:
        """Make FastQC's page and zip of the reads at `path`; no reference is needed."""
        del reference
        folder = workdir / "fastqc"
        output = folder / "output"
        output.mkdir(parents=True, exist_ok=True)
        with named(path, folder, read_name(path, filename)) as link:
            options = ["--quiet", "--noextract", "--format", "fastq", "--outdir", str(output)]
            command = [self.executable, *options, str(link)]
            outcome = run_tool(command, folder, tool=self.name, seconds=self.seconds, env=self._environment())
        pages, archives = list(output.glob("*_fastqc.html")), list(output.glob("*_fastqc.zip"))
        if outcome.code != 0 or len(pages) != 1 or len(archives) != 1:
            raise EngineFailed(_reason(outcome))
        summary = parse_data(_member(archives[0], "fastqc_data.txt"))
        return EngineReport(
            tool=self.name,
            status=status_of(summary["modules"]),
            summary=summary,
            pages=[str(pages[0])],
            data=[str(archives[0])],
        )

    def _environment(self) -> dict[str, str]:
        """Return the environment with Java's options; a FastQC out of memory waits for ever unless it is ended."""
        options = f"-Xmx{self.heap}m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError -XX:-UsePerfData"
        options += " -XX:CompressedClassSpaceSize=128m -XX:ReservedCodeCacheSize=64m"
        return {**os.environ, "_JAVA_OPTIONS": options}


def parse_data(text: str) -> dict[str, Any]:
    """Return the summary in a `fastqc_data.txt`: the basic statistics and each module's pass, warn or fail.

    Raises EngineFailed when the number of sequences or the GC content is missing.
    """
    basic: dict[str, str] = {}
    modules: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition("\t")
        if key.startswith(">>") and key != ">>END_MODULE":
            modules[key[2:]] = value.strip().lower()
        elif list(modules) == ["Basic Statistics"] and not key.startswith("#"):
            basic[key] = value.strip()
    try:
        return {
            "total_sequences": int(basic["Total Sequences"]),
            "gc_content": float(basic["%GC"]),
            "sequence_length": basic.get("Sequence length", ""),
            "flagged_poor_quality": int(basic.get("Sequences flagged as poor quality", 0)),
            "encoding": basic.get("Encoding", ""),
            "modules": modules,
        }
    except (KeyError, ValueError) as error:
        raise EngineFailed(f"FastQC wrote a report without its basic statistics ({error}).") from error


def status_of(modules: dict[str, str]) -> QcStatus:
    """Return `passed` when every module says pass, else `warned`."""
    return QcStatus.PASSED if all(said == "pass" for said in modules.values()) else QcStatus.WARNED


def _member(archive: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(archive) as opened:
            inside = next(entry for entry in opened.namelist() if PurePosixPath(entry).name == name)
            return opened.read(inside).decode("utf-8", "replace")
    except (zipfile.BadZipFile, StopIteration) as error:
        raise EngineFailed(f"FastQC wrote a zip without {name}.") from error


def _reason(outcome: Outcome) -> str:
    lines = [line.strip() for line in outcome.output.splitlines() if not line.startswith(NOISE)]
    if any("OutOfMemoryError" in line for line in lines):
        return "FastQC ran out of memory."
    said = next((line for word in TELLING for line in lines if word in line), outcome.complaint)
    said = said.rpartition("Exception: ")[2].rstrip(".")[:200]
    return f"FastQC wrote no report (exit code {outcome.code}){f': {said}' if said else ''}."
