"""Files to measure, a FastQC that does what a test tells it, and a look at which processes live."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.jobs.cpu import CpuLimits


@pytest.fixture
def limits() -> CpuLimits:
    return CpuLimits(seconds=120)


@pytest.fixture
def fastq(tmp_path: Path) -> Path:
    path = tmp_path / "object"
    path.write_text("".join(f"@read{n}\nGATTACA\n+\nIIIIIII\n" for n in range(8)))
    return path


@pytest.fixture
def vcf(tmp_path: Path) -> Path:
    path = tmp_path / "variants"
    path.write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t5\t.\tA\tG\t.\t.\t.\n"
    )
    return path


@pytest.fixture
def pretended_fastqc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that puts a `fastqc` first on the path which runs a shell script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def put(script: str) -> None:
        for name, text in (("fastqc", script), ("java", "exit 1")):
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)

    return put


def written(path: Path, text: str) -> Path:
    """Write a small file and return its path."""
    path.write_text(text)
    return path


def md5_of(path: Path) -> str:
    """Return the digest of a small file."""
    return hashlib.md5(path.read_bytes()).hexdigest()


def alive(pid: int) -> bool:
    """Say whether a process runs; one that is dead and waits to be asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(true: Callable[[], bool], *, seconds: float = 30) -> bool:
    """Say whether something becomes true before a deadline."""
    deadline = time.monotonic() + seconds
    while not (said := true()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return said
